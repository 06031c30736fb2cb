import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EvidenceError } from '../errors.ts';
import { reportCommand } from './judge.ts';
import { oscalCommand } from './oscal.ts';

const EXAMPLES = fileURLToPath(new URL('../../reports/example', import.meta.url));

let directory = '';
let run = '';
beforeEach(() => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  directory = mkdtempSync(join(tmpdir(), 'drill-render-'));
  run = join(directory, 'run');
  cpSync(join(EXAMPLES, readdirSync(EXAMPLES)[0] as string), run, { recursive: true });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true, force: true });
});

/** The losses at failover are gone from the report, and everything else is as it was sealed. */
function forge(): void {
  const file = join(run, 'report.json');
  const report = JSON.parse(readFileSync(file, 'utf8'));
  report.rpo[0].lost = { lower: 0, upper: 0 };
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
}

test('a report that was changed after it was sealed is rendered by nobody: it would stand under the genuine digest', async () => {
  forge();
  const out = join(directory, 'again');
  await expect(reportCommand(run, { out, pdf: false })).rejects.toThrow(EvidenceError);
  await expect(oscalCommand(run, { out: `${out}.oscal` })).rejects.toThrow('report.json');
  expect([existsSync(`${out}.html`), existsSync(`${out}.oscal`)]).toEqual([false, false]);
});

test('one of a run that died before it was sealed is rendered, and claims no digest', async () => {
  rmSync(join(run, 'manifest.json'));
  const out = join(directory, 'again');
  await reportCommand(run, { out, pdf: false });
  expect(readFileSync(`${out}.html`, 'utf8')).not.toMatch(/SHA-256 <code>[0-9a-f]{64}<\/code><\/dd>/);
});
