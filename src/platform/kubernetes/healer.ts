import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../errors.ts';
import type { Cluster } from './cluster.ts';
import { type FaultObject, faultObjects } from './fault-object.ts';
import { renewLease } from './leases.ts';
import { HEALER_LEASE } from './names.ts';
import { undoFault } from './undo-steps.ts';

const LOOK_MS = 1_000;
/** What one undo may take before it is begun again: a database that starts. */
const UNDO_MS = 300_000;
/** After an undo that failed. */
const AGAIN_MS = 10_000;

interface Watched {
  renewal: string;
  /** By this process's monotonic clock: nobody's wall clock has a say in when a fault lapses. */
  changedMs: number;
  undoing: boolean;
}

/** The dead-man of one namespace: undoes the faults in it that their harness stopped renewing. Resolves at the signal. */
export async function heal(
  cluster: Cluster,
  identity: string,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const watched = new Map<string, Watched>();
  const unread = new Set<string>();
  let unseen = '';
  while (!signal.aborted) {
    try {
      await look(cluster, watched, unread, say, signal);
      await renewLease(cluster, HEALER_LEASE, identity, signal);
      if (unseen !== '') say('the faults can be seen again');
      unseen = '';
    } catch (error) {
      // Once for each reason: an API server may be away for hours.
      if (!signal.aborted && messageOf(error) !== unseen) say(`the faults cannot be seen: ${messageOf(error)}`);
      unseen = messageOf(error);
    }
    await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
  }
}

async function look(
  cluster: Cluster,
  watched: Map<string, Watched>,
  unread: Set<string>,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { readable: faults, unreadable } = await faultObjects(cluster, signal);
  for (const name of unreadable) {
    if (!unread.has(name)) say(`${name} cannot be read: is it of another version? It is not undone here`);
    unread.add(name);
  }
  const now = performance.now();
  for (const uid of watched.keys()) if (!faults.some((one) => one.uid === uid)) watched.delete(uid);
  for (const fault of faults) {
    const one = watched.get(fault.uid) ?? { renewal: fault.renewal, changedMs: now, undoing: false };
    watched.set(fault.uid, one);
    if (one.renewal !== fault.renewal) Object.assign(one, { renewal: fault.renewal, changedMs: now });
    if (one.undoing || now - one.changedMs < fault.ttlMs) continue;
    one.undoing = true;
    void undoLapsed(cluster, fault, say, signal).then((undone) => {
      one.undoing = false;
      // Until then it is left alone, unless it is renewed: a harness that comes back has not given it up.
      if (!undone) one.changedMs = performance.now() - fault.ttlMs + AGAIN_MS;
    });
  }
}

async function undoLapsed(
  cluster: Cluster,
  fault: FaultObject,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<boolean> {
  say(`undoing ${fault.fault} of run ${fault.run}, which nobody renewed for ${fault.ttlMs} ms`);
  try {
    const results = await undoFault(cluster, fault, AbortSignal.any([signal, AbortSignal.timeout(UNDO_MS)]));
    const failed = results.flatMap(({ ok, undo, error }) => (ok ? [] : [`${undo.kind}: ${error}`]));
    say(failed.length === 0 ? `${fault.fault} is undone` : `${fault.fault} is not undone: ${failed.join('; ')}`);
    return failed.length === 0;
  } catch (error) {
    say(`${fault.fault} is not undone: ${messageOf(error)}`);
    return false;
  }
}
