import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, types } from 'cassandra-driver';
import { z } from 'zod';
import { PlatformError } from '../errors.ts';
import { CqlClient, place } from './cql-client.ts';
import { openKeeper } from './cql-connection.ts';
import { connectCql, cqlSettings, KEYSPACE } from './cql-driver.ts';
import { classifyCqlError } from './cql-errors.ts';
import { partitions } from './cql-ledger.ts';
import type { ProbeContext, ProbeType } from './probe.ts';
import { securityShape } from './security.ts';

export const cqlParams = z.strictObject({
  ...securityShape,
  consistency: z
    .enum(['LOCAL_QUORUM', 'LOCAL_ONE', 'ONE', 'QUORUM', 'EACH_QUORUM', 'ALL'])
    .default('LOCAL_QUORUM')
    .describe('Consistency level of writes, of reads, and of the read-back.'),
});

const LEDGER = {
  name: 'ledger',
  columns: 'part text, bucket int, seq bigint, key text, sum text, PRIMARY KEY ((part, bucket), seq)',
};

/** Read repair would mend what the read-back is to measure. */
const schema = (contexts: readonly ProbeContext[], tables: readonly Table[]): readonly string[] => {
  const copies = contexts.map(
    ({ site }) => `'${site.datacenter}': ${Math.min(site.endpoints.cassandra?.length ?? 1, 3)}`,
  );
  return [
    `CREATE KEYSPACE IF NOT EXISTS ${KEYSPACE} WITH replication = {'class': 'NetworkTopologyStrategy', ${copies.join(', ')}}`,
    ...tables.map(
      ({ name, columns }) => `CREATE TABLE IF NOT EXISTS ${KEYSPACE}.${name} (${columns}) WITH read_repair = 'NONE'`,
    ),
  ];
};
const POLL_MS = 100;

/** Writes a row of the ledger table, and reads it back. */
export const cqlProbe: ProbeType = {
  probe: 'cql',
  summary: 'writes a row of its own ledger table in Cassandra, and reads back the last one acknowledged',
  params: cqlParams,
  component: 'cassandra',
  load: true,
  keyspaces: [KEYSPACE],
  settings: (context) => cqlSettings(context),

  prepare: (contexts, signal) => prepareTables(contexts, [], signal),

  async connect(context, signal) {
    return new CqlClient(await openKeeper(context, signal), context, classifyCqlError);
  },

  async remove(context, writes, signal) {
    await withClient(context, signal, async (client) => {
      for (const { key } of writes) {
        // In every datacenter before it returns, or another site would bring the row back.
        await client.execute('DELETE FROM ledger WHERE part = ? AND bucket = ? AND seq = ?', place(key), {
          prepare: true,
          consistency: types.consistencies.all,
        });
      }
    });
  },

  async cleanup(contexts, writes, signal) {
    let left = 0;
    for (const context of contexts) {
      await withClient(context, signal, async (client) => {
        for (const place of partitions(writes)) {
          signal.throwIfAborted();
          await client.execute('DELETE FROM ledger WHERE part = ? AND bucket = ?', [...place], { prepare: true });
          const rest = await client.execute(
            'SELECT seq FROM ledger WHERE part = ? AND bucket = ? LIMIT 1000',
            [...place],
            { prepare: true },
          );
          left += rest.rowLength;
        }
      });
    }
    return { left };
  },

  async pendingHints(context, signal) {
    return withClient(context, signal, async (client) => {
      let files = 0;
      // A virtual table: each node tells only of itself.
      for (const host of client.getState().getConnectedHosts()) {
        const { rows } = await client.execute('SELECT files FROM system_views.pending_hints', [], { host });
        files += rows.reduce((sum, row) => sum + Number(row.files), 0);
      }
      return { nodes: client.getState().getConnectedHosts().length, files };
    });
  },
};

/** A table of the probes' keyspace, as CQL has it. */
interface Table {
  readonly name: string;
  readonly columns: string;
}

/** Makes the ledger and further tables, and waits until every site knows them. */
export async function prepareTables(
  contexts: readonly ProbeContext[],
  further: readonly Table[],
  signal: AbortSignal,
): Promise<void> {
  const tables = [LEDGER, ...further];
  for (const [index, context] of contexts.entries()) {
    const client = await connectCql(context, signal, null);
    try {
      if (index === 0) for (const statement of schema(contexts, tables)) await client.execute(statement);
      for (const { name } of tables) await awaitTable(client, name, context.site.name, signal);
    } finally {
      await client.shutdown();
    }
  }
}

/** Resolves when the site's nodes know the table; a PlatformError when they do not until the signal aborts. */
async function awaitTable(client: Client, table: string, site: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const { rowLength } = await client.execute(
      'SELECT table_name FROM system_schema.tables WHERE keyspace_name = ? AND table_name = ?',
      [KEYSPACE, table],
      { prepare: true, consistency: types.consistencies.one },
    );
    if (rowLength === 1) return;
    if (signal.aborted) throw new PlatformError(`the table ${KEYSPACE}.${table} is not known in ${site}`);
    await sleep(POLL_MS);
  }
}

/** A driver of its own at one site, for this work. */
export async function withClient<T>(
  context: ProbeContext,
  signal: AbortSignal,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await connectCql(context, signal, KEYSPACE);
  try {
    return await work(client);
  } finally {
    await client.shutdown();
  }
}
