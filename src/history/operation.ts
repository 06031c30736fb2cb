/** `ok`: acknowledged. `fail`: certainly not applied. `info`: a write that may or may not have been applied. */
export const OUTCOMES = ['ok', 'fail', 'info'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** The columns of `history.csv`, in order (measurement.md, "The files"). */
export const HISTORY_COLUMNS = [
  'index',
  'attempt',
  'probe',
  'service',
  'site',
  'client',
  'key',
  'f',
  'intended_us',
  'invoked_us',
  'completed_us',
  'outcome',
  'error',
  'value_sha',
] as const;

/** One attempt of one operation: a row of `history.csv`. Times are whole microseconds from the run's origin. */
export interface Attempt {
  /** `k` of its timetable. */
  readonly index: number;
  /** From 1. */
  readonly attempt: number;
  readonly probe: string;
  /** Empty for a site's own probe. */
  readonly service: string;
  /** Where it was sent; never empty. */
  readonly site: string;
  /** Where the client is: `outside`, or the name of a site. */
  readonly client: string;
  readonly key: string;
  /** `write`, `read`, or the probe's own word. */
  readonly f: string;
  readonly intendedUs: number;
  readonly invokedUs: number;
  /** `null` only where the run ended first. */
  readonly completedUs: number | null;
  readonly outcome: Outcome;
  /** A short code such as `timeout`, `refused`, `shed`; empty when `ok`. */
  readonly error: string;
  /** First 16 hex digits of SHA-256 of what was written or read; empty otherwise. */
  readonly valueSha: string;
}

/** States of a key that was read back. */
export const READ_BACK_STATES = ['present', 'absent', 'corrupt', 'partial', 'unreadable', 'phantom'] as const;
export type ReadBackState = (typeof READ_BACK_STATES)[number];

/**
 * The stages of the read-back, in the order in which a run goes through them. `canary` is the instrument's proof of itself; `restore-test` and `later` are in files
 * of their own, because measurement.md knows nothing of them.
 */
export const READ_BACK_STAGES = [
  'canary',
  'at-failover',
  'after-recovery',
  'after-repair',
  'after-failback',
  'restore-test',
  'later',
] as const;
export type ReadBackStage = (typeof READ_BACK_STAGES)[number];

/** Stages in files of their own: they are none of `read-back.csv`, and nothing of RPO is counted from them. */
export const STAGES_APART: ReadonlySet<ReadBackStage> = new Set(['restore-test', 'later']);

export const READ_BACK_COLUMNS = ['stage', 'fault', 'site', 'probe', 'key', 'state', 'value_sha', 'read_us'] as const;

/** One row of `read-back.csv`: the final answer for one key at one site in one stage. */
export interface ReadBackRow {
  readonly stage: ReadBackStage;
  /** The fault's id; empty in stage `canary`. */
  readonly fault: string;
  readonly site: string;
  readonly probe: string;
  readonly key: string;
  readonly state: ReadBackState;
  readonly valueSha: string;
  readonly readUs: number;
}

/** The service name under which the instrument proves itself; excluded from every result. */
export const CANARY_SERVICE = 'canary';
