import type { Report, View } from '../../../src/check/report-schema.ts';
import type { EventData, EventType } from '../../../src/history/event.ts';
import type { Objective } from '../../../src/scenario/plan.ts';
import type { OracleEvent, OracleInput } from '../oracle/input.ts';
import type { Kind } from './attempts.ts';
import { buildRun } from './build-run.ts';
import { checkInput } from './check-sketch.ts';
import type { Patch, Sketch, SketchFault, SketchInstant, SketchStage, SketchTimetable } from './sketch.ts';

/*
 * The run of every test by hand. Slot k is intended at 1.5 s + k · 100 ms; an `ok` is sent 100 µs later and answered 2 ms after the intended
 * time, a `fail` is sent 150 µs later and refused after 1.15 ms, a timeout comes after 200 ms. 250 slots, the last at 26.4 s. Down after 3, up
 * after 5, windows of 10 operations (so of one second), SLO held for 2 s. The site is lost: asked at 9.5 s (slot 80), effective between 9.5 s
 * and 9.6 s, gone between 14 s and 14.1 s (slot 126). All is read back at 30 s.
 */

export const MS = 1_000;
export const S = 1_000_000;

/** Intended time of slot `k`. */
export const slot = (k: number): number => 1_500_000 + k * 100_000;

export const at = (notBefore: number, notAfter = notBefore): SketchInstant => ({ notBefore, notAfter });

/** `n` slots of one kind from slot `k` on. */
export const from = (k: number, n: number, kind: Kind): Patch => ({
  at: k,
  kinds: Array.from({ length: n }, () => kind),
});

export const DISASTER: SketchFault = {
  id: 'site-loss-1',
  disaster: true,
  requested: at(9_500_000),
  effective: at(9_500_000, 9_600_000),
  lapsed: null,
  released: at(13_900_000),
  gone: at(14_000_000, 14_100_000),
};

export const LEDGER: SketchTimetable = {
  probe: 'cql',
  service: 'ledger',
  site: '',
  rate: 10,
  start: slot(0),
  slots: 250,
  timeout: 200_000,
  readEvery: 0,
  slo: null,
  patches: [],
  spread: 1,
};

export const STAGES: readonly SketchStage[] = [
  { stage: 'at-failover', sites: ['london'], atUs: 30 * S, exceptions: [], extras: [] },
  { stage: 'after-recovery', sites: ['paris', 'london'], atUs: 31 * S, exceptions: [], extras: [] },
  { stage: 'after-repair', sites: ['paris', 'london'], atUs: 32 * S, exceptions: [], extras: [] },
];

const BASE: Sketch = {
  settings: { downAfter: 3, upAfter: 5, floor: 0.95, sustain_us: 2 * S, windowOperations: 10 },
  timetables: [LEDGER],
  faults: [DISASTER],
  failoverAt: null,
  phases: [{ phase: 'steady-state', at: slot(0) }],
  stages: STAGES,
  objectives: [],
  end: { kind: 'completed' },
  canary: true,
  repair: true,
  shuffle: 0,
};

export interface ByHand extends Partial<Omit<Sketch, 'timetables' | 'faults'>> {
  readonly patches?: readonly Patch[];
  readonly table?: Partial<SketchTimetable>;
  readonly fault?: Partial<SketchFault>;
  readonly otherTables?: readonly SketchTimetable[];
  readonly otherFaults?: readonly SketchFault[];
}

export function inputOf({
  patches = [],
  table,
  fault,
  otherTables = [],
  otherFaults = [],
  ...rest
}: ByHand): OracleInput {
  return buildRun({
    ...BASE,
    ...rest,
    timetables: [{ ...LEDGER, patches, ...table }, ...otherTables],
    faults: [{ ...DISASTER, ...fault }, ...otherFaults],
  });
}

/** The report of the run that differs from the one above in what is said; `change` sees the files before they are written. */
export function check(run: ByHand, change: (input: OracleInput) => OracleInput = (input) => input): Promise<Report> {
  return checkInput(change(inputOf(run)));
}

/** The service's view. */
export function ledger(report: Report): View {
  const view = report.views.find(({ service }) => service === 'ledger');
  if (!view)
    throw new Error(`expected a view of ledger, got ${JSON.stringify(report.views.map(({ service }) => service))}`);
  return view;
}

export function rpoOf(report: Report, service: string | null = null): Report['rpo'][number] {
  const rpo = report.rpo.find((entry) => entry.service === service);
  if (!rpo) throw new Error(`expected RPO of ${service}, got ${JSON.stringify(report.rpo)}`);
  return rpo;
}

export function verdictOf(report: Report, id: string): string | undefined {
  return report.objectives.find(({ objective }) => objective.id === id)?.verdict;
}

export const rto = (target_us: number, op: '<' | '<=' = '<='): Objective => ({
  ...{ id: 'rto', metric: 'rto', service: 'ledger', op, target_us },
});

export const rpo = (target_us: number, op: '<' | '<=' = '<='): Objective => ({
  ...{ id: 'rpo', metric: 'rpo', service: null, op, target_us },
});

export function event<T extends EventType>(at_us: number, type: T, data: EventData[T]): OracleEvent {
  return { at_us, type, data } as Extract<OracleEvent, { type: T }>;
}

/** Adds events to the journal. */
export const withEvents =
  (...events: readonly OracleEvent[]) =>
  (input: OracleInput): OracleInput => ({ ...input, events: [...input.events, ...events] });

/** Takes events of a type out of the journal, those of the canary excepted. */
export const withoutEvents =
  (type: EventType) =>
  (input: OracleInput): OracleInput => ({ ...input, events: input.events.filter((other) => other.type !== type) });
