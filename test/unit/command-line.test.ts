import { execFile } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { generateRun } from '../../bench/generate-history.ts';
import { type Report, reportSchema } from '../../src/check/report-schema.ts';
import { writeManifest } from '../../src/evidence/manifest.ts';
import { renderHtml } from '../../src/report/html.ts';
import { renderJUnit } from '../../src/report/junit.ts';
import { UNSEALED } from '../../src/report/section-seal.ts';

/** The commands that need no platform, as a person calls them: what they print, and the exit code. */
const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'drill-cli-'));
const run = join(directory, 'generated', 'r');

function drill(...args: string[]): Promise<{ code: number; text: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], { cwd: directory }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, text: stdout + stderr });
    });
  });
}

beforeAll(() => generateRun(run, { operations: 60_000, writeEvery: 2 }));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('a scenario with mistakes: every one with line and column, exit code 4', async () => {
  const file = join(directory, 'bad.yaml');
  writeFileSync(file, 'name: bad\ntitle: x\nservices:\n  ledger: { probe: cql, rate: 100, sites: [paris] }\nwhat: 1\n');
  const { code, text } = await drill('validate', file);
  expect(code).toBe(4);
  expect(text).toMatch(/bad\.yaml:4:\d+: .*rate/);
  expect(text).toMatch(/bad\.yaml:5:\d+: .*what/);
});

