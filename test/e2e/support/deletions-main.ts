/** `node deletions-main.ts HOST PORT DATACENTER COUNT`: deletes so many rows from each table of the graph that were never there, which Cassandra remembers like any other. */
import { randomBytes } from 'node:crypto';
import { Client, types } from 'cassandra-driver';

const BATCH = 100;
const UNDER_WAY = 8;

const [host = '', port = '', localDataCenter = '', count = ''] = process.argv.slice(2);
const client = new Client({ contactPoints: [`${host}:${port}`], localDataCenter, keyspace: 'janusgraph' });
await client.connect();
const options = { prepare: true, logged: false, consistency: types.consistencies.localQuorum };
let left = Number(count) / BATCH;
const worker = async (): Promise<void> => {
  while (left-- > 0) {
    for (const table of ['edgestore', 'graphindex']) {
      const query = `DELETE FROM ${table} WHERE key = ? AND column1 = ?`;
      const rows = Array.from({ length: BATCH }, () => ({ query, params: [randomBytes(8), Buffer.of(0x24)] }));
      await client.batch(rows, options);
    }
  }
};
await Promise.all(Array.from({ length: UNDER_WAY }, worker));
await client.shutdown();
