import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Lease } from '@kubernetes/client-node';
import { PlatformError } from '../../errors.ts';
import type { Cluster } from './cluster.ts';
import { createLease, readLease, renewLease } from './leases.ts';
import { RUN_LEASE } from './names.ts';
import { unless } from './workloads.ts';

/** A run that has not renewed its Lease for so long is dead. */
const DEAD_MS = 15_000;
const RENEW_MS = 5_000;
const LOOK_MS = 1_000;

/**
 * Holds a site for one run. A PlatformError names who holds it. One whose Lease does not change while it is looked at for 15 s is dead, and its Lease is taken
 * over: no two wall clocks are compared.
 */
export async function holdSite(cluster: Cluster, run: string, signal: AbortSignal): Promise<AsyncDisposable> {
  if (!(await createLease(cluster, RUN_LEASE, run, signal))) await takeOver(cluster, run, signal);
  const over = new AbortController();
  const renewing = renew(cluster, run, over.signal);
  return {
    async [Symbol.asyncDispose]() {
      over.abort();
      await renewing;
      await release(cluster, run);
    },
  };
}

async function takeOver(cluster: Cluster, run: string, signal: AbortSignal): Promise<void> {
  const { namespace } = cluster;
  let seen = await readLease(cluster, RUN_LEASE, signal);
  for (const untilMs = performance.now() + DEAD_MS; seen !== null && performance.now() < untilMs; ) {
    await sleep(LOOK_MS, undefined, { signal });
    const now = await readLease(cluster, RUN_LEASE, signal);
    if (now?.metadata?.resourceVersion === seen.metadata?.resourceVersion) continue;
    if (now === null) break;
    throw new PlatformError(`${namespace} (context ${cluster.context}) is in use by run ${now.spec?.holderIdentity}`, {
      hint: 'wait until it is over, or end it with Ctrl-C: it heals what it injected',
    });
  }
  if (seen !== null) await remove(cluster, seen, signal);
  if (await createLease(cluster, RUN_LEASE, run, signal)) return;
  seen = await readLease(cluster, RUN_LEASE, signal);
  throw new PlatformError(
    `${namespace} (context ${cluster.context}) is in use by run ${seen?.spec?.holderIdentity ?? 'another'}, which has just begun`,
  );
}

async function renew(cluster: Cluster, run: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(RENEW_MS, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    try {
      // Another run has taken it over: this one was suspended, and injects nothing any more.
      const lease = await readLease(cluster, RUN_LEASE, signal);
      if (lease?.spec?.holderIdentity !== run) return;
      await renewLease(cluster, RUN_LEASE, run, signal, lease.metadata?.resourceVersion);
    } catch {
      // What cannot be renewed for a while is not lost by that: who would take it looks at it for three times as long.
    }
  }
}

/** Only where it is still this run's. */
async function release(cluster: Cluster, run: string): Promise<void> {
  const signal = AbortSignal.timeout(5_000);
  const lease = await readLease(cluster, RUN_LEASE, signal);
  if (lease?.spec?.holderIdentity === run) await remove(cluster, lease, signal);
}

/** This version of it and no newer one. */
async function remove(cluster: Cluster, { metadata }: V1Lease, signal: AbortSignal): Promise<void> {
  const { namespace } = cluster;
  const preconditions = { uid: metadata?.uid ?? '', resourceVersion: metadata?.resourceVersion ?? '' };
  await cluster
    .ask(
      `Lease ${RUN_LEASE}`,
      (options) =>
        cluster.coordination.deleteNamespacedLease({ name: RUN_LEASE, namespace, body: { preconditions } }, options),
      signal,
    )
    .catch(unless(404, 409));
}

/** The run that holds a site, as far as anybody can see; null: none. */
export async function holderOf(cluster: Cluster, signal: AbortSignal): Promise<string | null> {
  return (await readLease(cluster, RUN_LEASE, signal))?.spec?.holderIdentity ?? null;
}
