import { z } from 'zod';
import type { ClockState } from '../platform/platform.ts';
import { offsetMs, offsetText } from '../scenario/values.ts';
import type { FaultType } from './fault.ts';
import { ability, targetSite } from './target.ts';

const params = z.strictObject({
  offset: offsetText().describe('How far ahead (+5m) or behind (-30s) the site’s clocks are set: 100ms to 24h.'),
});

/** However large the offset: no clock that is right is further off. */
const NEAR_MS = 1_000;

/**
 * The wall clocks of all database processes of a site show another time. Its proof is what the databases themselves say the time is. Timers go
 * on by monotonic time, as they do when a clock is set.
 */
export const clockSkew: FaultType = {
  type: 'clock-skew',
  summary: "the wall clocks of a site's databases are set ahead or behind, all at once",
  params,
  needs: ['clocks'],
  restarts: false,
  notMeasured: [
    {
      what: 'clocks that drift, and timers that jump',
      why: 'the wall clocks of a site are set at once, and only these',
    },
    {
      what: 'when Cassandra stamps its writes with the right time again',
      why: 'the fault is gone when the clock is right; a node whose clock was ahead goes on to stamp ahead until that time has come, or it is restarted',
    },
  ],
  bind(fault, platform) {
    const aheadMs = offsetMs(params.parse(fault.params).offset);
    const { name: site } = targetSite(fault, platform);
    const clocks = ability(fault, platform, 'clocks');
    const nearMs = Math.min(NEAR_MS, Math.abs(aheadMs) / 2);
    return {
      undo: [{ kind: 'clock', params: { id: fault.id } }],
      inject: (signal) => clocks.set(fault.id, site, aheadMs, signal),
      async observe(signal) {
        const states = await clocks.observe(site, signal);
        const observed = states.map(describe).join(', ') || 'no clock';
        const all = (ms: number): boolean => states.length > 0 && states.every((state) => shows(state, ms, nearMs));
        return { state: all(aheadMs) ? 'full' : all(0) ? 'none' : 'partial', observed };
      },
    };
  },
};

/** Both bounds are nearer to it than `nearMs`: a loose answer shows nothing. */
function shows({ aheadMs }: ClockState, ms: number, nearMs: number): boolean {
  return aheadMs !== null && aheadMs.lower > ms - nearMs && aheadMs.upper < ms + nearMs;
}

/** `cassandra/0 59.998 to 60.003 s ahead`. */
function describe({ component, node, aheadMs }: ClockState): string {
  const name = `${component}/${node}`;
  if (aheadMs === null) return `${name} says nothing`;
  const { lower, upper } = aheadMs;
  const behind = upper < 0;
  const [least, most] = behind ? [-upper, -lower] : [lower, upper];
  return `${name} ${(least / 1000).toFixed(3)} to ${(most / 1000).toFixed(3)} s ${behind ? 'behind' : 'ahead'}`;
}
