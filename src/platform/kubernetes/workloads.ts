import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Pod, V1StatefulSet } from '@kubernetes/client-node';
import { PlatformError } from '../../errors.ts';
import type { Component, ComponentState } from '../platform.ts';
import { isStatus } from './api-error.ts';
import type { Cluster } from './cluster.ts';
import { REPLICAS_BEFORE } from './names.ts';

const POLL_MS = 500;
/** The least that the kubelet leaves a process between SIGTERM and SIGKILL; less would take the pod from the API before its process has ended. */
const LEAST_GRACE_S = 1;
/** How often a change is made anew, because somebody else changed the same object in between. */
const CONFLICTS = 5;

/** A StatefulSet, and how many replicas it is to have when it is whole. */
export interface Workload {
  readonly name: string;
  readonly replicas: number;
}

/** The StatefulSets of a component in a namespace, in the order of their names. A PlatformError when there is none. */
export async function workloadsOf(
  cluster: Cluster,
  selector: string,
  signal: AbortSignal,
): Promise<readonly V1StatefulSet[]> {
  const { namespace } = cluster;
  const list = { namespace, labelSelector: selector };
  const { items } = await cluster.ask(
    `StatefulSets of ${namespace} with ${selector}`,
    (options) => cluster.apps.listNamespacedStatefulSet(list, options),
    signal,
  );
  if (items.length === 0)
    throw new PlatformError(
      `no StatefulSet with ${selector} in the namespace ${namespace} (context ${cluster.context})`,
      {
        hint: `kubectl --context ${cluster.context} -n ${namespace} get statefulsets --show-labels`,
      },
    );
  return items.toSorted((a, b) => nameOf(a).localeCompare(nameOf(b)));
}

export function nameOf({ metadata }: { metadata?: { name?: string } }): string {
  return metadata?.name ?? '';
}

/** What a StatefulSet has when it is whole: what it had before it was scaled to zero by us, else what it is to have now. */
export function workloadOf(set: V1StatefulSet): Workload {
  const replicas = set.spec?.replicas ?? 1;
  // On one that is not at zero it is left from another time.
  return { name: nameOf(set), replicas: replicas === 0 ? (markedReplicas(set) ?? 0) : replicas };
}

function markedReplicas({ metadata }: V1StatefulSet): number | null {
  const before = Number(metadata?.annotations?.[REPLICAS_BEFORE] ?? Number.NaN);
  return Number.isInteger(before) && before > 0 ? before : null;
}

/** The pods of a component, whatever becomes of them. */
export async function podsOf(cluster: Cluster, selector: string, signal: AbortSignal): Promise<readonly V1Pod[]> {
  const { namespace } = cluster;
  const { items } = await cluster.ask(
    `pods of ${namespace} with ${selector}`,
    (options) => cluster.core.listNamespacedPod({ namespace, labelSelector: selector }, options),
    signal,
  );
  return items;
}

/** One of a component's nodes, and its pod, where there is one. */
export interface GraphNode {
  readonly state: ComponentState;
  readonly pod: V1Pod | undefined;
}

/**
 * A state for each pod that there is, and for each that there should be, numbered through the component's StatefulSets. A pod that is not ready, or is
 * told to end, is `running`: until its kubelet says that its containers have ended it is not known to be gone.
 */
export function nodesOf(
  site: string,
  component: Component,
  sets: readonly V1StatefulSet[],
  pods: readonly V1Pod[],
): readonly GraphNode[] {
  const found: GraphNode[] = [];
  let first = 0;
  for (const set of sets) {
    const { replicas } = workloadOf(set);
    const mine = new Map(pods.flatMap((pod) => ordinalOf(pod, set).map((ordinal) => [ordinal, pod] as const)));
    const nodes = Math.max(replicas, ...[...mine.keys()].map((ordinal) => ordinal + 1), 0);
    for (let ordinal = 0; ordinal < nodes; ordinal += 1) {
      const pod = mine.get(ordinal);
      found.push({ state: { site, component, node: first + ordinal, state: stateOf(pod), pid: null }, pod });
    }
    first += nodes;
  }
  return found;
}

/** Its number in its StatefulSet, from 0; nothing for a pod of another one. */
function ordinalOf(pod: V1Pod, set: V1StatefulSet): readonly number[] {
  const prefix = `${nameOf(set)}-`;
  if (!nameOf(pod).startsWith(prefix)) return [];
  const number = Number(nameOf(pod).slice(prefix.length)) - (set.spec?.ordinals?.start ?? 0);
  return Number.isInteger(number) && number >= 0 ? [number] : [];
}

function stateOf(pod: V1Pod | undefined): ComponentState['state'] {
  if (pod === undefined) return 'stopped';
  return isReady(pod) ? 'ready' : 'running';
}

export function isReady({ metadata, status }: V1Pod): boolean {
  if (metadata?.deletionTimestamp !== undefined) return false;
  return (status?.conditions ?? []).some((one) => one.type === 'Ready' && one.status === 'True');
}

