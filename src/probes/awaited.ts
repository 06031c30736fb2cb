import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProbeOutcome } from './probe.ts';

/** What is not there yet is looked for again after so long, at least, ... */
const LOOK_MS = 20;
/** ... and after this part of the time for which it has been awaited: when it came is known that well. */
const LOOK_SHARE = 0.2;

/** The same, as it stands in plan.json. */
export const AWAITED = 'looked for every 20 ms, then after each fifth of the time for which it has been awaited';

/** One look. `final`: another would say the same, or nobody answered. */
export interface Look {
  readonly outcome: ProbeOutcome;
  readonly final: boolean;
}

/** Looks until something is final, or `timeoutMs` are over: then what the last look said, and not earlier. `look` is told what is left of the time. */
export async function awaitSeen(look: (leftMs: number) => Promise<Look>, timeoutMs: number): Promise<ProbeOutcome> {
  const began = performance.now();
  for (;;) {
    const { outcome, final } = await look(Math.max(1, timeoutMs - (performance.now() - began)));
    if (final) return outcome;
    const waitedMs = performance.now() - began;
    const pauseMs = Math.max(LOOK_MS, waitedMs * LOOK_SHARE);
    if (waitedMs + pauseMs >= timeoutMs) {
      await sleep(Math.max(0, timeoutMs - waitedMs));
      return outcome;
    }
    await sleep(pauseMs);
  }
}
