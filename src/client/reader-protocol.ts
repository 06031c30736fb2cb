import type { CensusStage } from '../history/census.ts';
import type { ReadBackStage, ReadBackState } from '../history/operation.ts';
import type { ExpectedWrite } from '../probes/probe.ts';
import type { PlannedSite } from '../scenario/plan.ts';

/** One probe at one site: what a reader connects to. */
export interface ReaderTarget {
  readonly probe: string;
  readonly site: PlannedSite;
  readonly timeoutUs: number;
  readonly params: Readonly<Record<string, unknown>>;
}

/**
 * Jobs that must never disturb a scheduler: done by a process of their own, the reader, with a client's pipes. Requests are JSON lines on its
 * standard input, answers JSON lines on file descriptor 3, rows of `read-back.csv` (no header) on its standard output.
 */
export type ReaderJob =
  /** Makes schema, keyspace and indexes, once for all sites. */
  | { readonly type: 'prepare'; readonly targets: readonly ReaderTarget[] }
  | {
      readonly type: 'read-back';
      readonly target: ReaderTarget;
      readonly stage: ReadBackStage;
      readonly fault: string;
      readonly writes: readonly ExpectedWrite[];
      /** Keys a second. */
      readonly rate: number;
      readonly withinMs: number;
      /** Attempts at a key that is unreadable. */
      readonly attempts: number;
      /** Nothing is measured meanwhile: there is nobody to leave a rest to. */
      readonly alone: boolean;
    }
  /** Deletes rows behind the probe's back. */
  | { readonly type: 'remove'; readonly target: ReaderTarget; readonly writes: readonly ExpectedWrite[] }
  /** Deletes these writes, and looks for them at every target: one probe's, one a site. `mayScan`: a whole store may be read for it; absent: no. */
  | {
      readonly type: 'cleanup';
      readonly targets: readonly ReaderTarget[];
      readonly writes: readonly ExpectedWrite[];
      readonly mayScan?: boolean;
    }
  /** Appends everything of the probe's that stands in the store of a site to `graph.csv`, on disk before it answers. */
  | { readonly type: 'census'; readonly target: ReaderTarget; readonly stage: CensusStage; readonly path: string }
  | { readonly type: 'pending-hints'; readonly target: ReaderTarget }
  /** Whether a write and a read of it are served there now. */
  | { readonly type: 'served'; readonly target: ReaderTarget; readonly write: ExpectedWrite };

export interface ReaderConfig {
  readonly run: string;
  readonly originNs: string;
}

export interface ReaderRequest {
  readonly id: number;
  readonly job: ReaderJob;
}

export type ReaderAnswer =
  | { readonly id: number; readonly result: ReaderResult }
  | { readonly id: number; readonly error: string };

/** What a read-back came across beside what it was asked for: its neighbours. Who knows every write can tell whether it is a phantom. */
export interface Unasked {
  readonly key: string;
  readonly valueSha: string;
  readonly readUs: number;
}

export interface ReaderResult {
  /** Of a read-back: rows by state. */
  readonly counts?: Readonly<Partial<Record<ReadBackState, number>>>;
  /** Of a read-back: false when it was given up; what has no row is unreadable. */
  readonly complete?: boolean;
  readonly unasked?: readonly Unasked[];
  /** Of a cleanup. */
  readonly left?: number;
  readonly struck?: number;
  /** Of a census. */
  readonly rows?: number;
  /** Of `pending-hints`: see ProbeType. */
  readonly hints?: { readonly nodes: number; readonly files: number };
  /** Of `served`. */
  readonly served?: boolean;
  readonly detail?: string;
}

/** The write by which a reader proves that a site serves: in nobody's ledger. */
export function servedWrite(run: string, seq: number): ExpectedWrite {
  return { key: `${run}/served/${seq}`, seq };
}
