import { messageWithHint } from '../../errors.ts';
import type { UndoResult } from '../undo.ts';
import type { Cluster } from './cluster.ts';
import type { FaultObject } from './fault-object.ts';
import { removePolicies } from './policy-objects.ts';
import { restore, unless } from './workloads.ts';

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
      else for (const workload of step.workloads) await restore(cluster, workload, signal);
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
