import { z } from 'zod';
import { OUTSIDE_PEER } from '../platform/platform.ts';
import type { FaultType } from './fault.ts';
import { packetRules } from './packet-rules.ts';
import { COMPONENTS } from './processes.ts';
import { otherSites, targetSite } from './target.ts';

const FATES = { reset: 'reset', unreachable: 'unreachable', silence: 'drop' } as const;

const params = z.strictObject({
  component: z.enum(COMPONENTS).describe('Whose ports of the site are blocked.'),
  answer: z
    .enum(['reset', 'unreachable', 'silence'])
    .describe('reset: a TCP reset; unreachable: ICMP "administratively prohibited"; silence: none at all.'),
  from: z
    .union([z.enum(['clients', 'all']), z.array(z.string()).min(1)])
    .default('clients')
    .describe('Who is blocked: the clients outside; these and all other sites; or a list of sites.'),
});

/** A firewall in front of a component, as a rule that somebody got wrong: what it rejects is told so, or is not. */
export const firewallBlock: FaultType = {
  type: 'firewall-block',
  summary: "a component's ports in a site are blocked: with a reset, an ICMP message, or in silence",
  params,
  needs: ['network', 'packets'],
  restarts: false,
  // Between the clients and a store it leaves the graph, which reaches the store from inside, alone.
  only(of) {
    const { component, from } = params.parse(of);
    return from === 'clients' ? component : undefined;
  },
  notMeasured: [],
  bind(fault, platform) {
    const { component, answer, from } = params.parse(fault.params);
    const { name } = targetSite(fault, platform);
    const peers =
      from === 'clients'
        ? [OUTSIDE_PEER]
        : from === 'all'
          ? [...otherSites(fault, platform, 'all'), OUTSIDE_PEER]
          : otherSites(fault, platform, from);
    return packetRules(fault, platform, [{ site: name, direction: 'in', peers, component, fate: FATES[answer] }]);
  },
};
