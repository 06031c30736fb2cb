import { messageOf, PlatformError } from '../errors.ts';
import type { RestoredNode } from '../history/event.ts';
import type { LostData, NodeRestore } from '../platform/backups.ts';
import type { Session } from './session.ts';

const ASK_MS = 10_000;

/**
 * How what was restored from a backup came back, once of each fault that is gone. A PlatformError where it is there because it was put back: nothing
 * of that says what a restore costs.
 */
export async function sayRestored({ leases, restoredSaid, platform, journal }: Session): Promise<void> {
  for (const { planned, gone } of leases) {
    if (!gone || restoredSaid.has(planned.id)) continue;
    const lost = await restoredUnder(platform.abilities, planned.id);
    if (!lost) continue;
    restoredSaid.add(planned.id);
    if (!lost.restored)
      throw new PlatformError(
        `${planned.id}: nothing was restored from ${lost.backup}: ${lost.failure || 'it was put back'}`,
      );
    const nodes = lost.restored.map(inRecord);
    await journal.append('restored', { fault: planned.id, backup: lost.backup, nodes });
  }
}

/** What became of what was lost under the id of a fault, whatever store it was lost from. */
async function restoredUnder(
  { data, snapshots }: Session['platform']['abilities'],
  id: string,
): Promise<Pick<LostData, 'backup' | 'restored' | 'failure'> | null | undefined> {
  const limit = AbortSignal.timeout(ASK_MS);
  return (await data?.observe(id, limit)) ?? (await snapshots?.observe(id, limit));
}

export function inRecord({ copiedUs, startedUs, ...node }: NodeRestore): RestoredNode {
  return { ...node, copied_us: copiedUs, started_us: startedUs };
}

/** Undoes what stands in the register beside the faults; what could not be undone is returned. */
export async function undoBeside({ beside, platform }: Session, signal: AbortSignal): Promise<readonly string[]> {
  const left: string[] = [];
  for (const id of beside) {
    const results = await platform.register
      .undo(id, signal)
      .catch((error: unknown) => [{ ok: false, error: messageOf(error) }]);
    left.push(...results.flatMap(({ ok, error }) => (ok ? [] : [`${id}: ${error}`])));
  }
  return left;
}
