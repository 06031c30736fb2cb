import type { BackupMode } from './backup.ts';
import type { CensusStage } from './census.ts';
/** A fault as data: what an undo or a register entry carries. JSON only. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface TimetableId {
  readonly probe: string;
  /** Empty for a site's own probe. */
  readonly service: string;
  /** Empty for a service's. */
  readonly site: string;
  readonly client: string;
}

export type Phase =
  | 'canary'
  | 'steady-state'
  | 'before'
  | 'during'
  | 'read-back'
  | 'recovery'
  | 'after'
  | 'failback'
  | 'cleanup';

/** What an instant of a fault carries: the last observation before it, the one that saw it, and what was seen. */
interface FaultInstant {
  readonly fault: string;
  readonly disaster: boolean;
  readonly notBefore_us: number;
  readonly notAfter_us: number;
  readonly observed: Json;
}

/** How one node came back from a backup: the copy, and then the start until Cassandra served. */
export interface RestoredNode {
  readonly site: string;
  readonly node: number;
  readonly files: number;
  readonly bytes: number;
  readonly copied_us: number;
  readonly started_us: number;
}

/** The `data` of each type of journal event (measurement.md, "The files"). Times in microseconds from the run's origin. */
export interface EventData {
  'run-started': {
    run: string;
    scenario: string;
    harness: string;
    node: string;
    /** Who runs it: the user, and who became this user. Absent in runs of before it was recorded. */
    operators?: readonly string[];
    /** Who said that it may run, where somebody had to. */
    authorisation?: Authorisation;
  };
  /** What somebody else was given of the intent before the first fault; `none`: it was asked for, and could not be had. */
  anchored:
    | { kind: 'tsa'; sha256: string }
    | { kind: 'git'; ref: string; remote: string }
    | { kind: 'none'; why: string };
  'timetable-started': TimetableId & {
    start_us: number;
    /** Operations a second. */
    rate: number;
    timeout_us: number;
    /** The words of `f` that write. */
    writes: readonly string[];
  };
  /** `last` is the last `k` that the timetable was to run, -1 when there was none. */
  'timetable-ended': TimetableId & { last: number };
  phase: { phase: Phase };
  'canary-injected': {
    probe: string;
    client: string;
    site: string;
    /** When the stub at the client's boundary refused: known truth, on the same clock. */
    outage: { from_us: number; to_us: number };
    /** Acknowledged keys that were deleted behind the probe's back. */
    deleted: readonly string[];
  };
  'undo-recorded': { fault: string; disaster: boolean; undo: readonly { kind: string; params: Json }[] };
  'fault-requested': FaultInstant & { type: string; target: string; params: Json };
  'fault-effective': FaultInstant;
  /** Every second while it should hold. */
  'fault-observed': FaultInstant;
  'fault-lapsed': FaultInstant;
  'fault-release-requested': FaultInstant;
  'fault-gone': FaultInstant;
  /** Every file of it was read again by then. `of`: absent of Cassandra. `took_us`: of each node, until Medusa, or whoever takes it, was done. */
  'backup-taken': {
    backup: string;
    of?: 'opensearch';
    mode: BackupMode;
    tool: string;
    from_us: number;
    to_us: number;
    nodes: readonly { site: string; node: number; files: number; bytes: number; took_us: number }[];
  };
  /** How the nodes that a fault struck came back from a backup. */
  restored: {
    fault: string;
    backup: string;
    nodes: readonly RestoredNode[];
  };
  /**
   * A backup of one site was restored beside the platform. `from_us` to `served_us`: until all of it served; `counts`: the states of what was asked there,
   * by probe, whose rows stand in `restore-test.csv`. `complete`: every row is there.
   */
  'restore-tested': {
    backup: string;
    site: string;
    from_us: number;
    served_us: number;
    to_us: number;
    graph_us: number;
    nodes: readonly RestoredNode[];
    asked: number;
    counts: { readonly [state: string]: number };
    complete: boolean;
  };
  /**
   * What was acknowledged since the disaster, and no other stage asked for at every site, was looked for at a site; the rows stand in `later.csv`. `again`: how many
   * were missing at first and were read once more. `complete`: every row is there.
   */
  'later-read': {
    fault: string;
    site: string;
    probe: string;
    asked: number;
    again: number;
    /** Before that, hints were seen to be delivered; absent where nothing was missing at first. */
    settled?: boolean;
    counts: { readonly [state: string]: number };
    complete: boolean;
  };
  detected: { fault: string; detector: string; simulated: boolean; service?: string };
  /** An alert of the platform's monitoring, when whoever is on call was notified. `component`: empty where it does not say. */
  alert: { alert: string; site: string; component: string; state: 'firing' | 'resolved'; expected: boolean };
  /** A service's traffic moved because of failures; `decided_us` is the instant in the client's policy. */
  failover: { service: string; from: string; to: string; decided_us: number; reason: string };
  /** A service's traffic was moved back to its first site, by the phase `failback` or a policy that does so by itself. */
  failback: { service: string; from: string; to: string; decided_us: number; reason: string };
  'stop-condition': { condition: string; observed: string };
  /** What the platform said by itself: a component that died without being told to, its dead-man at work. */
  'platform-event': { kind: string; what: string };
  'read-back-done': {
    stage: string;
    fault: string;
    site: string;
    probe: string;
    asked: number;
    counts: { readonly [state: string]: number };
    /** False when it was given up: what has no row is unreadable. */
    complete: boolean;
  };
  /** The graph was looked over at one site: so many rows stand in `graph.csv`. `observed`: why not to the end. */
  'graph-census': {
    stage: CensusStage;
    site: string;
    probe: string;
    rows: number;
    complete: boolean;
    observed: string;
  };
  'hints-delivered': { fault: string; settled: boolean; observed: Json };
  repaired: { fault: string; ok: boolean; observed: Json };
  clock: {
    /** Wall clock minus monotonic clock of the run, microseconds, and how far it may be off. */
    offset_us: number;
    bound_us: number;
    /** Time the machine was suspended since the run's origin, microseconds (boot time against monotonic time). */
    suspended_us: number;
    at: 'start' | 'end';
  };
  /** The harness itself was late: between these instants it could not do what the timetable asked for. */
  /** `generator`: it was that of the load, not the client's own process. */
  stall: {
    client: string;
    from_us: number;
    to_us: number;
    cause: 'event-loop' | 'gc' | 'suspend' | 'unknown';
    generator?: 'k6';
  };
  /** What a client process measured of itself, once, at its end. */
  client: {
    client: string;
    lateness_us: Quantiles;
    loop_us: Quantiles;
    gc_us: number;
    cpu_us: number;
    /** Its priority, from -20 (before all others) to 19 (getpriority(2)); absent in a record of an earlier version, and of k6. */
    nice?: number;
    operations: number;
  };
  /** What a generator of load counted, once, at its end. `dropped`: operations that it could not start in time, which made those after them late. */
  generator: { client: string; generator: 'k6'; dropped: number };
  /**
   * What the processors of the machine did while there was load, between two instants: how many there are, the share that was busy, and of each
   * process that is known how many it used (1: one of them, all the time).
   */
  usage: { from_us: number; to_us: number; cores: number; busy: number; by: Record<string, number> };
  /** Contention of the machine between two instants: share of CPU time, 0 to 1. */
  machine: { from_us: number; to_us: number; steal: number; busy: number; load1: number };
  /** `struck`: of at most so many writes something was deleted in the store itself, because the graph could not. */
  'cleanup-done': { probe: string; asked: number; left: number; struck?: number };
  'run-ended': { outcome: 'completed' | 'aborted' | 'failed'; reason: string };
}

/** What people said to a run that needed their word. */
export interface Authorisation {
  readonly operator: string;
  readonly ticket: string;
  readonly approver: string;
  /** ISO 8601, UTC. */
  readonly window: { readonly from: string; readonly to: string };
}

/** The stop condition of a service level that did not come back at the first site. */
export const FAILBACK_CONDITION = 'failback.within';
/** The kind of platform event that says what was restarted because it did not serve although nothing was in force there any more. */
export const RESTARTED_TO_HEAL = 'restarted-to-heal';

export interface Quantiles {
  readonly n: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export type EventType = keyof EventData;

/** One line of `journal.ndjson`. `hash` is over the canonical JSON (RFC 8785) of the line without `hash`. */
export type JournalEvent = {
  [T in EventType]: {
    readonly seq: number;
    readonly at_us: number;
    readonly wall: string;
    readonly type: T;
    readonly data: EventData[T];
    readonly prev: string;
    readonly hash: string;
  };
}[EventType];
