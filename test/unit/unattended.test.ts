import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { carryOutUnattended } from '../../deploy/unattended.ts';
import type { Verdict } from '../../src/check/report-schema.ts';
import type { ExerciseRecord } from '../../src/drills/record.ts';
import { exampleRecord } from '../../src/drills/testing.ts';

const TEMPORARY = mkdtempSync(join(tmpdir(), 'drill-unattended-'));
afterAll(() => rmSync(TEMPORARY, { recursive: true, force: true }));

interface Harness {
  /** What `exercise` ends with, and what `recover` does. */
  readonly exercise?: number;
  readonly recover?: number;
  readonly record?: ExerciseRecord;
  /** The exercise goes on until it is told to end: then it is 3. */
  readonly waits?: true;
}

/** A harness that does what is said, in a directory of its own where it notes what it was asked. */
function harness({ exercise = 0, recover = 0, record, waits }: Harness) {
  const directory = mkdtempSync(join(TEMPORARY, 'run-'));
  const script = join(directory, 'drill.mjs');
  const note = join(directory, 'asked');
  writeFileSync(
    script,
    `import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
const [command, ...rest] = process.argv.slice(2);
appendFileSync(${JSON.stringify(note)}, [command, ...rest].join(' ') + '\\n');
if (command === 'recover') process.exit(${recover});
const record = ${JSON.stringify(record ?? null)};
const place = ${JSON.stringify(join(directory, 'reports/_exercises'))} + '/' + rest[0] + '/1';
if (record) mkdirSync(place, { recursive: true });
if (record) writeFileSync(place + '/exercise.json', JSON.stringify(record));
if (!${waits === true}) process.exit(${exercise});
process.on('SIGTERM', () => { appendFileSync(${JSON.stringify(note)}, 'healed\\n'); process.exit(3); });
setInterval(() => {}, 1000);
appendFileSync(${JSON.stringify(note)}, 'waits\\n');
`,
  );
  const summary = join(directory, 'summary.md');
  const run = (options: { readonly peopleLater?: boolean; readonly signal?: AbortSignal } = {}) =>
    carryOutUnattended({
      name: 'monthly',
      reports: join(directory, 'reports'),
      summary,
      peopleLater: options.peopleLater ?? false,
      drill: [process.execPath, script],
      signal: options.signal ?? new AbortController().signal,
    });
  const text = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');
  return { run, asked: () => text(note).trim().split('\n'), summary: () => text(summary) };
}

/** The example in which the runs have this verdict, and the people of the exercise that one. */
function recordWith(runs: Verdict, people: Verdict): ExerciseRecord {
  const record = exampleRecord();
  const steps = record.steps.map((step) => ({ ...step, verdict: step.kind === 'person' ? people : runs }));
  return { ...record, steps, verdict: 'unknown' };
}

test.each([
  [0, 'pass: every objective was met'],
  [1, 'fail: an objective was missed'],
  [2, 'unknown: something is not shown either way'],
  [3, 'aborted, and healed'],
  [4, 'bad input: nothing was carried out'],
  [5, 'the platform cannot be reached'],
  [6, 'evidence does not verify'],
  [70, 'a defect in the harness'],
])('it ends with the exit code of the exercise, and says what %i means', async (code, meaning) => {
  const { run, summary, asked } = harness({ exercise: code });
  expect(await run()).toBe(code);
  expect(summary()).toContain(`**${meaning}`);
  expect(asked()).toEqual([expect.stringMatching(/^exercise monthly --no-people --reports /), 'recover']);
});

test('the summary has a row for each step, and no text of a record is Markdown or HTML there', async () => {
  const hostile = '<img src=x> | **pass** `rm` [a](b)\n### pass';
  const { run, summary } = harness({ exercise: 1, record: exampleRecord(hostile) });
  await run();
  const rows = summary()
    .split('\n')
    .filter((line) => line.startsWith('| '));
  // The exercise of the record has another name than the one that was asked for: it is not ours.
  expect(rows).toEqual([]);
  const own = harness({ exercise: 1, record: { ...exampleRecord(hostile), exercise: 'monthly' } });
  await own.run();
  const table = own
    .summary()
    .split('\n')
    .filter((line) => line.startsWith('| '));
  expect(table).toHaveLength(2 + exampleRecord().steps.length);
  expect(table.slice(2).join('')).not.toMatch(/<img|\*\*|`|\[a\]/);
  expect(own.summary().match(/^### /gm)).toHaveLength(1);
});

test('something that is left behind is 5, even after a pass', async () => {
  const { run, summary } = harness({ exercise: 0, recover: 5 });
  expect(await run()).toBe(5);
  expect(summary()).toContain('**Something may be left behind**');
});

test('people who were not there: unknown, unless they come later and every run passed', async () => {
  const passed = recordWith('pass', 'unknown');
  expect(await harness({ exercise: 2, record: passed }).run()).toBe(2);
  const later = harness({ exercise: 2, record: passed });
  expect(await later.run({ peopleLater: true })).toBe(0);
  expect(later.summary()).toContain('The exercise stays unknown until people have done their steps.');
});

test.each([
  ['a run that is unknown', 2, recordWith('unknown', 'unknown')],
  ['an exercise that did not come to its end', 2, { ...recordWith('pass', 'unknown'), ended: null }],
  ['an exercise that was aborted', 3, recordWith('pass', 'unknown')],
  ['an exercise without a record', 2, undefined],
])('people who come later excuse nothing else: %s', async (_, code, record) => {
  const { run } = harness({ exercise: code, ...(record && { record }) });
  expect(await run({ peopleLater: true })).toBe(code);
});

test('what is cancelled is told to end, heals, and is looked after', async () => {
  const cancelled = new AbortController();
  const { run, asked, summary } = harness({ waits: true });
  const ended = run({ signal: cancelled.signal });
  await vi.waitFor(() => expect(asked()).toContain('waits'), { timeout: 30_000, interval: 20 });
  cancelled.abort();
  expect(await ended).toBe(3);
  expect(asked().slice(-2)).toEqual(['healed', 'recover']);
  expect(summary()).toContain('**aborted, and healed** (exit code 3)');
});

test('a harness that cannot be started is a defect, and not a pass', async () => {
  const options = { name: 'nightly', reports: join(TEMPORARY, 'none'), summary: null, peopleLater: false };
  const signal = new AbortController().signal;
  const code = await carryOutUnattended({ ...options, drill: [join(TEMPORARY, 'no-such-harness')], signal });
  // Whether anything is left could not be seen.
  expect(code).toBe(5);
});

test.each([
  [[], 'expected the name of one exercise'],
  [['nightly', 'monthly'], 'expected the name of one exercise'],
  [['nightly', '--peopel-later'], "Unknown option '--peopel-later'"],
])('what cannot be used is bad input, and no objective that was missed: %j', (args, said) => {
  const script = new URL('../../deploy/unattended.ts', import.meta.url).pathname;
  const { status, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([4, expect.stringContaining(said)]);
});
