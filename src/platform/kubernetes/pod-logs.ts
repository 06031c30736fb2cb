import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../errors.ts';
import type { Cluster } from './cluster.ts';
import { nameOf, podsOf } from './workloads.ts';

const MAX_BYTES = 5_000_000;

/** Copies the end of the log of each pod of a site into `directory`, and of the container before it where it was started again; one that cannot be had says why. */
export async function keepPodLogs(
  cluster: Cluster,
  site: string,
  selectors: readonly string[],
  directory: string,
  signal: AbortSignal,
): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const pods = (await Promise.all(selectors.map((selector) => podsOf(cluster, selector, signal)))).flat();
  await Promise.all(
    pods.flatMap((pod) => {
      const restarted = (pod.status?.containerStatuses ?? []).some(({ restartCount }) => restartCount > 0);
      return (restarted ? [false, true] : [false]).map(async (previous) => {
        const order = {
          name: nameOf(pod),
          namespace: cluster.namespace,
          previous,
          limitBytes: MAX_BYTES,
          tailLines: 20_000,
        };
        const text = await cluster
          .ask(`log of ${nameOf(pod)}`, (options) => cluster.core.readNamespacedPodLog(order, options), signal)
          .catch((error: unknown) => `could not be kept: ${messageOf(error)}\n`);
        writeFileSync(join(directory, `${site}-${nameOf(pod)}${previous ? '-before' : ''}.log`), text ?? '');
      });
    }),
  );
}
