import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeRun } from '../support/write-run.ts';
import { type Case, caseInput, expectedOf } from './case.ts';
import { CASES } from './cases.ts';

/** Where the package keeps its histories. */
export const CORPUS = fileURLToPath(new URL('../../../packages/history-check/corpus', import.meta.url));

/** Writes one history with its right answers. */
export function writeCase(corpus: string, one: Case): void {
  const directory = join(corpus, one.name);
  writeRun(directory, caseInput(one), one.torn);
  writeFileSync(join(directory, 'expected.json'), `${JSON.stringify(expectedOf(one), null, 2)}\n`);
}

if (import.meta.main) {
  rmSync(CORPUS, { recursive: true, force: true });
  mkdirSync(CORPUS, { recursive: true });
  for (const one of CASES) writeCase(CORPUS, one);
}
