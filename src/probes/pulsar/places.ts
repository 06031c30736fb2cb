import { CANARY_SERVICE } from '../../history/operation.ts';
import { splitKey } from '../../history/timetable.ts';
import type { ProbeContext } from '../probe.ts';
import type { Topic } from './transport.ts';

/** The namespace of a run, in which everything of it stands. */
export function namespaceOf({ run, params }: Pick<ProbeContext, 'run' | 'params'>): string {
  return `${String(params.tenant)}/drill-${run.replaceAll(/[^\w.:=-]/g, '_')}`;
}

export const LEDGER_TOPIC = 'ledger';
/** The canary's messages stand apart: to take some of them away, their topic is written anew. */
export const CANARY_TOPIC = 'canary';

/** The topic of a write. */
export function topicOf(context: Pick<ProbeContext, 'run' | 'params'>, key: string): Topic {
  const name = isCanary(key) ? CANARY_TOPIC : LEDGER_TOPIC;
  return { namespace: namespaceOf(context), name };
}

/** Whether a key is the canary's, or that of its warm-up. */
function isCanary(key: string): boolean {
  const parts = splitKey(key).prefix.split('/').at(-1)?.split('.') ?? [];
  return (parts[0] === 'warm' ? parts[2] : parts[1]) === CANARY_SERVICE;
}
