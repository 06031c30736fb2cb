import { createHash } from 'node:crypto';

/** The prefix of our labels and annotations. */
const OURS = 'drill.dev';

/** A namespace that may be struck has this label, and people put it there. */
export const OPT_IN = { label: `${OURS}/chaos`, value: 'allowed' } as const;
/** On a StatefulSet that was scaled to zero: how many replicas it had. */
export const REPLICAS_BEFORE = `${OURS}/replicas-before`;
/** Selects the objects that hold a fault and its undo. */
export const FAULT_LABELS = { 'app.kubernetes.io/managed-by': 'drill', [`${OURS}/object`]: 'fault' } as const;
export const FAULT_SELECTOR = Object.entries(FAULT_LABELS)
  .map(([key, value]) => `${key}=${value}`)
  .join(',');
/** Held by the run that uses a site. */
export const RUN_LEASE = 'drill-run';
/** Renewed by the healer of a namespace while it is at work. */
export const HEALER_LEASE = 'drill-healer';

/** The name of the object of a fault, whatever characters its id has. */
export function faultObjectName(fault: string): string {
  return `drill-fault-${createHash('sha256').update(fault).digest('hex').slice(0, 20)}`;
}

/** Selects the policies of every fault. */
export const POLICY_SELECTOR = `app.kubernetes.io/managed-by=drill,${OURS}/object=policy`;
/** On a policy: the id of its fault, which may hold what a label may not. */
export const FAULT_ANNOTATION = `${OURS}/fault`;

export function policyLabels(fault: string): Record<string, string> {
  return {
    'app.kubernetes.io/managed-by': 'drill',
    [`${OURS}/object`]: 'policy',
    [`${OURS}/of`]: faultObjectName(fault),
  };
}

/** Selects the policies of one fault. */
export function policySelector(fault: string): string {
  return `${OURS}/of=${faultObjectName(fault)}`;
}

export function policyName(fault: string, of: string): string {
  return `drill-cut-${createHash('sha256').update(`${fault} ${of}`).digest('hex').slice(0, 20)}`;
}
