import { type Ended, WRONG } from './at-site.ts';

/** How an operation ended. `wrong`: answered, but not with what was written. */
export interface Done {
  readonly ok: boolean;
  readonly wrong: boolean;
  readonly error: string;
}

/** What is put under load. */
export interface Service {
  /** Prefix of its metrics. */
  readonly metric: 'gremlin' | 'cql';
  readonly timeoutMs: number;
  /** For setup(): connects, and makes what is missing of the schema, unless told not to. Throws when it cannot. */
  prepare(make?: boolean): void;
  write(seq: number): Done;
  /** Reads write `seq`, which was acknowledged. */
  read(seq: number): Done;
  /** For teardown(): removes every write below `end`. Throws when it cannot. */
  remove(end: number): void;
}

export function doneOf({ outcome, error }: Ended): Done {
  return { ok: outcome === 'ok', wrong: WRONG.includes(error), error };
}
