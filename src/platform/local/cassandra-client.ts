import { Client, policies } from 'cassandra-driver';
import { addressOf, type LocalConfig } from './config.ts';

/** Does `work` with a driver that is connected to the Cassandra of a site and retries nothing, and closes it whatever happens. */
export async function withCassandra<T>(
  config: LocalConfig,
  site: number,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client({
    contactPoints: [addressOf(config, site)],
    protocolOptions: { port: config.cassandra.cqlPort },
    localDataCenter: config.sites[site]?.datacenter as string,
    policies: { retry: new policies.retry.FallthroughRetryPolicy() },
  });
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.shutdown();
  }
}
