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
  return { observation, outages, first: outages.find((outage) => (outage.up ?? Infinity) > from) };
}

const UNKNOWN: OracleRto = { state: 'unknown', value: null, bounds: null, firstSuccess: null, restored: null };

/** "**RTO** of a service: from `notBefore` of the disaster's `effective` to `SLO restored`, never below 0." */
export function rtoOf(
  input: OracleInput,
  fault: OracleFault | undefined,
  ops: readonly Op[],
  settings: Settings,
  slo: Slo,
): OracleRto {
  // "one that lapses, or never became effective, makes every objective that depends on it `unknown`"
  if (!fault?.requested || !fault.effective || fault.lapsed) return UNKNOWN;
  const { notBefore, notAfter } = fault.effective;
  const { observation, first } = faultView(input, fault, ops, settings, slo);
  const { end } = observation;
  const value = (at: number): Pick<OracleRto, 'value' | 'bounds'> => ({
    value: Math.max(0, at - notBefore),
    bounds: { lower: Math.max(0, at - notAfter), upper: Math.max(0, at - notBefore) },
  });
  if (first) {
    // "An outage that began before `requested`: `unknown` (no steady state)."
    if (first.down < fault.requested.notBefore) return { ...UNKNOWN, firstSuccess: first.up };
    // "An outage that is open at the end: `fail` if `end − notBefore` exceeds the objective, else `unknown`."
    if (first.up === null) return { ...UNKNOWN, state: 'open', value: Math.max(0, end - notBefore) };
    // "windows are laid from `first success`"
    const windows = layWindows(observation.ops, first.up, end, settings);
    const restored = sloRestored(windows, end, settings, slo);
    if (restored.state === 'unknown') return { ...UNKNOWN, firstSuccess: first.up };
    return { state: 'measured', ...value(restored.at), firstSuccess: first.up, restored: restored.at };
  }
  // "It is 0 only if the service never went down and no window, laid from `notBefore` of `effective`, violates"
  const windows = layWindows(observation.ops, notBefore, end, settings);
  const bad = windows.findIndex((window) => window.complete && violates(window.ops, settings, slo));
  const restored = sloRestored(windows.slice(Math.max(bad, 0)), end, settings, slo);
  if (restored.state === 'unknown') return UNKNOWN;
  if (bad < 0) {
    return { state: 'none', value: 0, bounds: { lower: 0, upper: 0 }, firstSuccess: null, restored: restored.at };
  }
  // "if only windows violate it ends at SLO restored by the same rule"
  return { state: 'measured', ...value(restored.at), firstSuccess: null, restored: restored.at };
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
  return sloRestored(windows, end, settings, slo).state === 'restored';
}
