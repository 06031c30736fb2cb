import type { V1Lease } from '@kubernetes/client-node';
import { V1MicroTime } from '@kubernetes/client-node';
import { isStatus } from './api-error.ts';
import type { Cluster } from './cluster.ts';

/** A Lease object; null: there is none of this name. */
export async function readLease(cluster: Cluster, name: string, signal: AbortSignal): Promise<V1Lease | null> {
  const { namespace } = cluster;
  return cluster
    .ask(`Lease ${name}`, (options) => cluster.coordination.readNamespacedLease({ name, namespace }, options), signal)
    .catch((error: unknown) => {
      if (isStatus(error, 404)) return null;
      throw error;
    });
}

/** Makes it, or writes that `holder` has it now. `resourceVersion`: only this version of it. */
export async function renewLease(
  cluster: Cluster,
  name: string,
  holder: string,
  signal: AbortSignal,
  resourceVersion?: string,
): Promise<void> {
  const { namespace } = cluster;
  const metadata = resourceVersion === undefined ? {} : { metadata: { resourceVersion } };
  const spec = { holderIdentity: holder, renewTime: new V1MicroTime() };
  const renewed = await cluster
    .patch(
      `Lease ${name}`,
      (options) => cluster.coordination.patchNamespacedLease({ name, namespace, body: { ...metadata, spec } }, options),
      signal,
    )
    .catch((error: unknown) => {
      if (isStatus(error, 404)) return null;
      throw error;
    });
  if (renewed === null) await createLease(cluster, name, holder, signal);
}

/** False: there is one already. */
export async function createLease(
  cluster: Cluster,
  name: string,
  holder: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { namespace } = cluster;
  const body: V1Lease = {
    metadata: { name, namespace, labels: { 'app.kubernetes.io/managed-by': 'drill' } },
    spec: { holderIdentity: holder, renewTime: new V1MicroTime() },
  };
  try {
    await cluster.ask(
      `Lease ${name}`,
      (options) => cluster.coordination.createNamespacedLease({ namespace, body }, options),
      signal,
    );
    return true;
  } catch (error) {
    if (isStatus(error, 409)) return false;
    throw error;
  }
}
