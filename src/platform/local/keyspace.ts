import { setTimeout as sleep } from 'node:timers/promises';
import { types } from 'cassandra-driver';
import { withCassandra } from './cassandra-client.ts';
import type { LocalConfig } from './config.ts';
import { GRAPH_KEYSPACE } from './janusgraph.ts';

/** Copies of each row in each site. */
export function replicationFactor(config: LocalConfig): number {
  return Math.min(config.nodesPerSite, 3);
}

/** Creates JanusGraph's keyspace with copies in every datacenter. Given as a property, JanusGraph does not split the options into a list. */
export async function createGraphKeyspace(config: LocalConfig, signal: AbortSignal): Promise<void> {
  const factor = replicationFactor(config);
  const datacenters = config.sites.map((site) => `'${site.datacenter}': ${factor}`).join(', ');
  signal.throwIfAborted();
  await withCassandra(config, 0, async (client) => {
    for (;;) {
      try {
        await client.execute(
          `CREATE KEYSPACE IF NOT EXISTS ${GRAPH_KEYSPACE} WITH replication = {'class': 'NetworkTopologyStrategy', ${datacenters}}`,
        );
        return;
      } catch (error) {
        // A node serves before gossip has told it of every datacenter.
        if ((error as { code?: number }).code !== types.responseErrorCodes.configError) throw error;
      }
      await sleep(100, undefined, { signal });
    }
  });
}
