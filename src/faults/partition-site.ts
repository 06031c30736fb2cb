import { z } from 'zod';
import { InputError } from '../errors.ts';
import { type DropRule, OUTSIDE_PEER, type Platform } from '../platform/platform.ts';
import type { PlannedFault } from '../scenario/plan.ts';
import { packetDrops } from './drops.ts';
import type { FaultType } from './fault.ts';
import { targetSite } from './target.ts';

const params = z.strictObject({
  from: z
    .union([z.literal('all'), z.array(z.string()).min(1)])
    .default('all')
    .describe('The sites from which it is cut: all others, or a list.'),
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
  summary: 'silent drop of packets between a site and others: all, some, one way; its clients cut or kept',
  params,
  needs: ['network'],
  notMeasured: [],
  bind(fault, platform) {
    return packetDrops(fault, platform, partitionRules(fault, platform));
  },
};

/** The drop rules of a partition. InputErrors name sites that are not there or make no sense. */
export function partitionRules(fault: PlannedFault, platform: Platform): readonly DropRule[] {
  const { from, direction, clients } = params.parse(fault.params);
  const site = targetSite(fault, platform).name;
  const others = platform.facts().sites.map((one) => one.name);
  const cutFrom = from === 'all' ? others.filter((other) => other !== site) : from;
  for (const other of cutFrom) {
    if (other === site) throw new InputError(`${fault.id}: ${site} cannot be cut from itself`);
    if (!others.includes(other)) throw new InputError(`${fault.id}: no site ${other}; there is ${others.join(', ')}`);
  }
  const peers = clients === 'cut' ? [...cutFrom, OUTSIDE_PEER] : cutFrom;
  const directions = direction === 'both' ? (['in', 'out'] as const) : [direction];
  return directions.map((one) => ({ site, direction: one, peers }));
}
