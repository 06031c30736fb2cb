import type { PlannedSite } from '../scenario/plan.ts';
import type { Alarm } from './protocol.ts';

/** A line of `nodetool status`: Up or Down; Normal, Leaving, Joining or Moving; the address. */
const NODE = /^([UD])[NLJM]\s+(\S+)/gm;

/** What `nodetool status` says at one site of the nodes of all, one answer after the other. */
export class NodetoolView {
  private readonly from: string;
  private readonly sites: readonly PlannedSite[];
  private down: ReadonlySet<string> = new Set();

  constructor(from: string, sites: readonly PlannedSite[]) {
    this.from = from;
    this.sites = sites;
  }

  /** What is otherwise than in the answer before. One that names no node that is up is none: it says neither that a node is down nor that it is up again. */
  read(answer: string): readonly Alarm[] {
    const nodes = [...answer.matchAll(NODE)].map(([, state, address]) => ({ up: state === 'U', address }));
    if (!nodes.some(({ up }) => up)) return [];
    const down = new Set(nodes.flatMap(({ up, address = '' }) => (up ? [] : [address])));
    const before = this.down;
    this.down = down;
    return this.sites.flatMap(({ name: site, endpoints }) =>
      (endpoints.cassandra ?? []).flatMap(({ host, address = host }): Alarm[] => {
        const type = down.has(address) ? 'alarm' : 'clear';
        if (before.has(address) === down.has(address)) return [];
        const what = `${address} is ${type === 'alarm' ? 'DN' : 'UN'}`;
        const detector = `nodetool status at ${this.from}`;
        return [{ type, detector, simulated: false, site, component: 'cassandra', what }];
      }),
    );
  }
}
