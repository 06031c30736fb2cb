import { types } from 'cassandra-driver';
import { z } from 'zod';
import { splitKey } from './checksum.ts';
import { CqlClient } from './cql-client.ts';
import { connectCql, cqlSettings, KEYSPACE } from './cql-driver.ts';
import { classifyCqlError } from './cql-errors.ts';
import { BUCKET, partitions } from './cql-ledger.ts';
import type { ProbeContext, ProbeType } from './probe.ts';
import { securityShape } from './security.ts';

const params = z.strictObject({
  ...securityShape,
  consistency: z
    .enum(['LOCAL_QUORUM', 'LOCAL_ONE', 'ONE', 'QUORUM', 'EACH_QUORUM', 'ALL'])
    .default('LOCAL_QUORUM')
    .describe('Consistency level of writes, of reads, and of the read-back.'),
});

/** Writes a row of the ledger table, and reads it back. */
export const cqlProbe: ProbeType = {
  probe: 'cql',
  summary: 'writes a row of its own ledger table in Cassandra, and reads back the last one acknowledged',
  params,
  component: 'cassandra',
  keyspaces: [KEYSPACE],
  settings: (context) => cqlSettings(context),

  async prepare(contexts, signal) {
    const [first] = contexts;
    if (!first) return;
    const client = await connectCql(first, signal, null);
    try {
      const datacenters = contexts.map(
        ({ site }) => `'${site.datacenter}': ${Math.min(site.endpoints.cassandra?.length ?? 1, 3)}`,
      );
      await client.execute(
        `CREATE KEYSPACE IF NOT EXISTS ${KEYSPACE} WITH replication = {'class': 'NetworkTopologyStrategy', ${datacenters.join(', ')}}`,
      );
      await client.execute(
        `CREATE TABLE IF NOT EXISTS ${KEYSPACE}.ledger (part text, bucket int, seq bigint, key text, sum text, PRIMARY KEY ((part, bucket), seq))`,
      );
    } finally {
      await client.shutdown();
    }
  },

  async connect(context, signal) {
    const client = await connectCql(context, signal, KEYSPACE);
    return new CqlClient(client, context, classifyCqlError);
  },

  async remove(context, writes, signal) {
    await withClient(context, signal, async (client) => {
      for (const { key } of writes) {
        const { prefix, seq } = splitKey(key);
        // In every datacenter before it returns, or another site would bring the row back.
        await client.execute(
          'DELETE FROM ledger WHERE part = ? AND bucket = ? AND seq = ?',
          [prefix, Math.floor(seq / BUCKET), types.Long.fromNumber(seq)],
          { prepare: true, consistency: types.consistencies.all },
        );
      }
    });
  },

  async cleanup(context, writes, signal) {
    return withClient(context, signal, async (client) => {
      let left = 0;
      for (const [part, bucket] of partitions(writes)) {
        await client.execute('DELETE FROM ledger WHERE part = ? AND bucket = ?', [part, bucket], { prepare: true });
        const rest = await client.execute('SELECT seq FROM ledger WHERE part = ? AND bucket = ?', [part, bucket], {
          prepare: true,
        });
        left += rest.rowLength;
      }
      return { left };
    });
  },
};

async function withClient<T>(
  context: ProbeContext,
  signal: AbortSignal,
  work: (client: Awaited<ReturnType<typeof connectCql>>) => Promise<T>,
): Promise<T> {
  const client = await connectCql(context, signal, KEYSPACE);
  try {
    return await work(client);
  } finally {
    await client.shutdown();
  }
}
