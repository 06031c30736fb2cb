import type { V1StatefulSet } from '@kubernetes/client-node';
import type { Lack } from '../platform.ts';
import { nameOf } from './workloads.ts';

/** Argo CD marks what it applies with one of these. */
const TRACKED = ['argocd.argoproj.io/tracking-id', 'argocd.argoproj.io/instance'] as const;

/**
 * Why a StatefulSet cannot be scaled to zero here: somebody else says how many replicas it has, and would say so again while the fault should hold. Null:
 * nobody does.
 */
export function keeperOf({ metadata }: V1StatefulSet): string | null {
  const [owner] = metadata?.ownerReferences ?? [];
  const set = `StatefulSet ${nameOf({ ...(metadata && { metadata }) })}`;
  if (owner) return `${set} belongs to ${owner.kind} ${owner.name}, whose operator gives it its replicas back`;
  const marks = { ...metadata?.labels, ...metadata?.annotations };
  const argo = TRACKED.find((mark) => marks[mark] !== undefined);
  return argo === undefined
    ? null
    : `${set} is applied by Argo CD (${argo}), whose self-heal gives it its replicas back`;
}

export function lackFor(keepers: readonly string[]): Lack {
  return {
    why: keepers.join('; '),
    help: "strike a platform whose StatefulSets nobody keeps; a CassandraDatacenter's own `stopped: true` and pausing Argo CD are not built yet",
  };
}
