import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Lease } from '@kubernetes/client-node';
import { PlatformError } from '../../errors.ts';
import type { RunLock } from '../platform.ts';
import type { Cluster } from './cluster.ts';
import { createLease, readLease, renewLease } from './leases.ts';
import { RUN_LEASE } from './names.ts';
import { unless } from './workloads.ts';

/** A run that has not renewed its Lease for so long is dead. */
const DEAD_MS = 15_000;
const LOOK_MS = 1_000;

interface Times {
  readonly renewMs: number;
  readonly deadMs: number;
}

const TIMES: Times = { renewMs: 5_000, deadMs: DEAD_MS };

/**
 * Holds a site for one run. A PlatformError names who holds it. One whose Lease does not change while it is looked at for 15 s is dead, and its Lease is taken
 * over: no two wall clocks are compared.
 */
export async function holdSite(
  cluster: Cluster,
  run: string,
  signal: AbortSignal,
  times: Times = TIMES,
): Promise<Required<RunLock>> {
  if (!(await createLease(cluster, RUN_LEASE, run, signal))) await takeOver(cluster, run, signal);
  const over = new AbortController();
  const lost = new AbortController();
  const renewing = renew(cluster, run, over.signal, times).then((why) => {
    if (why !== null) lost.abort(new PlatformError(why));
  });
  return {
    lost: lost.signal,
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

/**
 * Renews the Lease until the signal, which gives null, or until another run may hold it, which gives why: it stands there for another, or is gone, or could not be renewed
 * for as long as makes a run dead in others' eyes.
 */
async function renew(cluster: Cluster, run: string, signal: AbortSignal, times: Times): Promise<string | null> {
  const { namespace, context } = cluster;
  const place = `${namespace} (context ${context})`;
  let renewedMs = performance.now();
  for (;;) {
    await sleep(times.renewMs, undefined, { signal }).catch(() => {});
    if (signal.aborted) return null;
    // Before it is sent: it counts for others from when it arrives.
    const askedMs = performance.now();
    const limit = AbortSignal.any([signal, AbortSignal.timeout(times.renewMs)]);
    try {
      const lease = await readLease(cluster, RUN_LEASE, limit);
      const holder = lease?.spec?.holderIdentity;
      if (lease === null || holder !== run)
        return `the lock of ${place} is lost: ${holder === undefined ? 'its Lease is gone' : `run ${holder} has taken it over`}`;
      await renewLease(cluster, RUN_LEASE, run, limit, lease.metadata?.resourceVersion);
      renewedMs = askedMs;
    } catch {
      // What cannot be renewed for a while is not lost by that: who would take it looks at it for three times as long.
      if (signal.aborted) return null;
      if (performance.now() - renewedMs >= times.deadMs)
        return `the lock of ${place} is lost: it could not be renewed for ${Math.round((performance.now() - renewedMs) / 1000)} s, and another run may take it over`;
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