test('what is delivered is validated by its name; what is not is told what there is', async () => {
  expect(await drill('validate', 'site-failover', 'cassandra-crash')).toEqual({ code: 0, text: 'valid\n' });
  const { code, text } = await drill('validate', 'site-failove');
  expect(code).toBe(4);
  expect(text).toMatch(/no scenario "site-failove" in .*did you mean "?site-failover/);
});

test.each([
  ['with mistakes', 'bad.yaml'],
  ['that leaves the directory', '../../../../etc/passwd'],
  ['that a terminal would obey', '\u001b]0;owned\u0007.yaml'],
  ['that a shell would run', '$(touch made).yaml'],
  ['that is a directory', '.'],
  ['that is no file', '/dev/zero'],
  ['without end', `${'a'.repeat(5_000)}.yaml`],
])('a scenario %s is refused before anything begins', async (_, name) => {
  writeFileSync(join(directory, 'bad.yaml'), 'name: bad\n');
  const { code, text } = await drill('run', name, '--reports', 'none');
  expect([code, text]).toEqual([4, expect.stringMatching(/\S/)]);
  expect(text).not.toMatch(/[^\P{Cc}\n]|\n\s+at /u);
  expect([existsSync(join(directory, 'none')), existsSync(join(directory, 'made'))]).toEqual([false, false]);
});

test('every scenario of the project is right, and its plan says how long it takes', async () => {
  expect(await drill('validate')).toMatchObject({ code: 0 });
  const { code, text } = await drill('plan', 'failover-under-partition');
  expect(code).toBe(0);
  expect(text).toMatch(/in all: about/);
});

test('in production nothing begins without the word of people, and not with that of whoever runs it alone', async () => {
  const file = join(directory, 'production.yaml');
  const laboratory = readFileSync(new URL('../../clusters/local/platform.yaml', import.meta.url), 'utf8');
  writeFileSync(file, laboratory.replace('environment: laboratory', 'environment: production'));
  const window = `${new Date(Date.now() - 3_600_000).toISOString()}/${new Date(Date.now() + 36_000_000).toISOString()}`;
  const ask = (...word: string[]) => drill('run', 'site-failover', '--config', file, '--reports', 'none', ...word);
  const { code, text } = await ask();
  expect([code, text]).toEqual([
    4,
    expect.stringContaining('in the environment production needs --ticket and --approver and --window'),
  ]);
  const own = await ask('--ticket', 'CHG-1', '--window', window, '--approver', userInfo().username);
  expect([own.code, own.text]).toEqual([4, expect.stringMatching(/approve/)]);
  const over = `${new Date(0).toISOString()}/${new Date(3_600_000).toISOString()}`;
  expect(await ask('--ticket', 'CHG-1', '--window', over, '--approver', 'somebody')).toMatchObject({ code: 4 });
  expect(existsSync(join(directory, 'none'))).toBe(false);
});

test('a plan of random picks says its seed, and is the same again with it', async () => {
  const drawn = await drill('plan', 'random-partitions');
  const [, seed = ''] = /picked at random with the seed (\d+); the same again: --seed \1/.exec(drawn.text) ?? [];
  expect(seed).toMatch(/^\d+$/);
  expect(await drill('plan', 'random-partitions', '--seed', seed)).toEqual(drawn);
  expect(drawn.text).toMatch(/15 s: cut-1 of (paris|london|frankfurt), .*\(site picked among/);
});

test.each([
  ['a seed that is none', ['plan', 'random-partitions', '--seed', '1e3'], 4, /whole number/],
  ['a seed that is too large', ['run', 'random-partitions', '--seed', '9007199254740992'], 4, /whole number/],
  ['a scenario that is not there', ['run', 'site-failure'], 4, /site-failover/],
  ['an option that is not there', ['run', 'site-failover', '--repaet', '3'], 4, /--repeat/],
  ['a number that is none', ['run', 'site-failover', '--repeat', 'twice'], 4, /whole number/],
  ['a run directory that is none', ['check', 'nowhere'], 4, /nowhere/],
  ['a kind of thing that is not there', ['list', 'things'], 4, /scenarios/],
])('%s', async (_, args, code, says) => {
  const answer = await drill(...args);
  expect(answer.text).toMatch(says);
  expect(answer.code).toBe(code);
});

test('check judges from the files alone, and again the same to the byte', async () => {
  const first = await drill('check', run);
  expect(first.text).toContain('report.json was missing, and is written');
  const again = await drill('check', run);
  expect(again.text).toContain('the same to the byte');
  expect(again.code).toBe(first.code);
});

test('a report that was changed by hand is found, with the place', async () => {
  await drill('check', run);
  const file = join(run, 'report.json');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace('"verdict": "', '"verdict": "x'));
  const { code, text: said } = await drill('check', run);
  expect(said).toContain('report.json differs');
  expect(code).toBe(6);
  writeFileSync(file, text);
});

test.each([
  ['report.html', (report: Report) => renderHtml(report, { ...UNSEALED, timestamp: true })],
  ['junit.xml', renderJUnit],
])('%s that is not made of the report beside it is found', async (name, render) => {
  await drill('check', run);
  const report = reportSchema.parse(JSON.parse(readFileSync(join(run, 'report.json'), 'utf8')));
  const file = join(run, name);
  const page = render(report);
  try {
    writeFileSync(file, page);
    const whole = await drill('check', run);
    expect([whole.code, whole.text]).not.toEqual([6, expect.stringContaining(name)]);
    writeFileSync(
      file,
      page.replace(/\d/, (digit) => String((Number(digit) + 1) % 10)),
    );
    expect(await drill('check', run)).toMatchObject({ code: 6, text: expect.stringContaining(`${name} is not what`) });
  } finally {
    rmSync(file, { force: true });
  }
});

test('verify accuses no directory that is whole, and names the file that is not', async () => {
  await drill('check', run);
  writeManifest(run, 'bench');
  expect(await drill('verify', run)).toMatchObject({ code: 0 });
  appendFileSync(join(run, 'history.csv'), 'x');
  const { code, text } = await drill('verify', run);
  expect(code).toBe(6);
  expect(text).toContain('history.csv');
});

test('report takes what people entered, beside the sealed files, of which none changes', async () => {
  // Sealed anew, with what the test before changed.
  rmSync(join(run, 'manifest.json'));
  writeManifest(run, 'bench');
  await drill('check', run);
  const sealed = readFileSync(join(run, 'report.json'), 'utf8');
  const { run: of } = JSON.parse(sealed) as { run: { id: string } };
  const file = join(directory, 'after.drill.yaml');
  writeFileSync(file, `after: { run: "${of.id}", by: Ann Lee, at: 2026-06-30T12:00:00Z, findings: [] }\n`);
  const out = join(directory, 'evidence');
  const { text } = await drill('report', run, '--drill', file, '--out', out);
  expect(text).toContain(`${out}.html and ${out}.xml and ${out}.json are written`);
  expect(readFileSync(`${out}.html`, 'utf8')).toContain('entries of <b>Ann Lee</b>');
  expect(JSON.parse(readFileSync(`${out}.json`, 'utf8'))).toMatchObject({ dora: { entered: { by: 'Ann Lee' } } });
  expect(readFileSync(join(run, 'report.json'), 'utf8')).toBe(sealed);
});

test.each([
  [
    'a rendering into the run directory',
    ['report', run, '--out', join(run, 'report')],
    4,
    /outside of the run directory/,
  ],
  ['a drill file that is none', ['report', run, '--drill', join(directory, 'none')], 4, /none: cannot be read/],
  [
    'one drill file for two scenarios',
    ['run', 'site-failover', 'disk-full', '--drill', 'x'],
    4,
    /expected one scenario/,
  ],
])('%s', async (_, args, code, says) => {
  await drill('check', run);
  const answer = await drill(...args);
  expect(answer.text).toMatch(says);
  expect(answer.code).toBe(code);
});

test('a plan shows what people declare, from the file beside its scenario', async () => {
  const { text } = await drill('plan', 'site-failover');
  expect(text).toMatch(/declared before the run[\s\S]*assumption: London alone[\s\S]*drill file: SHA-256/);
});

test('history lists what was reported, also beside the file that it wrote itself', async () => {
  await drill('check', run);
  await drill('history', '--reports', directory);
  const { code, text } = await drill('history', '--reports', directory);
  expect(code).toBe(0);
  expect(text).toMatch(/STARTED .*VERDICT[\s\S]*RTO of/);
  expect(readFileSync(join(directory, 'index.html'), 'utf8')).toContain('generated/r/report.html');
});

test('history writes metrics where it is asked for, and coverage says what nothing covers', async () => {
  await drill('check', run);
  const file = join(directory, 'collector', 'drill.prom');
  expect(await drill('history', '--reports', directory, '--metrics', file)).toMatchObject({ code: 0 });
  expect(readFileSync(file, 'utf8')).toMatch(/^drill_runs\{scenario="[^"]+"\} 1$/m);
  const { code, text } = await drill('coverage', '--reports', directory);
  expect(code).toBe(0);
  expect(text).toMatch(/Monitoring: Grafana down +NOT COVERED/);
});

test('an exercise that people must take part in is refused where nobody is, before anything starts', async () => {
  const { code, text } = await drill('exercise', 'monthly');
  expect(code).toBe(4);
  expect(text).toMatch(/monthly\.yaml: 2 of its steps are done by people[\s\S]*--no-people/);
  expect(await drill('exercise', 'monthley')).toMatchObject({ code: 4, text: expect.stringMatching(/monthly/) });
});
