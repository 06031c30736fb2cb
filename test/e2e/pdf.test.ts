import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { reportCommand } from '../../src/commands/judge.ts';
import { EXIT } from '../../src/errors.ts';
import { findBrowser } from '../../src/report/browser.ts';

const EXAMPLES = new URL('../../reports/example/', import.meta.url).pathname;
const EXAMPLE = join(EXAMPLES, readdirSync(EXAMPLES)[0] ?? '');
const directory = mkdtempSync(join(tmpdir(), 'drill-pdf-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('a report on paper, by the browser that doctor --fix installs', async () => {
  expect(findBrowser(), 'no browser: npm run doctor -- --fix').not.toBeNull();
  const out = join(directory, 'report');
  expect(await reportCommand(EXAMPLE, { out, pdf: true })).not.toBe(EXIT.defect);
  const pdf = readFileSync(`${out}.pdf`, 'latin1');
  expect(pdf.startsWith('%PDF-')).toBe(true);
  expect(pdf.match(/\/Type \/Page\b/g)?.length).toBeGreaterThan(3);
}, 180_000);

test('a program that prints nothing is said', async () => {
  const browser = join(directory, 'no-browser');
  writeFileSync(browser, '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  const wrong = reportCommand(EXAMPLE, { out: join(directory, 'none'), pdf: true, browser });
  await expect(wrong).rejects.toThrow(`${browser} does not print`);
});
