import { z } from 'zod';
import type { FaultType } from './fault.ts';
import { describeCounters } from './packet-rules.ts';
import { ability, targetSite } from './target.ts';

const RATE = /^([1-9]\d{0,6})(kbit|mbit)$/;
const expected = 'expected a rate such as 500kbit or 2mbit, of at most 10000mbit';
const bitsOf = (text: string): number => {
  const [, amount, unit] = RATE.exec(text) ?? [];
  return Number(amount) * (unit === 'mbit' ? 1_000_000 : 1_000);
};

const params = z.strictObject({
  limit: z
    .string({ error: expected })
    .regex(RATE, { error: expected })
    .refine((text) => bitsOf(text) <= 1e10, { error: expected })
    .describe('Of each direction, a second: 500kbit, 2mbit.'),
});

/** A line that is too narrow: a token bucket in each direction, in front of which packets wait up to 200 ms and are then lost. */
export const bandwidth: FaultType = {
  type: 'bandwidth',
  summary: "a site's line takes only so many bits a second, each way; what does not fit waits, and is then lost",
  params,
  needs: ['network', 'bandwidth'],
  restarts: false,
  notMeasured: [],
  bind(fault, platform) {
    const { limit } = params.parse(fault.params);
    const { name } = targetSite(fault, platform);
    const network = ability(fault, platform, 'network');
    const line = ability(fault, platform, 'bandwidth');
    return {
      undo: [{ kind: 'network', params: { id: fault.id } }],
      inject: (signal) => line.narrow(fault.id, name, bitsOf(limit), signal),
      async observe(signal) {
        const counters = await network.observe(fault.id, signal);
        if (counters.length === 0) return { state: 'none', observed: 'the line is as wide as ever' };
        // A line on which nothing ever had to wait has not been shown to be narrow.
        const both = (['in', 'out'] as const).every((way) => counters.some(({ direction }) => direction === way));
        const held = counters.some(({ packets }) => packets > 0);
        return { state: both && held ? 'full' : 'partial', observed: describeCounters(counters) };
      },
    };
  },
};
