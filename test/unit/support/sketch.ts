import type { Phase } from '../../../src/history/event.ts';
import type { ReadBackStage, ReadBackState } from '../../../src/history/operation.ts';
import type { Objective, Plan } from '../../../src/scenario/plan.ts';
import type { Kind } from './attempts.ts';

export interface SketchInstant {
  readonly notBefore: number;
  readonly notAfter: number;
}

export interface SketchFault {
  readonly id: string;
  readonly disaster: boolean;
  /** Null: planned, never asked for. */
  readonly requested: SketchInstant | null;
  readonly effective: SketchInstant | null;
  readonly lapsed: SketchInstant | null;
  readonly released: SketchInstant | null;
  readonly gone: SketchInstant | null;
}

/** From slot `at` on, one slot a kind; later patches win. */
export interface Patch {
  readonly at: number;
  readonly kinds: readonly Kind[];
}

export interface SketchTimetable {
  readonly probe: string;
  /** Empty for a site's own probe. */
  readonly service: string;
  /** Of a site's own probe; empty for a service. */
  readonly site: string;
  readonly rate: number;
  readonly start: number;
  readonly slots: number;
  readonly timeout: number;
  /** Every so many operations is a read; 0: none. */
  readonly readEvery: number;
  readonly slo: Plan['services'][string]['latency'];
  readonly patches: readonly Patch[];
  /** A plain `ok` takes 2 ms and up to so many microseconds more; 1: 2 ms exactly. */
  readonly spread: number;
  /** It is load, and this makes it. */
  readonly generator?: 'k6' | undefined;
}

export interface SketchStage {
  readonly stage: ReadBackStage;
  readonly sites: readonly string[];
  readonly atUs: number;
  /** `key` counts from the latest acknowledged write backwards. `no-row` and `other-value` are no states of a row. */
  readonly exceptions: readonly {
    readonly key: number;
    readonly site: number;
    readonly state: ReadBackState | 'no-row' | 'other-value';
  }[];
  /** Keys present that nobody acknowledged: `never` written, or those of failed writes. */
  readonly extras: readonly ('never' | 'failed')[];
}

export type SketchEnd =
  | { readonly kind: 'completed' }
  /** `run-ended` is there, rows that were not answered by then have no completion. */
  | { readonly kind: 'aborted'; readonly at: number }
  /** The service's client died: no rows after it, and its timetable never ended, but the run went on. */
  | { readonly kind: 'client-died'; readonly at: number }
  /** Nothing after it is in the files. */
  | { readonly kind: 'killed'; readonly at: number };

/** A whole run in a few words; `buildRun` makes plan, rows and events of it. Times in microseconds from the run's origin. */
export interface Sketch {
  readonly settings: Plan['settings'];
  readonly timetables: readonly SketchTimetable[];
  readonly faults: readonly SketchFault[];
  /** When the service `ledger` moved from Paris to London. */
  readonly failoverAt: number | null;
  readonly phases: readonly { readonly phase: Phase; readonly at: number }[];
  readonly stages: readonly SketchStage[];
  readonly objectives: readonly Objective[];
  readonly end: SketchEnd;
  readonly canary: boolean;
  /** The plan has a repair. */
  readonly repair: boolean;
  /** Rows are written in another order than that of completion. */
  readonly shuffle: number;
}
