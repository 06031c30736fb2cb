import type { ProcessTarget } from './platform.ts';

/** What is undone by the id of the fault that made it. An alias, so that it is JSON to the compiler as well. */
type OfFault = { readonly id: string };

/** Every kind of undo, and what it has to know. Each is idempotent: what is not there, or no more, is undone. */
export interface UndoParams {
  /** Remove every packet rule that was made under this id, and make the line what it was. */
  readonly network: OfFault;
  /** No more of the loop of this id; what died is started all the same, what was stopped is let run. */
  readonly loop: OfFault;
  /** The name server that fails under this id answers again. */
  readonly names: OfFault;
  /** End the queries of this id, and wait until the server evaluates none of them. */
  readonly queries: OfFault;
  /** No more flushes of this id; let the nodes compact by themselves again. */
  readonly compaction: OfFault;
  /** Give the processes that were limited under this id as much memory as there is again. */
  readonly memory: OfFault;
  /** Let the processes that were limited under this id read and write as fast as their disk is again. */
  readonly 'disk-speed': OfFault;
  /** Give the processes that had a quota under this id as much processor time as there is again. */
  readonly cpu: OfFault;
  /** Give back the room on the disks that was taken under this id. */
  readonly disk: OfFault;
  /** Put everything back that was taken out of the store, or overwritten, under this id. */
  readonly storage: OfFault;
  /** Restore what these sites had from a backup, and start them; where that cannot be done, put back what was taken away, and fail. */
  readonly restore: OfFault & { readonly sites: readonly string[]; readonly backup: string };
  /** Restore the index that was corrupted under this id from a snapshot; where that cannot be done, give its files back what they were, and fail. */
  readonly index: OfFault & { readonly site: string; readonly index: string; readonly backup: string };
  /** Nobody closes topics under this id any more: whoever wants one opens it. */
  readonly topics: OfFault;
  /** Nobody uses up the quota of the API's clients under this id any more. */
  readonly quota: OfFault;
  /** The API lets the clients in again that were locked out under this id. */
  readonly 'sign-in': OfFault;
  /** Take away what was restored beside the platform under this id. */
  readonly 'restore-test': OfFault;
  /** The wall clocks that were set under this id show the machine's time again. */
  readonly clock: OfFault;
  // These two go by their target and not by who ended it: a process that is ready is whole, whoever stopped it.
  /** End the processes and start them anew, Cassandra before JanusGraph, whatever they do: what a full disk has stopped inside does not start by itself. */
  readonly restart: ProcessTarget;
  /** Let what is paused run, start what does not, Cassandra before JanusGraph, and wait until it is ready. */
  readonly processes: ProcessTarget;
}

/** The undo of a fault, as data: it is executed by the platform, also when the harness is dead. */
export type Undo<K extends keyof UndoParams = keyof UndoParams> = {
  [P in K]: { readonly kind: P; readonly params: UndoParams[P] };
}[K];

/** The kinds whose effect stands under the id of its fault until it is undone. */
export type LastingKind = {
  [K in keyof UndoParams]: UndoParams[K] extends OfFault ? K : never;
}[keyof UndoParams];

/** Who does each kind of undo: one that nobody does is an error of the compiler. */
export type UndoTable = { readonly [K in keyof UndoParams]: (params: UndoParams[K]) => Promise<void> | void };

export async function doUndo<K extends keyof UndoParams>(table: UndoTable, { kind, params }: Undo<K>): Promise<void> {
  await table[kind](params);
}

export interface RegisteredFault {
  readonly fault: string;
  readonly run: string;
  /** Executed in this order; one that fails does not stop the next. */
  readonly undo: readonly Undo[];
  readonly expiresInMs: number;
}

export interface UndoResult {
  readonly undo: Undo;
  readonly ok: boolean;
  readonly error: string;
}

/** The platform's fault register: on disk, with a dead-man that undoes what is not renewed. */
export interface FaultRegister {
  /** On disk before it resolves. */
  record(
    fault: { fault: string; run: string; undo: readonly Undo[] },
    ttlMs: number,
    signal: AbortSignal,
  ): Promise<void>;
  renew(faults: readonly string[], ttlMs: number, signal: AbortSignal): Promise<void>;
  /** Executes the undo and forgets the fault once all of it is done. Unknown faults are done already. */
  undo(fault: string, signal: AbortSignal): Promise<readonly UndoResult[]>;
  list(signal: AbortSignal): Promise<readonly RegisteredFault[]>;
}
