import { z } from 'zod';
import { InputError } from '../errors.ts';
import { OUTSIDE_PEER } from '../platform/platform.ts';
import { percentageText, ratioOf } from '../scenario/values.ts';
import type { FaultType } from './fault.ts';
import { packetRules } from './packet-rules.ts';
import { otherSites, targetSite } from './target.ts';

const params = z.strictObject({
  share: percentageText()
    .refine((text) => ratioOf(text) >= 0.001 && ratioOf(text) <= 0.999, {
      error: 'expected a share from 0.1% to 99.9%',
    })
    .describe('Of the packets, each at random, in each direction: 30%.'),
  from: z
    .union([z.enum(['all', 'none']), z.array(z.string()).min(1)])
    .default('all')
    .describe('The sites whose traffic with this one suffers: all others, none (its clients alone), or a list.'),
  clients: z
    .enum(['hit', 'kept'])
    .default('hit')
    .describe('Whether the traffic of the clients outside suffers as well.'),
});

/** A network that loses some of a site's packets: nothing is cut, TCP sends again and again. */
export const packetLoss: FaultType = {
  type: 'packet-loss',
  summary: 'a share of the packets between a site and others is lost, at random, both ways',
  params,
  needs: ['network', 'packets'],
  restarts: false,
  notMeasured: [],
  bind(fault, platform) {
    const { share, from, clients } = params.parse(fault.params);
    const { name } = targetSite(fault, platform);
    const sites = from === 'none' ? [] : otherSites(fault, platform, from);
    const peers = clients === 'hit' ? [...sites, OUTSIDE_PEER] : sites;
    if (peers.length === 0)
      throw new InputError(`${fault.id}: from none with clients kept loses nothing: expected clients: hit`);
    return packetRules(fault, platform, [
      { site: name, direction: 'in', peers, share: ratioOf(share) },
      { site: name, direction: 'out', peers, share: ratioOf(share) },
    ]);
  },
};
