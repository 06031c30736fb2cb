import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, types } from 'cassandra-driver';
import { PlatformError } from '../../errors.ts';
import { withCassandra } from './cassandra-client.ts';
import type { LocalConfig } from './config.ts';
import { GRAPH_KEYSPACE } from './janusgraph.ts';

/**
 * Makes every copy of what the first JanusGraph server wrote the same. It writes the graph's settings before other sites have learnt of its
 * tables, and these drop what they do not know: a server there would read half of the settings, fall back on defaults, and number vertices
 * in another way than the first. A read of everything at ALL repairs each copy. It ends at the signal.
 */
export async function settleGraph(config: LocalConfig, signal: AbortSignal): Promise<void> {
  await withCassandra(config, 0, async (client) => {
    const tables = await client.execute('SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?', [
      GRAPH_KEYSPACE,
    ]);
    for (const row of tables.rows) await readAll(client, String(row.table_name), signal);
  });
}

async function readAll(client: Client, table: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    try {
      const query = `SELECT key, column1 FROM ${GRAPH_KEYSPACE}.${table}`;
      const options = { consistency: types.consistencies.all, fetchSize: 1_000, autoPage: true };
      return void (await client.execute(query, [], options));
    } catch {
      // A site that does not know the table yet fails the read; at the signal it ends.
    }
    await sleep(100, undefined, { signal });
  }
}

/** A PlatformError when a JanusGraph server runs with other settings of the graph than its configuration names. */
export function checkGraphSettings(server: string, log: string): void {
  const [found] = /Local setting .* is overridden by globally managed value \([^)]*\)/.exec(log) ?? [];
  if (!found) return;
  throw new PlatformError(`${server} does not share the graph's settings: ${found}`, {
    hint: 'npm run drill -- platform down, then start it again',
  });
}
