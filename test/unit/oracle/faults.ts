import { eventsOfType, type Op, type OracleInput } from './input.ts';

interface OracleInstant {
  readonly notBefore: number;
  readonly notAfter: number;
}

export interface OracleFault {
  readonly id: string;
  readonly disaster: boolean;
  readonly requested: OracleInstant | null;
  readonly effective: OracleInstant | null;
  readonly lapsed: boolean;
  readonly gone: OracleInstant | null;
}

export function faultsOf(input: OracleInput): OracleFault[] {
  return input.plan.timeline.map((planned) => {
    const instant = (type: 'fault-requested' | 'fault-effective' | 'fault-gone'): OracleInstant | null => {
      const event = eventsOfType(input.events, type).find(({ data }) => data.fault === planned.id);
      return event ? { notBefore: event.data.notBefore_us, notAfter: event.data.notAfter_us } : null;
    };
    return {
      id: planned.id,
      disaster: planned.disaster,
      requested: instant('fault-requested'),
      effective: instant('fault-effective'),
      lapsed: eventsOfType(input.events, 'fault-lapsed').some(({ data }) => data.fault === planned.id),
      gone: instant('fault-gone'),
    };
  });
}

/** What a figure may look at: operations before `cut`, and up to `end`. */
export interface Observation {
  /** The instant at which it ends. */
  readonly end: number;
  readonly ops: readonly Op[];
}

/**
 * "The *observation* of a fault ends with the earliest of: the next fault's `requested`, the phase `failback`, the last slot whose timeout has
 * passed. Later slots are censored." `ops` are those whose timeout has passed.
 */
export function observationOf(input: OracleInput, fault: OracleFault, ops: readonly Op[]): Observation {
  const requested = fault.requested?.notBefore ?? Infinity;
  const others = faultsOf(input)
    .filter((other) => other.id !== fault.id)
    .flatMap((other) => (other.requested && other.requested.notBefore > requested ? [other.requested.notBefore] : []));
  const failbacks = eventsOfType(input.events, 'phase')
    .filter(({ data, at_us }) => data.phase === 'failback' && at_us > requested)
    .map(({ at_us }) => at_us);
  const cut = Math.min(Infinity, ...others, ...failbacks);
  return cutAt(ops, cut);
}

/** Observation from the first slot to `cut`. */
function cutAt(ops: readonly Op[], cut: number): Observation {
  const lastSlot = ops.at(-1)?.intended ?? -Infinity;
  return { end: Math.min(cut, lastSlot), ops: ops.filter((op) => op.intended < cut) };
}
