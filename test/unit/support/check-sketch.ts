import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkRun } from '../../../src/check/check.ts';
import type { Report } from '../../../src/check/report-schema.ts';
import type { OracleInput } from '../oracle/input.ts';
import { type Torn, writeRun } from './write-run.ts';

/** Writes the run to a directory of its own, checks it, and removes it. */
export async function checkInput(input: OracleInput, torn: Torn = {}): Promise<Report> {
  const dir = mkdtempSync(join(tmpdir(), 'drill-check-'));
  try {
    writeRun(join(dir, 'run'), input, torn);
    return await checkRun(join(dir, 'run'));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
