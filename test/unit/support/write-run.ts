import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lineHash, sha256Hex } from '../../../src/history/chain.ts';
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
  const journal = journalText(input, sha256Hex(intent)) + (torn.journal ?? '');
  writeFileSync(join(dir, 'journal.ndjson'), torn.changeJournal?.(journal) ?? journal);
  writeFileSync(
    join(dir, 'history.csv'),
    HISTORY_HEADER + input.attempts.map(formatAttempt).join('') + (torn.history ?? ''),
  );
  writeFileSync(join(dir, 'read-back.csv'), READ_BACK_HEADER + input.readBack.map(formatReadBackRow).join(''));
}

/** Events in the order of `at_us`; those at the same time keep their order. */
function journalText(input: OracleInput, intentSha256: string): string {
  let prev = intentSha256;
  const lines = [...input.events]
    .sort((a, b) => a.at_us - b.at_us)
    .map(({ at_us, type, data }, seq) => {
      const wall = new Date(Date.UTC(2026, 0, 31, 12) + Math.floor(at_us / 1000)).toISOString();
      const body = { seq, at_us, wall, type, data, prev };
      prev = lineHash(body);
      return `${JSON.stringify({ ...body, hash: prev })}\n`;
    });
  return lines.join('');
}
