import type { z } from 'zod';
import type { CensusEntry } from '../history/census.ts';
import type { Outcome, ReadBackState } from '../history/operation.ts';
import type { Component } from '../platform/components.ts';
import type { PlannedSite } from '../scenario/plan.ts';

/** One operation as a probe sees it: it knows nothing of schedules, phases or other probes. */
export interface ProbeOperation {
  readonly f: 'write' | 'read';
  /** Unique per run and write; for a read the key to be read. */
  readonly key: string;
  /** Of a write: its number in its timetable; of a read: that of the write it reads. */
  readonly seq: number;
}

export interface ProbeOutcome {
  readonly outcome: Outcome;
  /** A short code such as `timeout`, `refused`, `unavailable`; empty when `ok`. */
  readonly error: string;
  /** First 16 hex digits of SHA-256 of what was written or read; empty when nothing was. */
  readonly valueSha: string;
}

export interface ReadBackAnswer {
  readonly key: string;
  readonly state: ReadBackState;
  readonly valueSha: string;
}

/** What a read-back expects to find. */
export interface ExpectedWrite {
  readonly key: string;
  readonly seq: number;
}

export interface ProbeContext {
  /** The run's id: part of every key. */
  readonly run: string;
  readonly site: PlannedSite;
  readonly timeoutUs: number;
  /** As in the plan, resolved by the probe's schema. */
  readonly params: Readonly<Record<string, unknown>>;
}

/** A client of one site. It never throws out of `invoke`, retries nothing, and evicts a connection that answers nothing. */
export interface ProbeClient extends AsyncDisposable {
  /** Settles by its timeout at the latest (plus the event loop's own lateness). */
  invoke(operation: ProbeOperation, signal: AbortSignal): Promise<ProbeOutcome>;
  /** Reads at the service's consistency level; yields each asked key exactly once, and beside them, as `phantom`, what it came across and was not asked for. Never repairs. */
  readBack(expected: readonly ExpectedWrite[], signal: AbortSignal): AsyncIterable<ReadBackAnswer>;
}

/** A kind of probe: one file, one line in the registry. */
export interface ProbeType {
  readonly probe: string;
  readonly summary: string;
  /** Parameters of a service with this probe beside the common ones: strict, with defaults and descriptions. */
  readonly params: z.ZodObject;
  readonly component: Component;
  /** k6 can make its operations as load (k6/lib/stores.ts). */
  readonly load?: true;
  /** Where in Cassandra its writes end up: what a repair must cover. */
  readonly keyspaces: readonly string[];
  /** The stores of two sites know nothing of each other: what was written at one is at no other. Absent: every site has everything. */
  readonly apart?: true;
  /** What operations of it cannot show. */
  readonly notMeasured?: readonly { readonly what: string; readonly why: string }[];
  /** What its driver is set to, for plan.json: timeouts, reconnection, contact points, policies. No secret. */
  settings(context: Omit<ProbeContext, 'run'>): Readonly<Record<string, unknown>>;
  /** Creates keyspace, schema, indexes once, and waits until every site has them. Idempotent. */
  prepare(contexts: readonly ProbeContext[], signal: AbortSignal): Promise<void>;
  connect(context: ProbeContext, signal: AbortSignal): Promise<ProbeClient>;
  /** How many read-backs of one client go on at a time where nothing is measured meanwhile; absent: one. */
  readonly readsAtOnce?: number;
  /** Removes rows behind the probe's back, by another path than the probe's writes. For the canary and for calibration. */
  remove(context: ProbeContext, writes: readonly ExpectedWrite[], signal: AbortSignal): Promise<void>;
  /** Deletes everything of the run, never by TTL, and looks for it at every one of these sites; returns what is left, counted (at most so much), and
   * of how many writes something had to be deleted behind its graph's back, found by a scan of the store, which `mayScan` allows. */
  cleanup(
    contexts: readonly ProbeContext[],
    writes: readonly ExpectedWrite[],
    signal: AbortSignal,
    mayScan?: boolean,
  ): Promise<{ left: number; struck?: number }>;
  /** Everything of the probe's that stands in the store of a site, whole or not, found by a scan and not by key. */
  census?(context: ProbeContext, signal: AbortSignal): Promise<readonly CensusEntry[]>;
  /** Sites tell each other what they have, and nobody can ask whether they are done: after a fault this long is waited before anything is read back, in ms. */
  readonly exchangedWithinMs?: number;
  /** What the site's nodes still hold for other sites (files of hints, messages), and how many nodes said so. */
  pendingHints?(context: ProbeContext, signal: AbortSignal): Promise<{ nodes: number; files: number }>;
}
