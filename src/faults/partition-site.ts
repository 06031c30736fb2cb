import { z } from 'zod';
import { InputError } from '../errors.ts';
import { OUTSIDE_PEER, type PacketRule, type Platform } from '../platform/platform.ts';
import type { PlannedFault } from '../scenario/plan.ts';
import type { FaultType } from './fault.ts';
import { packetRules } from './packet-rules.ts';
import { otherSites, targetSite } from './target.ts';

const params = z.strictObject({
  from: z
    .union([z.enum(['all', 'none']), z.array(z.string()).min(1)])
    .default('all')
    .describe('The sites from which it is cut: all others, none (its clients alone), or a list.'),
  direction: z
    .enum(['both', 'in', 'out'])
    .default('both')
    .describe('both; in: what is sent to the site is lost; out: what the site sends is lost.'),
  clients: z
    .enum(['cut', 'kept'])
    .describe('Whether the clients outside are cut from the site as well. Clients inside the site always reach it.'),
});

/** A site is cut from others by silent drop of packets, while all its processes live. */
export const partitionSite: FaultType = {
  type: 'partition-site',
  summary: 'silent drop of packets between a site and others: all, some, none, one way; its clients cut or kept',
  params,
  needs: ['network'],
  alsoNeeds: ({ direction = 'both' }) => (direction === 'both' ? [] : ['packets']),
  restarts: false,
  notMeasured: [],
  bind(fault, platform) {
    const both = params.parse(fault.params).direction === 'both';
    return packetRules(fault, platform, partitionRules(fault, platform), both ? 'network' : 'packets');
  },
};

/** The drop rules of a partition. InputErrors name sites that are not there or make no sense. */
export function partitionRules(fault: PlannedFault, platform: Platform): readonly PacketRule[] {
  const { from, direction, clients } = params.parse(fault.params);
  const site = targetSite(fault, platform).name;
  if (from === 'none' && clients === 'kept')
    throw new InputError(`${fault.id}: from none with clients kept cuts nothing: expected clients: cut`);
  const cutFrom = from === 'none' ? [] : otherSites(fault, platform, from);
  const peers = clients === 'cut' ? [...cutFrom, OUTSIDE_PEER] : cutFrom;
  const directions = direction === 'both' ? (['in', 'out'] as const) : [direction];
  return directions.map((one) => ({ site, direction: one, peers }));
}
