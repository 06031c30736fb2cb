import { messageOf } from '../errors.ts';
import type { FaultLease } from './fault-lease.ts';
import { pause } from './wait.ts';

/** How often a fault that cannot be undone is tried, and how long between. */
const TRIES = 5;
const AGAIN_MS = 5_000;

/** What could not be undone, and why. */
export interface Leftover {
  readonly lease: FaultLease;
  readonly error: unknown;
}

/**
 * Undoes every fault that is not gone, all at once, the last one first. One after the other could wait for ever: a database that was killed may not
 * start while a partition that came before is still in force, and nothing is served there before both are over.
 */
export async function releaseAll(
  leases: readonly FaultLease[],
  limitOf: (lease: FaultLease) => AbortSignal,
): Promise<readonly Leftover[]> {
  const open = leases.filter((lease) => lease.requested && !lease.gone).toReversed();
  const results = await Promise.allSettled(open.map((lease) => lease.release(limitOf(lease))));
  return results.flatMap((result, index) =>
    result.status === 'rejected' ? [{ lease: open[index] as FaultLease, error: result.reason }] : [],
  );
}

/** The same, and again what is left: an undo may need what another one starts. Each has its limit, for all tries together. */
export async function releaseAgain(
  leases: readonly FaultLease[],
  limitOf: (lease: FaultLease) => AbortSignal,
  say: (text: string) => void,
): Promise<readonly Leftover[]> {
  const limits = new Map(leases.map((lease) => [lease, limitOf(lease)]));
  const limit = (lease: FaultLease): AbortSignal => limits.get(lease) as AbortSignal;
  const over: Leftover[] = [];
  for (let tries = 1; ; tries++) {
    const left = await releaseAll(leases, limit);
    over.push(...left.filter(({ lease }) => lease.gone));
    const open = left.filter(({ lease }) => !lease.gone);
    const [first] = open.filter(({ lease }) => !limit(lease).aborted);
    if (!first || tries === TRIES) return [...over, ...open];
    say(`healing again: ${messageOf(first.error)}`);
    await pause(AGAIN_MS, limit(first.lease)).catch(() => {});
  }
}
