import type { Expected } from '../../../src/history-check/expected.ts';
import type { OracleInput } from '../oracle/input.ts';
import { type ByHand, inputOf, STAGES } from '../support/by-hand.ts';
import type { Torn } from '../support/write-run.ts';

/** One history of the corpus: what was done, and the answers that a person worked out from it. */
export interface Case {
  /** Name of its directory. */
  readonly name: string;
  /** The rule of measurement.md that it is about. */
  readonly rule: string;
  /** How the figures follow from the files. */
  readonly why: string;
  readonly run: ByHand;
  /** Changes the files before they are written. */
  readonly change?: (input: OracleInput) => OracleInput;
  readonly torn?: Torn;
  readonly report: Expected['report'];
  /** The record is torn or contradicts itself. */
  readonly defects?: true;
}

/** The run of by-hand.ts in 180 slots, the last at 19.4 s, read back at the survivor only: short enough to be read. */
export function caseInput({ run, change = (input) => input }: Case): OracleInput {
  const { table, ...rest } = run;
  return change(inputOf({ stages: STAGES.slice(0, 1), ...rest, table: { slots: 180, ...table } }));
}

export function expectedOf({ rule, why, report, defects }: Case): Expected {
  return { rule, report, defects: defects === true, why };
}
