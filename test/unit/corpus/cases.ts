import type { Case } from './case.ts';
import { INSTRUMENT_CASES } from './instrument-cases.ts';
import { LOSS_CASES } from './loss-cases.ts';
import { OUTAGE_CASES } from './outage-cases.ts';
import { RECORD_CASES } from './record-cases.ts';
import { RECOVERY_CASES } from './recovery-cases.ts';

/** Every history of `packages/history-check/corpus`. */
export const CASES: readonly Case[] = [
  ...OUTAGE_CASES,
  ...RECOVERY_CASES,
  ...LOSS_CASES,
  ...INSTRUMENT_CASES,
  ...RECORD_CASES,
];
