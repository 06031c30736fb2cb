import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { NO_KEYS } from '../../src/evidence/keyring.ts';
import { type AnchorRemote, verifyAll } from '../../src/evidence/verify-all.ts';
import { registeredRuns, registerRun, seriesIn } from '../../src/run/run-register.ts';
import { forge, keyPair, readJson, signWith, smallRun, verdicts, verifyAllAlone, writeJson } from './support/bundle.ts';

let base: string;
let reports: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'drill-all-'));
  reports = join(base, 'reports');
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const register = (): string => join(base, 'register');
const directoryOf = (run: string): string => join(reports, 'example', run);
const all = () => verifyAll(reports, NO_KEYS, null);
const here = () =>
  verifyAll(reports, NO_KEYS, { series: seriesIn(register()) as string, runs: registeredRuns(register()) });

/** As a remote would list what was pushed before each run. */
const remote = (): AnchorRemote => ({
  remote: 'host/x',
  runs: registeredRuns(register()).map(({ counter, run: id, intentSha256 }) => {
    return { series: seriesIn(register()) as string, counter, run: id, intentSha256 };
  }),
});
const asked = () => verifyAll(reports, NO_KEYS, null, remote());
/** What both verifiers can see without a register and a remote is the same. */
const alone = () => verifyAllAlone(reports, NO_KEYS);

/** A sealed run with its place in the register. */
function run(name: string): void {
  const directory = directoryOf(name);
  mkdirSync(directory, { recursive: true });
  smallRun(directory, name);
  registerRun(register(), name, directory, (sequence) => {
    writeJson(join(directory, 'intent.json'), { ...readJson(join(directory, 'intent.json')), sequence });
    forge(directory, {});
    return readFileSync(join(directory, 'intent.json'), 'utf8');
  });
}

test('runs without a gap, of which none is accused, signed or not', async () => {
  for (const name of ['a', 'b', 'c']) run(name);
  const owner = keyPair();
  await signWith(owner, directoryOf('b'));
  expect(here()).toMatchObject({
    gaps: [],
    runs: [
      { path: 'example/a', problem: null, signed: 'unsigned' },
      { path: 'example/b', problem: null, signed: 'not-checked' },
      { path: 'example/c', problem: null },
    ],
  });
  expect(all().gaps).toEqual([]);
});

test('a run that was deleted shows, also the last where the register is here', () => {
  for (const name of ['a', 'b', 'c']) run(name);
  rmSync(directoryOf('b'), { recursive: true });
  expect(all().gaps).toEqual([expect.stringMatching(/run 2 is missing/)]);
  rmSync(directoryOf('c'), { recursive: true });
  expect(all().gaps).toEqual([]);
  expect(all().notes.join()).toContain('runs after the last one cannot be missed');
  expect(here().gaps).toEqual([
    expect.stringMatching(/run 2 is missing: b, begun in .*example.b/),
    expect.stringMatching(/run 3 is missing: c/),
  ]);
});

test('a run in the place of another, and one that was sealed again after the next began, show', () => {
  for (const name of ['a', 'b', 'c']) run(name);
  forge(directoryOf('a'), {
    report: (report) => {
      report.verdict = 'unknown';
    },
  });
  expect(all().gaps).toEqual(['example/a: manifest.json is another than when example/b began']);
  const { sequence } = readJson(join(directoryOf('b'), 'intent.json'));
  smallRun(directoryOf('b'), 'z');
  writeJson(join(directoryOf('b'), 'intent.json'), { ...readJson(join(directoryOf('b'), 'intent.json')), sequence });
  forge(directoryOf('b'), {});
  expect(all().gaps).toContain('example/c: follows another run than example/b, which has the counter before');
});

test('a counter that is there twice, a run of before there were counters, and one that does not verify are named', () => {
  for (const name of ['a', 'b']) run(name);
  cpSync(directoryOf('b'), directoryOf('copy'), { recursive: true });
  expect(all().gaps).toEqual([]);
  forge(directoryOf('copy'), { run: 'copy' });
  smallRun(directoryOf('old'), 'old');
  writeFileSync(join(directoryOf('a'), 'history.csv'), '');
  const { gaps, notes, runs } = all();
  expect(gaps).toEqual([expect.stringMatching(/example\/copy: has counter 2 .*, and so has example\/b/)]);
  expect(notes[0]).toContain('1 without a counter');
  expect(runs[0]).toMatchObject({ path: 'example/a', problem: expect.stringMatching(/^history.csv: expected/) });
});

