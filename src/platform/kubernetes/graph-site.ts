import type { V1Pod, V1StatefulSet } from '@kubernetes/client-node';
import { InputError, PlatformError } from '../../errors.ts';
import type { Component, ComponentState, Endpoint } from '../platform.ts';
import type { Undo } from '../undo.ts';
import type { Cluster } from './cluster.ts';
import { endpointOf } from './endpoints.ts';
import type { UndoStep } from './fault-object.ts';
import { keeperOf } from './keepers.ts';
import { OPT_IN } from './names.ts';
import type { ComponentFile, PlatformFile, SiteFile } from './platform-file.ts';
import { execInPod } from './pod-exec.ts';
import { isReady, nameOf, podsOf, scaleToZero, statesOf, workloadOf, workloadsOf } from './workloads.ts';

/** In the order in which they are started: a JanusGraph without its store ends, and Kubernetes waits longer each time before it starts it again. */
const ORDER = ['cassandra', 'janusgraph'] as const;
type Known = (typeof ORDER)[number];

/** A site: the namespace of a context, with what the platform file says of its components. */
export class GraphSite {
  readonly site: string;
  readonly file: SiteFile;
  readonly cluster: Cluster;
  private readonly components: PlatformFile['components'];
  private readonly reach: PlatformFile['reach'];

  constructor(file: SiteFile, cluster: Cluster, { components, reach }: Pick<PlatformFile, 'components' | 'reach'>) {
    this.site = file.name;
    this.file = file;
    this.cluster = cluster;
    this.components = components;
    this.reach = reach;
  }

  /** A PlatformError where nobody said that it may be struck. */
  async requireOptIn(signal: AbortSignal): Promise<void> {
    const { namespace: name, context } = this.cluster;
    const { metadata } = await this.cluster.ask(
      `namespace ${name}`,
      (options) => this.cluster.core.readNamespace({ name }, options),
      signal,
    );
    if (metadata?.labels?.[OPT_IN.label] === OPT_IN.value) return;
    throw new PlatformError(`the namespace ${name} (context ${context}) has not opted in: nothing in it is struck`, {
      hint: `kubectl --context ${context} label namespace ${name} ${OPT_IN.label}=${OPT_IN.value}`,
    });
  }

  async endpoints(signal: AbortSignal): Promise<Record<Known, readonly Endpoint[]>> {
    const of = async (component: Known): Promise<readonly Endpoint[]> => [
      await endpointOf(this.cluster, this.components[component], this.reach, signal),
    ];
    return { cassandra: await of('cassandra'), janusgraph: await of('janusgraph') };
  }

  workloads(component: Component, signal: AbortSignal): Promise<readonly V1StatefulSet[]> {
    return workloadsOf(this.cluster, this.fileOf(component).selector, signal);
  }

  pods(component: Component, signal: AbortSignal): Promise<readonly V1Pod[]> {
    return podsOf(this.cluster, this.fileOf(component).selector, signal);
  }

  /** Who else decides how many replicas there are, in words. */
  async keepers(signal: AbortSignal): Promise<readonly string[]> {
    const sets = (await Promise.all(ORDER.map((component) => this.workloads(component, signal)))).flat();
    return sets.flatMap((set) => keeperOf(set) ?? []).map((keeper) => `${this.site}: ${keeper}`);
  }

  async observe(signal: AbortSignal): Promise<readonly ComponentState[]> {
    const all = ORDER.map(async (component) => {
      const [sets, pods] = await Promise.all([this.workloads(component, signal), this.pods(component, signal)]);
      return statesOf(this.site, component, sets, pods);
    });
    return (await Promise.all(all)).flat();
  }

  /** Scales the StatefulSets of components to zero; each pod has so long to end by itself. */
  async end(components: readonly Component[], graceMs: number, signal: AbortSignal): Promise<void> {
    const sets = await Promise.all(components.map((component) => this.workloads(component, signal)));
    await Promise.all(sets.flat().map((set) => scaleToZero(this.cluster, nameOf(set), graceMs, signal)));
  }

  /** What is to be done here for an undo, with the replicas as they are before the fault. An InputError for one of several nodes. */
  async stepOf(undo: Undo<'processes'>, signal: AbortSignal): Promise<UndoStep> {
    const { components, node } = undo.params;
    const workloads: UndoStep['workloads'] = [];
    for (const component of ORDER.filter((one) => components.includes(one))) {
      const whole = (await this.workloads(component, signal)).map(workloadOf);
      const nodes = whole.reduce((sum, { replicas }) => sum + replicas, 0);
      if (node !== undefined && nodes !== 1)
        throw new InputError(
          `node: expected a ${component} with one node, because a StatefulSet ends all of its pods, got ${nodes} nodes at ${this.site}`,
        );
      workloads.push(...whole);
    }
    const params = { ...undo.params, components: [...components] };
    return { undo: { kind: undo.kind, params }, workloads };
  }

  /** Standard output of nodetool at the first node that is ready. */
  async nodetool(args: readonly string[], signal: AbortSignal): Promise<string> {
    const pods = await this.pods('cassandra', signal);
    const pod = pods.filter(isReady).toSorted((a, b) => nameOf(a).localeCompare(nameOf(b)))[0];
    if (!pod) throw new PlatformError(`no pod of Cassandra is ready at ${this.site}`);
    const container = this.components.cassandra.container ?? pod.spec?.containers[0]?.name ?? '';
    return execInPod(this.cluster, { pod: nameOf(pod), container }, ['nodetool', ...args], signal);
  }

  get selectors(): readonly string[] {
    return ORDER.map((component) => this.components[component].selector);
  }

  private fileOf(component: Component): ComponentFile {
    const [known] = ORDER.filter((one) => one === component);
    if (known) return this.components[known];
    throw new InputError(`${component}: expected ${ORDER.join(' or ')}, because the platform file names no other`);
  }
}
