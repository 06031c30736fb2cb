import type { V1Pod, V1StatefulSet } from '@kubernetes/client-node';
import { InputError, PlatformError } from '../../errors.ts';
import type { Component, ComponentState, Endpoint } from '../platform.ts';
import type { Undo } from '../undo.ts';
import type { Cluster } from './cluster.ts';
import { endpointOf, maskedBy } from './endpoints.ts';
import type { UndoStep } from './fault-object.ts';
import { keeperOf } from './keepers.ts';
import { type Knocked, knockFromHere, knockFromPod } from './knock.ts';
import { OPT_IN } from './names.ts';
import type { ComponentFile, PlatformFile, SiteFile } from './platform-file.ts';
import { execInPod } from './pod-exec.ts';
import { type GraphNode, isReady, nameOf, nodesOf, podsOf, scaleToZero, workloadOf, workloadsOf } from './workloads.ts';

/** In the order in which they are started: a JanusGraph without its store ends, and Kubernetes waits longer each time before it starts it again. */
const ORDER = ['cassandra', 'janusgraph'] as const;
/** Of Cassandra's native protocol, in its pod. */
const CQL_PORT = 9042;
type Known = (typeof ORDER)[number];

/** A site: the namespace of a context, with what the platform file says of its components. */
export class GraphSite {
  readonly site: string;
  readonly file: SiteFile;
  readonly cluster: Cluster;
  private readonly components: PlatformFile['components'];
  private readonly reach: PlatformFile['reach'];

  private readonly knock: readonly string[];
  private outer: Endpoint | null = null;

  constructor(
    file: SiteFile,
    cluster: Cluster,
    { components, reach, knock }: Pick<PlatformFile, 'components' | 'reach' | 'knock'>,
  ) {
    this.site = file.name;
    this.file = file;
    this.cluster = cluster;
    this.components = components;
    this.reach = reach;
    this.knock = knock;
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

  /** Why it cannot be cut by NetworkPolicies, in words. */
  async uncuttable(signal: AbortSignal): Promise<readonly string[]> {
    if (this.networks.length === 0)
      return [`${this.site}: the platform file says of no networks that they are its own`];
    const masked = ORDER.map((component) => maskedBy(this.cluster, this.components[component], this.reach, signal));
    return (await Promise.all(masked)).flatMap((why) => why ?? []);
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
    return (await this.nodes(ORDER, signal)).map(({ state }) => state);
  }

  /** The nodes of components, with their pods. */
  async nodes(components: readonly Component[], signal: AbortSignal): Promise<readonly GraphNode[]> {
    const all = components.map(async (component) => {
      const [sets, pods] = await Promise.all([this.workloads(component, signal), this.pods(component, signal)]);
      return nodesOf(this.site, component, sets, pods);
    });
    return (await Promise.all(all)).flat();
  }

  /** Of every component. */
  async allPods(signal: AbortSignal): Promise<readonly V1Pod[]> {
    return (await Promise.all(ORDER.map((component) => this.pods(component, signal)))).flat();
  }

  /** Scales the StatefulSets of components to zero; each pod has so long to end by itself. */
  async end(components: readonly Component[], graceMs: number, signal: AbortSignal): Promise<void> {
    const sets = await Promise.all(components.map((component) => this.workloads(component, signal)));
    await Promise.all(sets.flat().map((set) => scaleToZero(this.cluster, nameOf(set), graceMs, signal)));
  }

  /** What is to be done here for an undo, with the replicas as they are before the fault. An InputError for one of several nodes. */
  async stepOf(undo: Undo<'processes'>, signal: AbortSignal): Promise<UndoStep> {
    const { components, node } = undo.params;
    const workloads: { name: string; replicas: number }[] = [];
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
    return { kind: 'processes', undo: { kind: undo.kind, params }, workloads };
  }

  /** Standard output of nodetool at the first node that is ready. */
  async nodetool(args: readonly string[], signal: AbortSignal): Promise<string> {
    const pod = await this.readyPod(signal);
    if (!pod) throw new PlatformError(`no pod of Cassandra is ready at ${this.site}`);
    return execInPod(this.cluster, this.place(pod), ['nodetool', ...args], signal);
  }

  private place(pod: V1Pod): { pod: string; container: string } {
    const container = this.components.cassandra.container ?? pod.spec?.containers[0]?.name ?? '';
    return { pod: nameOf(pod), container };
  }

  /** The networks that are its own; none: nobody said. */
  get networks(): readonly string[] {
    return this.file.networks;
  }

  /** Where clients outside reach Cassandra. */
  async outerEndpoint(signal: AbortSignal): Promise<Endpoint> {
    this.outer ??= (await this.endpoints(signal)).cassandra[0] as Endpoint;
    return this.outer;
  }

  /** Its first pod of Cassandra that is ready; null: none is. */
  async readyPod(signal: AbortSignal): Promise<V1Pod | null> {
    const ready = (await this.pods('cassandra', signal)).filter(isReady);
    return ready.toSorted((a, b) => nameOf(a).localeCompare(nameOf(b)))[0] ?? null;
  }

  /** Whether clients outside can connect to its Cassandra. */
  async knockFromOutside(signal: AbortSignal): Promise<Knocked> {
    return knockFromHere(await this.outerEndpoint(signal));
  }

  /** Whether a pod of its Cassandra can connect to that of another site. */
  async knockFrom(pod: V1Pod, { status }: V1Pod, signal: AbortSignal): Promise<Knocked> {
    if (status?.podIP === undefined) return 'unknown';
    const target = { host: status.podIP, port: CQL_PORT };
    return knockFromPod(this.cluster, this.place(pod), this.knock, target, signal);
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