test('two seals of one run are named, whatever their directories are called, with counters and without', () => {
  for (const name of ['b', 'c']) run(name);
  const again = (from: string, to: string): void => {
    cpSync(directoryOf(from), directoryOf(to), { recursive: true });
    forge(directoryOf(to), {
      report: (report) => {
        report.verdict = 'unknown';
      },
    });
  };
  for (const twin of ['a-twin', 'z-twin']) {
    again('c', twin);
    for (const { gaps } of [all(), alone()])
      expect(gaps).toEqual([expect.stringMatching(/^example\/.*: has counter 2 of series .*, and so has example\//)]);
    rmSync(directoryOf(twin), { recursive: true });
    smallRun(directoryOf('old'), 'old');
    again('old', twin);
    for (const { gaps } of [all(), alone()])
      expect(gaps).toEqual([expect.stringMatching(/^example\/.*: is another record of old than example\//)]);
    for (const name of ['old', twin]) rmSync(directoryOf(name), { recursive: true });
  }
  cpSync(directoryOf('c'), directoryOf('copy'), { recursive: true });
  for (const { gaps } of [all(), alone()]) expect(gaps).toEqual([]);
});

test('a masked report is named, and is neither a run nor passed over', () => {
  run('a');
  mkdirSync(directoryOf('masked'));
  writeFileSync(join(directoryOf('masked'), 'masked.json'), '{}');
  for (const { masked, gaps } of [all(), alone()]) expect([masked, gaps]).toEqual([['example/masked'], []]);
  expect(verdicts(directoryOf('masked'), null)).toMatchObject({
    harness: 'masked.json',
    alone: 'masked.json',
    says: expect.stringContaining('masked report'),
  });
});

test('where every counted run was deleted the register says which were begun there; of what began elsewhere it says nothing', () => {
  for (const name of ['a', 'b']) run(name);
  smallRun(directoryOf('old'), 'old');
  for (const name of ['a', 'b']) rmSync(directoryOf(name), { recursive: true });
  expect(here().gaps).toEqual([
    expect.stringMatching(/run 1 is missing: a, begun in/),
    expect.stringMatching(/run 2 is missing: b, begun in/),
  ]);
  const elsewhere = {
    series: 'ab'.repeat(16),
    runs: [{ counter: 1, run: 'x', intentSha256: '', directory: '/elsewhere/x' }],
  };
  expect(verifyAll(reports, NO_KEYS, elsewhere).gaps).toEqual([]);
});

test('the last run in the place of another shows where its register is', () => {
  for (const name of ['a', 'b']) run(name);
  const { sequence } = readJson(join(directoryOf('b'), 'intent.json'));
  smallRun(directoryOf('b'), 'z');
  writeJson(join(directoryOf('b'), 'intent.json'), { ...readJson(join(directoryOf('b'), 'intent.json')), sequence });
  forge(directoryOf('b'), {});
  expect(all().gaps).toEqual([]);
  expect(here().gaps).toEqual(['example/b: is not the run that the register has under counter 2, which is b']);
});

test('the verifier without the harness sees the same gaps, but for what a register or a remote knows', () => {
  for (const name of ['a', 'b', 'c', 'd', 'e']) run(name);
  expect(alone()).toMatchObject({ gaps: [], found: all().runs.map(({ path }) => ({ path, problem: null })) });
  rmSync(directoryOf('b'), { recursive: true });
  rmSync(directoryOf('c'), { recursive: true });
  expect(alone().gaps).toEqual([expect.stringMatching(/missing from run 2 to 3/)]);
  forge(directoryOf('d'), {
    report: (report) => {
      report.verdict = 'unknown';
    },
  });
  expect(alone().gaps).toContain('example/d: manifest.json is another than when example/e began');
  cpSync(directoryOf('e'), directoryOf('twin'), { recursive: true });
  forge(directoryOf('twin'), { run: 'twin' });
  expect(alone().gaps).toContainEqual(expect.stringMatching(/has counter 5 .*, and so has/));
  writeFileSync(join(directoryOf('a'), 'history.csv'), '');
  expect(alone().found[0]).toMatchObject({ path: 'example/a', problem: expect.stringMatching(/^history.csv: /) });
});

test('a remote names what is missing here, also the last run and a whole series, without the register', () => {
  for (const name of ['a', 'b', 'c']) run(name);
  expect(asked()).toMatchObject({ gaps: [], notes: [expect.stringContaining('as long as who keeps it')] });
  rmSync(directoryOf('c'), { recursive: true });
  expect(asked().gaps).toEqual([expect.stringMatching(/run 3 is missing: c, anchored in host\/x/)]);
  rmSync(directoryOf('b'), { recursive: true });
  rmSync(directoryOf('a'), { recursive: true });
  smallRun(directoryOf('other'), 'other');
  expect(asked().gaps).toHaveLength(3);
  // A register that is here as well names each of them once.
  const both = verifyAll(
    reports,
    NO_KEYS,
    { series: seriesIn(register()) as string, runs: registeredRuns(register()) },
    remote(),
  );
  expect(both.gaps).toHaveLength(3);
});

test('a run in the place of an anchored one, and one that says it was anchored and was not, show', () => {
  run('a');
  const before = remote();
  smallRun(directoryOf('a'), 'z');
  writeJson(join(directoryOf('a'), 'intent.json'), {
    ...readJson(join(directoryOf('a'), 'intent.json')),
    sequence: { series: seriesIn(register()), counter: 1, previous: null },
  });
  forge(directoryOf('a'), {
    journal: ([first = {}, ...rest]) => [
      first,
      { ...first, type: 'anchored', data: { kind: 'git', ref: 'refs/tags/drill/x', remote: 'host/x' } },
      ...rest,
    ],
  });
  expect(verifyAll(reports, NO_KEYS, null, before).gaps).toEqual([
    'example/a: is not the run that host/x has under counter 1, which is a',
    'example/a: says that it was anchored in a Git remote, and host/x does not have it',
  ]);
});
