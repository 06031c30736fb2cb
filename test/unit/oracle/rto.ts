import { faultsOf, type Observation, type OracleFault, observationOf } from './faults.ts';
import type { Op, OracleInput } from './input.ts';
import { type OracleOutage, outagesOf } from './outages.ts';
import { layWindows, type Settings, type Slo, sloRestored, violates } from './windows.ts';

export interface OracleRto {
  readonly state: 'measured' | 'none' | 'open' | 'unknown';
  readonly value: number | null;
  readonly bounds: { readonly lower: number; readonly upper: number | null } | null;
  /** `up` of the first outage that overlaps. */
  readonly firstSuccess: number | null;
  readonly restored: number | null;
  /** Outages after SLO restored; an open one so far. */
  readonly breaches: readonly { readonly length: number; readonly open: boolean }[];
}

export interface FaultView {
  readonly observation: Observation;
  readonly outages: readonly OracleOutage[];
  /** "the first outage that overlaps the observation from `notBefore` of `effective` on" */
  readonly first: OracleOutage | undefined;
}

export function requestedOf(input: OracleInput): number[] {
  return faultsOf(input).flatMap((fault) => (fault.requested ? [fault.requested.notBefore] : []));
}

/** "Several faults: each has its own clocks." Nothing after the end of its observation is looked at. */
export function faultView(
  input: OracleInput,
  fault: OracleFault,
  ops: readonly Op[],
  settings: Settings,
  slo: Slo,
): FaultView {
  const observation = observationOf(input, fault, ops);
  const outages = outagesOf(observation.ops, observation.end, requestedOf(input), settings, slo);
  const from = (fault.effective ?? fault.requested)?.notBefore ?? Infinity;
  return { observation, outages, first: outages.find((outage) => (outage.up ?? Infinity) >= from) };
}

const UNKNOWN: OracleRto = {
  state: 'unknown',
  value: null,
  bounds: null,
  firstSuccess: null,
  restored: null,
  breaches: [],
};

/** "**RTO** of a service: from `notBefore` of the disaster's `effective` to `SLO restored`, never below 0." */
export function rtoOf(
  input: OracleInput,
  fault: OracleFault | undefined,
  ops: readonly Op[],
  settings: Settings,
  slo: Slo,
): OracleRto {
  // "one that lapses, or never became effective, makes every objective that depends on it `unknown`"
  if (!fault?.requested || !fault.effective || fault.lapsed || ops.length === 0) return UNKNOWN;
  const { notBefore, notAfter } = fault.effective;
  const requested = fault.requested.notBefore;
  const { observation, outages, first } = faultView(input, fault, ops, settings, slo);
  const { end } = observation;
  const since = (at: number): number => Math.max(0, at - notBefore);
  const measured = (at: number): Partial<OracleRto> => ({
    ...{ state: 'measured', value: since(at), restored: at },
    bounds: { lower: Math.max(0, at - notAfter), upper: since(at) },
  });
  const open = (at: number): Partial<OracleRto> => ({
    ...{ state: 'open', value: since(at), bounds: { lower: since(at), upper: null } },
  });
  // "An outage that began before `requested`: `unknown` (no steady state)."
  if (outages.some((outage) => outage.down < requested && (outage.up ?? Infinity) >= requested)) {
    return { ...UNKNOWN, firstSuccess: first?.up ?? null };
  }
  if (first) {
    // "An outage that is open at the end: `fail` if `end − notBefore` exceeds the objective, else `unknown`."
    if (first.up === null) return { ...UNKNOWN, ...open(end) };
    // "windows are laid from `first success`"
    const windows = layWindows(observation.ops, first.up, end, settings);
    const found = sloRestored(windows, first.up, end, settings, slo);
    const common = { ...UNKNOWN, firstSuccess: first.up };
    if (found.state === 'restored') {
      // "A second outage before it is part of the same recovery; one after it is a breach of its own."
      const later = outages.filter((outage) => outage.down >= found.at);
      const breaches = later.map((outage) => ({ length: (outage.up ?? end) - outage.down, open: outage.up === null }));
      return { ...common, ...measured(found.at), breaches };
    }
    if (outages.at(-1)?.up === null) return { ...common, ...open(end) };
    return found.state === 'unknown' ? common : { ...common, ...open(found.notBefore) };
  }
  // "It is 0 only if the service never went down": it did, between the request and the last observation before the effect.
  if (outages.some((outage) => outage.down >= requested)) return UNKNOWN;
  // "and no window, laid from `notBefore` of `effective`, violates; if only windows violate it ends at SLO restored by the same rule"
  const windows = layWindows(observation.ops, notBefore, end, settings);
  const bad = windows.findIndex((window) => window.complete && violates(window.ops, settings, slo));
  const found = sloRestored(windows, notBefore, end, settings, slo, Math.max(bad, 0));
  if (found.state === 'restored') {
    if (bad >= 0) return { ...UNKNOWN, ...measured(found.at) };
    return { ...UNKNOWN, state: 'none', value: 0, bounds: { lower: 0, upper: 0 }, restored: found.at };
  }
  return found.state === 'unknown' ? UNKNOWN : { ...UNKNOWN, ...open(found.notBefore) };
}

/** "The same rule on `before` is the steady state." From the first slot to the first `requested`. */
export function isSteady(input: OracleInput, ops: readonly Op[], settings: Settings, slo: Slo): boolean {
  const first = ops[0];
  if (!first) return false;
  const requested = Math.min(Infinity, ...requestedOf(input));
  const end = Math.min(requested, ops.at(-1)?.intended ?? 0);
  const windows = layWindows(
    ops.filter((op) => op.intended < requested),
    first.intended,
    end,
    settings,
  );
  return sloRestored(windows, first.intended, end, settings, slo).state === 'restored';
}