/**
 * Scales a StatefulSet to zero and tells its pods to end, all at once: the controller would do it one after the other, each when the one before it is
 * gone, and each in its own time. What it had is written on it in the same change.
 */
export async function scaleToZero(cluster: Cluster, name: string, graceMs: number, signal: AbortSignal): Promise<void> {
  const endAll = async (): Promise<void> => {
    const pods = (await podsOf(cluster, '', signal)).filter((pod) => isOwnedBy(pod, name));
    await Promise.all(pods.map((pod) => endPod(cluster, pod, graceMs, signal)));
  };
  // Before the controller does: a pod that is given 30 s first is not always given less afterwards.
  await endAll();
  await change(cluster, name, signal, (set) => {
    const { replicas } = workloadOf(set);
    if (set.spec?.replicas === 0) return null;
    return { metadata: { annotations: { [REPLICAS_BEFORE]: String(replicas) } }, spec: { replicas: 0 } };
  });
  // What the controller made in between.
  await endAll();
}

/** Tells a pod to end, and gives it so long. One that is gone, and another of its name that has come since, is left alone. */
export async function endPod(cluster: Cluster, pod: V1Pod, graceMs: number, signal: AbortSignal): Promise<void> {
  const { namespace } = cluster;
  const gracePeriodSeconds = Math.max(LEAST_GRACE_S, Math.ceil(graceMs / 1000));
  const preconditions = pod.metadata?.uid === undefined ? {} : { preconditions: { uid: pod.metadata.uid } };
  const order = { name: nameOf(pod), namespace, body: { gracePeriodSeconds, ...preconditions } };
  await cluster
    .ask(`ending ${nameOf(pod)}`, (options) => cluster.core.deleteNamespacedPod(order, options), signal)
    .catch(unless(404, 409));
}

/**
 * Gives a StatefulSet back the replicas that it had, and resolves when all of them are ready; at the signal it rejects with who is not. Does no harm to one
 * that is whole.
 */
export async function restore(cluster: Cluster, { name, replicas }: Workload, signal: AbortSignal): Promise<void> {
  const scaleUp = (): Promise<void> =>
    change(cluster, name, signal, (set) => {
      const marked = set.metadata?.annotations?.[REPLICAS_BEFORE] !== undefined;
      // Somebody who scaled it to something else meanwhile meant it; what is written on it is nearer to the effect than the record.
      const wanted = set.spec?.replicas === 0 ? { spec: { replicas: markedReplicas(set) ?? replicas } } : {};
      if (!marked && wanted.spec === undefined) return null;
      return { ...(marked && { metadata: { annotations: { [REPLICAS_BEFORE]: null } } }), ...wanted };
    });
  for (;;) {
    // Each time: an order to scale it to zero may have been under way, and come after the first.
    await scaleUp();
    const set = await read(cluster, name, signal);
    const wanted = set.spec?.replicas ?? 1;
    const ready = (await podsOf(cluster, '', signal)).filter((pod) => isOwnedBy(pod, name) && isReady(pod)).length;
    if (ready >= wanted && (wanted > 0 || replicas === 0)) return;
    await sleep(POLL_MS, undefined, { signal }).catch(() => {
      throw new PlatformError(`${name} (context ${cluster.context}): ${ready} of ${wanted} pods are ready`, {
        hint: `kubectl --context ${cluster.context} -n ${cluster.namespace} describe pods`,
        cause: signal.reason,
      });
    });
  }
}

function isOwnedBy(pod: V1Pod, set: string): boolean {
  return (pod.metadata?.ownerReferences ?? []).some(({ kind, name }) => kind === 'StatefulSet' && name === set);
}

function read(cluster: Cluster, name: string, signal: AbortSignal): Promise<V1StatefulSet> {
  const { namespace } = cluster;
  return cluster.ask(
    `StatefulSet ${name} of ${namespace}`,
    (options) => cluster.apps.readNamespacedStatefulSet({ name, namespace }, options),
    signal,
  );
}

/** Changes what was just read, and reads it anew where somebody else changed it in between. Null: there is nothing to change. */
async function change(
  cluster: Cluster,
  name: string,
  signal: AbortSignal,
  patchOf: (set: V1StatefulSet) => { metadata?: object; spec?: object } | null,
): Promise<void> {
  const { namespace } = cluster;
  for (let attempt = 1; ; attempt += 1) {
    const set = await read(cluster, name, signal);
    const patch = patchOf(set);
    if (patch === null) return;
    // Of this version only: the API server refuses it (409) where there is a newer one.
    const body = { ...patch, metadata: { ...patch.metadata, resourceVersion: set.metadata?.resourceVersion } };
    try {
      await cluster.patch(
        `scaling ${name}`,
        (options) => cluster.apps.patchNamespacedStatefulSet({ name, namespace, body }, options),
        signal,
      );
      return;
    } catch (error) {
      if (!isStatus(error, 409) || attempt === CONFLICTS) throw error;
    }
  }
}

/** Swallows answers of these statuses. */
export function unless(...statuses: readonly number[]): (error: unknown) => void {
  return (error) => {
    if (!statuses.some((status) => isStatus(error, status))) throw error;
  };
}
