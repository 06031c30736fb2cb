import { PlatformError } from '../../errors.ts';
import type { Json } from '../../history/event.ts';
import {
  type Abilities,
  OUTSIDE_PEER,
  type Platform,
  type PlatformFacts,
  type ProcessTarget,
  type RunLock,
} from '../platform.ts';
import type { FaultRegister } from '../undo.ts';
import { ClusterRegister } from './cluster-register.ts';
import { kubernetesFacts } from './facts.ts';
import { GraphSite } from './graph-site.ts';
import { clustersOf } from './kubeconfig.ts';
import { requirePermissions } from './permissions.ts';
import type { PlatformFile } from './platform-file.ts';
import { keepPodLogs } from './pod-logs.ts';
import { PodRestarts } from './pod-restarts.ts';
import { watchPods } from './pod-watch.ts';
import { holdSite } from './run-lock.ts';
import { SiteCuts } from './site-cuts.ts';

const LOGS_MS = 60_000;

type Listener = (event: { type: string; data: Json }) => void;

/** What a platform file names, as its clusters are: touches nothing. PlatformErrors and InputErrors name what is not there, or not allowed. */
export async function readKubernetes(file: PlatformFile, signal: AbortSignal): Promise<PlatformFacts> {
  const sites = sitesOf(file);
  await requirePermissions(
    sites.map(({ cluster }) => cluster),
    signal,
  );
  return kubernetesFacts(file, sites, signal);
}

/** The platform that a platform file names. It runs whether or not anybody looks at it. */
export async function attachKubernetes(file: PlatformFile, path: string, signal: AbortSignal): Promise<Platform> {
  const sites = sitesOf(file);
  return new KubernetesPlatform(sites, await kubernetesFacts(file, sites, signal), path);
}

/**
 * Each site by itself, to be healed whatever becomes of the others: an API server that is away, a namespace that is out again, or somebody who keeps its
 * StatefulSets now, keeps no undo from being done. Asks nobody. `open` throws an InputError where the kubeconfig has no such context.
 */
export function sitesToRecover(file: PlatformFile, path: string): readonly { site: string; open(): Platform }[] {
  return file.sites.map((one) => {
    const { name, datacenter } = one;
    const facts: PlatformFacts = {
      name: file.name,
      environment: file.environment,
      sites: [{ name, datacenter, endpoints: { cassandra: [], janusgraph: [] } }],
      nodesPerSite: 1,
      replicationFactor: file.replicationFactor,
      versions: {},
      tuning: {},
      abilities: ['network', 'processes', 'nodetool'],
    };
    return { site: name, open: () => new KubernetesPlatform(sitesOf({ ...file, sites: [one] }), facts, path) };
  });
}

function sitesOf(file: PlatformFile): readonly GraphSite[] {
  const clusters = clustersOf(file.sites);
  return file.sites.map((site, index) => new GraphSite(site, clusters[index] as GraphSite['cluster'], file));
}

class KubernetesPlatform implements Platform {
  readonly recover: string;
  readonly credentials = {};
  readonly abilities: Partial<Abilities>;
  readonly register: FaultRegister;
  private readonly sites: readonly GraphSite[];
  private readonly of: PlatformFacts;
  private readonly listeners = new Set<Listener>();
  private readonly over = new AbortController();
  private watching: Promise<unknown> | null = null;

  constructor(sites: readonly GraphSite[], facts: PlatformFacts, path: string) {
    this.recover = `npm run drill -- recover --platform ${path}`;
    this.sites = sites;
    this.of = facts;
    const restarts = new PodRestarts();
    const register = new ClusterRegister(sites, (fault) => {
      restarts.forget(fault);
      this.tell('dead-man', `${fault} was undone by its healer`);
    });
    this.register = {
      record: (fault, ttlMs, signal) => register.record(fault, ttlMs, signal),
      renew: (faults, ttlMs, signal) => register.renew(faults, ttlMs, signal),
      list: (signal) => register.list(signal),
      undo: async (fault, signal) => {
        const results = await register.undo(fault, signal);
        if (results.every(({ ok }) => ok)) restarts.forget(fault);
        return results;
      },
    };
    const has = (ability: keyof Abilities): boolean => facts.abilities.includes(ability);
    const cuts = new SiteCuts(sites, register);
    this.abilities = {
      ...(has('network') && { network: cuts }),
      ...(has('processes') && {
        processes: {
          end: async ({ site, components }: ProcessTarget, graceMs: number, signal: AbortSignal) => {
            await register.require(site, components, signal);
            await this.at(site).end(components, graceMs, signal);
          },
          observe: async (signal: AbortSignal) => (await Promise.all(sites.map((site) => site.observe(signal)))).flat(),
        },
      }),
      ...(has('restarts') && {
        restarts: {
          restart: async (id: string, target: ProcessTarget, graceMs: number, signal: AbortSignal) => {
            await register.require(target.site, target.components, signal);
            await restarts.restart(id, this.at(target.site), target, graceMs, signal);
          },
          observe: (signal: AbortSignal) => restarts.observe(signal),
        },
      }),
      nodetool: { run: (site, args, signal) => this.at(site).nodetool(args, signal) },
    };
  }

  facts(): PlatformFacts {
    return this.of;
  }

  place(client: string): readonly string[] {
    if (client === OUTSIDE_PEER) return [];
    throw new PlatformError(`clients in ${client}: the harness has clients outside only on Kubernetes`);
  }

  async lock(run: string, signal: AbortSignal): Promise<RunLock> {
    const held = new AsyncDisposableStack();
    const lost: AbortSignal[] = [];
    try {
      // In one order, so that two runs cannot each hold half of it.
      for (const { cluster } of this.sites) lost.push(held.use(await holdSite(cluster, run, signal)).lost);
      return { lost: AbortSignal.any(lost), [Symbol.asyncDispose]: () => held.disposeAsync() };
    } catch (error) {
      await held.disposeAsync().catch(() => {});
      throw error;
    }
  }

  async keepLogs(directory: string): Promise<void> {
    const signal = AbortSignal.timeout(LOGS_MS);
    await Promise.all(
      this.sites.map(({ cluster, site, selectors }) => keepPodLogs(cluster, site, selectors, directory, signal)),
    );
  }

  onEvent(listener: Listener): () => void {
    this.listeners.add(listener);
    this.watching ??= this.watch();
    return () => void this.listeners.delete(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.over.abort();
    await this.watching;
  }

  /** One look at all sites takes as long as the slowest; each has its own. */
  private watch(): Promise<unknown> {
    const { signal } = this.over;
    return Promise.all(
      this.sites.flatMap((site) =>
        (['cassandra', 'janusgraph'] as const).map((component) =>
          watchPods(
            (limit) => site.pods(component, limit),
            ({ pod, how }) => this.tell('component-died', `${site.site} ${component}/${nodeOf(pod)}: ${how}`),
            signal,
          ),
        ),
      ),
    );
  }

  private tell(type: string, data: Json): void {
    for (const listener of this.listeners) listener({ type, data });
  }

  private at(name: string): GraphSite {
    const site = this.sites.find((one) => one.site === name);
    if (site) return site;
    throw new PlatformError(`no site ${name}; there is ${this.sites.map((one) => one.site).join(', ')}`);
  }
}

/** Of a StatefulSet's pod its number. */
function nodeOf(pod: string): string {
  return pod.slice(pod.lastIndexOf('-') + 1);
}
