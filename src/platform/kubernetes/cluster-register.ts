import { setTimeout as sleep } from 'node:timers/promises';
import { InputError, messageOf, PlatformError } from '../../errors.ts';
import type { FaultRegister, RegisteredFault, Undo, UndoResult } from '../undo.ts';
import { isStatus } from './api-error.ts';
import type { Cluster } from './cluster.ts';
import { faultObjectOf, faultObjects, registered, renewalNow, type UndoStep } from './fault-object.ts';
import { readLease } from './leases.ts';
import { faultObjectName, HEALER_LEASE } from './names.ts';
import { holderOf } from './run-lock.ts';
import { undoFault } from './undo-steps.ts';
import { unless } from './workloads.ts';

/** In which a healer that is at work has renewed its Lease. */
const HEALER_MS = 10_000;
const LOOK_MS = 500;
const RENEW_MS = 2_000;
/** What `recover` records makes nothing: it is recorded so that it is done. It needs no healer, and holds no lock of its own while a run does. */
const RECOVER = 'recover';

/** Undoes of what leaves nothing behind here: a pod that was ended is made again by its controller. */
const NOTHING_LASTS: readonly Undo['kind'][] = ['loop'];

const UNREADABLE = { run: 'unknown: it cannot be read', undo: [], expiresInMs: 0 } as const;

/** What the register needs of a site. */
export interface RegisteredSite {
  readonly site: string;
  readonly cluster: Cluster;
  /** What is to be done there for an undo of this site. */
  stepOf(undo: Undo<'processes'>, signal: AbortSignal): Promise<UndoStep>;
}

/**
 * The register of faults, each in the clusters that it strikes, so that their healers undo it when nobody renews it, and `recover` does from anywhere.
 * Every method asks only the clusters that it must.
 */
export class ClusterRegister implements FaultRegister {
  private readonly sites: readonly RegisteredSite[];
  /** Where this process has recorded a fault. */
  private readonly mine = new Map<string, readonly RegisteredSite[]>();
  private readonly onDeadMan: (fault: string) => void;

  constructor(sites: readonly RegisteredSite[], onDeadMan: (fault: string) => void) {
    this.sites = sites;
    this.onDeadMan = onDeadMan;
  }

  async record(
    { fault, run, undo }: { fault: string; run: string; undo: readonly Undo[] },
    ttlMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    const lasting = undo.filter(({ kind }) => !NOTHING_LASTS.includes(kind)).map(requireKnown);
    const stepsOf = ({ site }: RegisteredSite): readonly (Undo<'processes'> | Undo<'network'>)[] =>
      // Both ends of a cut have policies, and whoever is asked removes what there is.
      lasting.filter((one) => one.kind === 'network' || one.params.site === site);
    const struck = this.sites.filter((site) => stepsOf(site).length > 0);
    for (const { cluster } of run === RECOVER ? [] : struck) {
      await this.requireHealer(cluster, signal);
      await requireHolder(cluster, run, signal);
    }
    this.mine.set(fault, struck);
    const made: RegisteredSite[] = [];
    try {
      for (const site of struck) {
        const steps = await Promise.all(stepsOf(site).map((one) => stepOf(site, one, signal)));
        const contents = { fault, run, ttlMs, steps };
        made.push(site);
        await create(site.cluster, contents, signal);
      }
    } catch (error) {
      // Half of it would be undone by half.
      await Promise.allSettled(made.map(({ cluster }) => forget(cluster, fault, run)));
      this.mine.delete(fault);
      throw error;
    }
  }

  async renew(faults: readonly string[], _ttlMs: number, signal: AbortSignal): Promise<void> {
    for (const fault of faults) {
      const sites = this.mine.get(fault) ?? [];
      const renewed = await Promise.allSettled(sites.map(({ cluster }) => renewAt(cluster, fault, signal)));
      const errors = renewed.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
      if (errors.some((error) => isStatus(error, 404)) && this.mine.delete(fault)) this.onDeadMan(fault);
      const [other] = errors.filter((error) => !isStatus(error, 404));
      if (other !== undefined) throw other;
    }
  }

  /** Goes on past a cluster that cannot be asked, and then throws. */
  async undo(fault: string, signal: AbortSignal): Promise<readonly UndoResult[]> {
    const sites = this.mine.get(fault) ?? this.sites;
    const over = new AbortController();
    void this.renewWhile(fault, sites, AbortSignal.any([signal, over.signal]));
    const done = await Promise.allSettled(
      sites.map(async ({ cluster }) => {
        const found = (await faultObjects(cluster, signal)).readable.filter((one) => one.fault === fault);
        return Promise.all(found.map((one) => undoFault(cluster, one, signal)));
      }),
    );
    over.abort();
    const failed = done.flatMap((one) => (one.status === 'rejected' ? [messageOf(one.reason)] : []));
    if (failed.length > 0) throw new PlatformError(`${fault} may not be undone everywhere: ${failed.join('; ')}`);
    const results = done.flatMap((one) => (one.status === 'fulfilled' ? one.value.flat() : []));
    if (results.every(({ ok }) => ok)) this.mine.delete(fault);
    return results;
  }

