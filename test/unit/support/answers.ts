import type { ReadBackRow } from '../../../src/history/operation.ts';
import type { OracleInput } from '../oracle/input.ts';
import { slot } from './by-hand.ts';
import { shaOf } from './canary.ts';
import type { SketchStage } from './sketch.ts';

export interface Answer {
  readonly stage: SketchStage['stage'];
  readonly k: number;
  readonly site?: string;
  readonly state: ReadBackRow['state'] | 'no-row' | 'other-value';
}

/** Key of slot `k` of the service. */
export const key = (k: number): string => `ledger-cql-${k}`;

/** When slot `k` was acknowledged. */
export const acked = (k: number): number => slot(k) + 2_000;

/** Replaces the answers for some keys: slot `k` of the service, in a stage, at a site or at all. */
export const answers =
  (...changes: readonly Answer[]) =>
  (input: OracleInput): OracleInput => ({
    ...input,
    readBack: input.readBack.flatMap((row): ReadBackRow[] => {
      const change = changes.find(
        ({ stage, k, site }) => row.stage === stage && row.key === key(k) && (site === undefined || row.site === site),
      );
      if (!change) return [row];
      if (change.state === 'no-row') return [];
      if (change.state === 'other-value') return [{ ...row, valueSha: shaOf('another') }];
      return [{ ...row, state: change.state, valueSha: change.state === 'phantom' ? row.valueSha : '' }];
    }),
  });
