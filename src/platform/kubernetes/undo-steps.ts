import { messageWithHint } from '../../errors.ts';
import type { UndoResult } from '../undo.ts';
import type { Cluster } from './cluster.ts';
import type { FaultObject } from './fault-object.ts';
import { removePolicies } from './policy-objects.ts';
import { restore, unless, type Workload } from './workloads.ts';

/** For what is left to be scaled up when the time is over. */
const LAST_MS = 10_000;

/**
 * Does the undo of a fault in its cluster, each step whatever becomes of the others, and forgets the fault once all of it is done. The harness and the
 * healer may both be at it: every step does no harm when it is done twice.
 */
export async function undoFault(
  cluster: Cluster,
  { name, uid, steps }: FaultObject,
  signal: AbortSignal,
): Promise<readonly UndoResult[]> {
  const results: UndoResult[] = [];
  for (const step of steps) {
    const { undo } = step;
    try {
      if (step.kind === 'network') await removePolicies(cluster, step.undo.params.id, signal);
      else await restoreAll(cluster, step.workloads, signal);
      results.push({ undo, ok: true, error: '' });
    } catch (error) {
      results.push({ undo, ok: false, error: messageWithHint(error) });
    }
  }
  if (results.every(({ ok }) => ok)) {
    const { namespace } = cluster;
    const order = { name, namespace, body: { preconditions: { uid } } };
    await cluster
      .ask(`forgetting ${name}`, (options) => cluster.core.deleteNamespacedConfigMap(order, options), signal)
      .catch(unless(404, 409));
  }
  return results;
}

/** Each once the one before is ready, and also when that does not get ready: what needs it shall not stay away for ever. */
async function restoreAll(cluster: Cluster, workloads: readonly Workload[], signal: AbortSignal): Promise<void> {
  const failed: unknown[] = [];
  for (const workload of workloads) {
    const limit = signal.aborted ? AbortSignal.timeout(LAST_MS) : signal;
    await restore(cluster, workload, limit).catch((error: unknown) => failed.push(error));
  }
  if (failed.length > 0) throw failed[0];
}
