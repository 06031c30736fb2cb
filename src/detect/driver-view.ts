import type { Client } from 'cassandra-driver';
import { connectCql } from '../probes/cql-driver.ts';
import type { PlannedSite } from '../scenario/plan.ts';
import type { Alarm, WatcherConfig } from './protocol.ts';

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
  tell: (alarm: Alarm) => void,
): Promise<Client> {
  const context = { run: '', site, timeoutUs: driver?.timeoutUs ?? 0, params: driver?.params ?? {} };
  const client = await connectCql(context, AbortSignal.timeout(CONNECT_MS), null);
  const view = new DriverView(site, sites, tell);
  client.on('log', () => {});
  client.on('hostDown', (host: Named) => view.say('alarm', host));
  client.on('hostUp', (host: Named) => view.say('clear', host));
  return client;
}

/** What one of these drivers was told of the nodes of other sites: each once until it is told otherwise. */
export class DriverView {
  private readonly site: PlannedSite;
  private readonly sites: readonly PlannedSite[];
  private readonly tell: (alarm: Alarm) => void;
  private readonly down = new Set<string>();

  constructor(site: PlannedSite, sites: readonly PlannedSite[], tell: (alarm: Alarm) => void) {
    this.site = site;
    this.sites = sites;
    this.tell = tell;
  }

  say(type: 'alarm' | 'clear', { address, datacenter }: Named): void {
    // By its datacenter: its address may be one that nobody outside its cluster goes by.
    const other = this.sites.find((one) => one.datacenter === datacenter)?.name;
    if (other === undefined || other === this.site.name || this.down.has(address) === (type === 'alarm')) return;
    if (type === 'alarm') this.down.add(address);
    else this.down.delete(address);
    const detector = `driver at ${this.site.name}`;
    const what = `${address} is ${type === 'alarm' ? 'down' : 'up'}, says Cassandra of ${this.site.name}`;
    this.tell({ type, detector, simulated: false, site: other, component: 'cassandra', what });
  }
}