  /** So that the healer does not begin with it as well, as long as this process lives. */
  private async renewWhile(fault: string, sites: readonly RegisteredSite[], signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await Promise.allSettled(sites.map(({ cluster }) => renewAt(cluster, fault, signal)));
      await sleep(RENEW_MS, undefined, { signal }).catch(() => {});
    }
  }

  async list(signal: AbortSignal): Promise<readonly RegisteredFault[]> {
    const all = await Promise.all(this.sites.map(({ cluster }) => faultObjects(cluster, signal)));
    const byFault = Map.groupBy(
      all.flatMap(({ readable }) => readable),
      ({ fault }) => fault,
    );
    // Of another version, or damaged: somebody must look at it, and it stays until then.
    const unreadable = all.flatMap((one) => one.unreadable.map((name) => ({ ...UNREADABLE, fault: name })));
    const known = [...byFault.values()].map((parts) => {
      const told = parts.map(registered) as [RegisteredFault, ...RegisteredFault[]];
      const expiresInMs = Math.min(...told.map((one) => one.expiresInMs));
      return { ...told[0], undo: told.flatMap(({ undo }) => undo), expiresInMs };
    });
    return [...known, ...unreadable];
  }

  /** Whether a fault of which this would be the undo stands in a site's cluster. A PlatformError where none does: nobody would undo what is made. */
  async require(site: string, components: readonly string[], signal: AbortSignal): Promise<void> {
    const [at] = this.sites.filter((one) => one.site === site);
    const faults = at ? (await faultObjects(at.cluster, signal)).readable : [];
    const covers = faults.some(({ steps }) =>
      steps.some(
        ({ undo }) =>
          undo.kind === 'processes' && components.every((one) => undo.params.components.some((known) => known === one)),
      ),
    );
    if (covers) return;
    throw new PlatformError(`no fault in ${site} would undo this`, {
      hint: 'record the fault first; one that was not renewed in time is undone and forgotten',
    });
  }

  /** The same of a cut: its undo stands in the clusters of all sites. */
  async requireCut(id: string, signal: AbortSignal): Promise<void> {
    for (const { cluster } of this.sites) {
      const faults = (await faultObjects(cluster, signal)).readable;
      const covers = faults.some(({ steps }) =>
        steps.some(({ undo }) => undo.kind === 'network' && undo.params.id === id),
      );
      if (!covers) throw new PlatformError(`no fault in ${cluster.context} would undo ${id}`);
    }
  }

  /** A fault that nobody would undo after this process's death is not made. */
  private async requireHealer(cluster: Cluster, signal: AbortSignal): Promise<void> {
    const { context, namespace } = cluster;
    const first = await readLease(cluster, HEALER_LEASE, signal);
    for (const untilMs = performance.now() + HEALER_MS; performance.now() < untilMs; ) {
      await sleep(LOOK_MS, undefined, { signal });
      const now = await readLease(cluster, HEALER_LEASE, signal);
      if (now === null || now.metadata?.resourceVersion === first?.metadata?.resourceVersion) continue;
      return;
    }
    throw new PlatformError(`no healer is at work in the namespace ${namespace} (context ${context})`, {
      hint: `it undoes a fault when the harness dies: sed s/janusgraph-banking/${namespace}/ clusters/kubernetes/manifests/healer.yaml | kubectl --context ${context} apply -f - (its image is one of this harness); then kubectl --context ${context} -n ${namespace} logs deployment/drill-healer`,
    });
  }
}

async function stepOf(
  site: RegisteredSite,
  undo: Undo<'processes'> | Undo<'network'>,
  signal: AbortSignal,
): Promise<UndoStep> {
  return undo.kind === 'network' ? { kind: 'network', undo } : site.stepOf(undo, signal);
}

function requireKnown(undo: Undo): Undo<'processes'> | Undo<'network'> {
  if (undo.kind === 'processes' || undo.kind === 'network') return undo;
  throw new InputError(`the platform cannot undo ${undo.kind}: expected a fault that it can`);
}

async function requireHolder(cluster: Cluster, run: string, signal: AbortSignal): Promise<void> {
  const holder = await holderOf(cluster, signal);
  if (holder === run) return;
  throw new PlatformError(
    `${cluster.namespace} (context ${cluster.context}) is ${holder === null ? 'not held by this run' : `in use by run ${holder}`} any more`,
  );
}

async function create(
  cluster: Cluster,
  contents: Parameters<typeof faultObjectOf>[1],
  signal: AbortSignal,
): Promise<void> {
  const { namespace } = cluster;
  const body = faultObjectOf(namespace, contents, renewalNow());
  try {
    await cluster.ask(
      `recording ${contents.fault}`,
      (options) => cluster.core.createNamespacedConfigMap({ namespace, body }, options),
      signal,
    );
  } catch (error) {
    if (!isStatus(error, 409)) throw error;
    // Its answer may have been lost, and the request was made again.
    const there = (await faultObjects(cluster, signal)).readable.find(({ fault }) => fault === contents.fault);
    if (there?.run !== contents.run || contents.run === RECOVER)
      throw new PlatformError(`${contents.fault} is in force already: undo it first`, { cause: error });
  }
}

function renewAt(cluster: Cluster, fault: string, signal: AbortSignal): Promise<unknown> {
  const { namespace } = cluster;
  const order = { name: faultObjectName(fault), namespace, body: { data: { renewal: renewalNow() } } };
  return cluster.patch(`renewing ${fault}`, (options) => cluster.core.patchNamespacedConfigMap(order, options), signal);
}

async function forget(cluster: Cluster, fault: string, run: string): Promise<void> {
  const signal = AbortSignal.timeout(10_000);
  const { namespace } = cluster;
  const there = (await faultObjects(cluster, signal)).readable.find((one) => one.fault === fault && one.run === run);
  if (!there) return;
  const order = { name: there.name, namespace, body: { preconditions: { uid: there.uid } } };
  await cluster
    .ask(`forgetting ${fault}`, (options) => cluster.core.deleteNamespacedConfigMap(order, options), signal)
    .catch(unless(404, 409));
}
