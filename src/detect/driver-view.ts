import type { Client } from 'cassandra-driver';
import { connectCql } from '../probes/cql-driver.ts';
import type { PlannedSite } from '../scenario/plan.ts';
import type { WatcherConfig, WatcherEvent } from './protocol.ts';

const CONNECT_MS = 30_000;

/** What is read of a driver's host. */
interface Named {
  readonly address: string;
  readonly datacenter: string;
}

/**
 * A driver that is connected to one site and told by it, as every driver is, when its gossip takes a node of another site for down or up
 * (STATUS_CHANGE of the native protocol). What its own connections fail to reach is not its word here.
 */
export async function watchThroughDriver(
  site: PlannedSite,
  { sites, driver }: WatcherConfig,
  tell: (event: WatcherEvent) => void,
): Promise<Client> {
  const context = { run: '', site, timeoutUs: driver?.timeoutUs ?? 0, params: driver?.params ?? {} };
  const client = await connectCql(context, AbortSignal.timeout(CONNECT_MS), null);
  const down = new Set<string>();
  const say = (type: 'alarm' | 'clear', { address, datacenter }: Named): void => {
    // By its datacenter: its address may be one that nobody outside its cluster goes by.
    const other = sites.find((one) => one.datacenter === datacenter)?.name;
    if (other === undefined || other === site.name || down.has(address) === (type === 'alarm')) return;
    if (type === 'alarm') down.add(address);
    else down.delete(address);
    const what = `${address} is ${type === 'alarm' ? 'down' : 'up'}, says Cassandra of ${site.name}`;
    tell({ type, detector: `driver at ${site.name}`, simulated: false, site: other, component: 'cassandra', what });
  };
  client.on('log', () => {});
  client.on('hostDown', (host: Named) => say('alarm', host));
  client.on('hostUp', (host: Named) => say('clear', host));
  return client;
}
