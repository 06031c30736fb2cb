import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProbeOutcome } from './probe.ts';

/** What is not there yet is looked for again after so long, at least, ... */
const LOOK_MS = 20;
/** ... and after this part of the time for which it has been awaited: when it came is known that well. */
const LOOK_SHARE = 0.2;

/** The last look begins so many times what a look took before the end, or the least pause. */
const LAST_LOOK = 2;

/** The same, as it stands in plan.json. */
export const AWAITED =
  'looked for every 20 ms, then after each fifth of the time for which it has been awaited, and just before the end';

/** One look. `final`: another would say the same, or nobody answered. */
export interface Look {
  readonly outcome: ProbeOutcome;
  readonly final: boolean;
}

/** Looks until something is final, or `timeoutMs` are over: then what the last look said, and not earlier. `look` is told what is left of the time. */
export async function awaitSeen(look: (leftMs: number) => Promise<Look>, timeoutMs: number): Promise<ProbeOutcome> {
  const began = performance.now();
  const left = (): number => timeoutMs - (performance.now() - began);
  for (let last = false; ; ) {
    const lookedAt = left();
    const { outcome, final } = await look(Math.max(1, lookedAt));
    if (final) return outcome;
    if (last) {
      await sleep(Math.max(0, left()));
      return outcome;
    }
    // The last look is so near the end as it can be answered, so that hardly any of the time is not looked at.
    const spareMs = Math.max(LOOK_MS, LAST_LOOK * (lookedAt - left()));
    const pauseMs = Math.max(LOOK_MS, (timeoutMs - left()) * LOOK_SHARE);
    last = left() - pauseMs <= spareMs;
    await sleep(Math.max(0, last ? left() - spareMs : pauseMs));
  }
}
