import { z } from 'zod';
import type { QuotaState } from '../platform/api.ts';
import type { FaultType, Observation } from './fault.ts';
import { ability, sitesOf } from './target.ts';

const params = z.strictObject({
  also: z.array(z.string()).default([]).describe('Further sites at whose API the same quotas are used up.'),
});

/**
 * Somebody asks the API for more than its clients may, in their names: what they ask is refused (status 429) until their minute is over, and again as long as
 * it goes on. In force when the API has said so to every one of them.
 */
export const rateLimit: FaultType = {
  type: 'rate-limit',
  summary: "the quota of the API's clients is used up: each of their requests is refused until it comes back",
  params,
  needs: ['quotas'],
  restarts: false,
  on: 'api',
  only: () => 'api',
  onlyItsEndHelps: true,
  notMeasured: [
    {
      what: 'a limit that several instances of the API share',
      why: 'the API of each site here has one instance, which counts by itself',
    },
  ],
  bind(fault, platform) {
    const { also } = params.parse(fault.params);
    const sites = sitesOf(fault, platform, also);
    const quotas = ability(fault, platform, 'quotas');
    return {
      undo: [{ kind: 'quota', params: { id: fault.id } }],
      inject: (signal) => quotas.exhaust(fault.id, sites, signal),
      async observe(signal) {
        const mine = (await quotas.observe(signal)).filter(({ id }) => id === fault.id);
        return { state: stateOf(mine, sites), observed: mine.map(describe).join('; ') || 'nobody uses up a quota' };
      },
    };
  },
};

/** `none`: nobody asks any more. What was used up comes back by itself, and takes its time: that is what is measured. */
function stateOf(mine: readonly QuotaState[], sites: readonly string[]): Observation['state'] {
  if (mine.length === 0) return 'none';
  const whole = sites.every((site) =>
    mine.some((one) => one.site === site && one.clients > 0 && one.limited === one.clients),
  );
  return whole ? 'full' : 'partial';
}

function describe({ site, clients, limited, requests }: QuotaState): string {
  return `${site}: ${limited} of ${clients} clients are told that they asked for too much, after ${requests} requests`;
}
