import type { V1ConfigMap } from '@kubernetes/client-node';
import { z } from 'zod';
import { DATABASES, FURTHER_COMPONENTS } from '../components.ts';
import type { RegisteredFault } from '../undo.ts';
import type { Cluster } from './cluster.ts';
import { FAULT_LABELS, FAULT_SELECTOR, faultObjectName } from './names.ts';

const target = z.strictObject({
  site: z.string(),
  components: z.array(z.enum([...DATABASES, ...FURTHER_COMPONENTS])),
  node: z.int().min(0).exactOptional(),
});
const workload = z.strictObject({ name: z.string(), replicas: z.int().min(0) });
/** `undo`: what the harness calls it. */
const step = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('processes'),
    undo: z.strictObject({ kind: z.literal('processes'), params: target }),
    /** Restored in this order, each once the one before is ready. */
    workloads: z.array(workload),
  }),
  /** Every NetworkPolicy of the fault is removed. */
  z.strictObject({
    kind: z.literal('network'),
    undo: z.strictObject({ kind: z.literal('network'), params: z.strictObject({ id: z.string() }) }),
  }),
]);
const contents = z.strictObject({
  fault: z.string(),
  run: z.string(),
  /** How long after its last renewal it is undone by the healer. */
  ttlMs: z.int().min(1),
  steps: z.array(step),
});

/** A step of an undo in one cluster: all that its healer has to know. */
export type UndoStep = z.infer<typeof step>;
/** A fault as it stands in the cluster of a site. */
export type FaultContents = z.infer<typeof contents>;

export interface FaultObject extends FaultContents {
  readonly name: string;
  readonly uid: string;
  /** Another with each renewal. */
  readonly renewal: string;
}

/** The ConfigMap of a fault. */
export function faultObjectOf(namespace: string, of: FaultContents, renewal: string): V1ConfigMap {
  return {
    metadata: { name: faultObjectName(of.fault), namespace, labels: { ...FAULT_LABELS } },
    data: { fault: JSON.stringify(contents.parse(of)), renewal },
  };
}

export interface FaultObjects {
  readonly readable: readonly FaultObject[];
  /** Names of objects that another version made, or somebody changed. */
  readonly unreadable: readonly string[];
}

/** The faults that stand in a namespace. One that cannot be read is no reason to leave the others in force. */
export async function faultObjects(cluster: Cluster, signal: AbortSignal): Promise<FaultObjects> {
  const { namespace } = cluster;
  const { items } = await cluster.ask(
    `faults in ${namespace}`,
    (options) => cluster.core.listNamespacedConfigMap({ namespace, labelSelector: FAULT_SELECTOR }, options),
    signal,
  );
  const readable: FaultObject[] = [];
  const unreadable: string[] = [];
  for (const { metadata, data } of items) {
    const name = metadata?.name ?? '';
    const parsed = contents.safeParse(jsonOf(data?.fault));
    if (!parsed.success) unreadable.push(name);
    else readable.push({ ...parsed.data, name, uid: metadata?.uid ?? '', renewal: data?.renewal ?? '' });
  }
  return { readable, unreadable };
}

function jsonOf(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return null;
  }
}

/** The renewal that says when it was, by the wall clock of whoever renewed it. */
export function renewalNow(): string {
  return new Date().toISOString();
}

/** As the register of a platform tells of it. When it lapses is the healer's to know; this is near enough for people. */
export function registered({ fault, run, ttlMs, steps, renewal }: FaultObject): RegisteredFault {
  const renewedMs = Date.parse(renewal);
  return {
    fault,
    run,
    undo: steps.map(({ undo }) => undo),
    expiresInMs: Number.isNaN(renewedMs) ? 0 : renewedMs + ttlMs - Date.now(),
  };
}
