import type { FaultLease } from './fault-lease.ts';

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
