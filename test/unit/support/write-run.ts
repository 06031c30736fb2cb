import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chainLines } from '../../../src/history/chain-lines.ts';
import { formatAttempt, HISTORY_HEADER } from '../../../src/history/history-csv.ts';
import { declare } from '../../../src/history/intent.ts';
import { formatReadBackRow, READ_BACK_HEADER } from '../../../src/history/read-back-csv.ts';
import type { OracleInput } from '../oracle/input.ts';

/** What a run that died leaves behind: half a line at the end. */
export interface Torn {
  readonly history?: string;
  readonly journal?: string;
  /** Somebody was at the journal. */
  readonly changeJournal?: (text: string) => string;
  /** Somebody was at the plan. */
  readonly changePlan?: (text: string) => string;
}

/** Writes a whole run directory: `intent.json`, `plan.json`, `journal.ndjson` with its chain, `history.csv`, `read-back.csv`. */
export function writeRun(dir: string, input: OracleInput, torn: Torn = {}): void {
  mkdirSync(dir, { recursive: true });
  const { plan, intent } = declare(input.plan, { run: 'run-1', wall: '2026-01-31T12:00:00.000Z', harness: '0' });
  writeFileSync(join(dir, 'intent.json'), intent);
  writeFileSync(join(dir, 'plan.json'), torn.changePlan?.(plan) ?? plan);
  const journal = journalText(input, intent) + (torn.journal ?? '');
  writeFileSync(join(dir, 'journal.ndjson'), torn.changeJournal?.(journal) ?? journal);
  writeFileSync(
    join(dir, 'history.csv'),
    HISTORY_HEADER + input.attempts.map(formatAttempt).join('') + (torn.history ?? ''),
  );
  writeFileSync(join(dir, 'read-back.csv'), READ_BACK_HEADER + input.readBack.map(formatReadBackRow).join(''));
  if (input.later)
    writeFileSync(join(dir, 'later.csv'), READ_BACK_HEADER + input.later.map(formatReadBackRow).join(''));
}

function journalText({ events }: OracleInput, intent: string): string {
  const originMs = Date.UTC(2026, 0, 31, 12);
  const wallOf = (at_us: number): string => new Date(originMs + Math.floor(at_us / 1000)).toISOString();
  return chainLines(
    events.map(({ at_us, type, data }) => ({ at_us, wall: wallOf(at_us), type, data })),
    intent,
  ).join('');
}
