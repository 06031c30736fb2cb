/**
 * Makes a datacenter that was restored alone the only one of its keyspaces: `node apart-main.ts HOST PORT DATACENTER`, run where it is. What asks for a
 * quorum of all copies, as JanusGraph does when it opens its log, would else wait for sites that are not there.
 */
import { Client } from 'cassandra-driver';
import { aloneIn } from './apart.ts';

const [, , host = '', port = '0', datacenter = ''] = process.argv;
const client = new Client({
  contactPoints: [host],
  protocolOptions: { port: Number(port) },
  localDataCenter: datacenter,
});
try {
  await client.connect();
  const { rows } = await client.execute('SELECT keyspace_name, replication FROM system_schema.keyspaces');
  for (const statement of aloneIn(
    datacenter,
    rows.map(({ keyspace_name: name, replication }) => ({ name, replication })),
  )) {
    await client.execute(statement);
  }
} finally {
  await client.shutdown();
}
