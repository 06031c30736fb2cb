import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { VERSION } from '../../src/version.ts';
import { CASES } from './corpus/cases.ts';
import { reachOf } from './support/imports.ts';

/** The package `drill-history-check`: what it is made of, and whether a stranger can use it. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PACKAGE = join(ROOT, 'packages/history-check');
const EXAMPLE = join(ROOT, 'reports/example', readdirSync(join(ROOT, 'reports/example'))[0] as string);
const manifestOf = (directory: string) => JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));

test('the package reaches the judge, the format and the plan, and nothing that runs, injects or renders', () => {
  const { files } = reachOf(['src/history-check/index.ts', 'src/history-check/main.ts']);
  const places = new Set(files.map((file) => file.replace(/^src\/([^/]+)\/.*$/, '$1')));
  expect([...places].sort()).toEqual([
    'check',
    'history',
    'history-check',
    'scenario',
    'src/duration.ts',
    'src/errors.ts',
    'src/refused-words.ts',
    'src/text.ts',
    'src/version.ts',
  ]);
  // The plan, the shapes of what people declare in it, and which sites its faults strike.
  expect(files.filter((file) => file.startsWith('src/scenario/'))).toEqual([
    'src/scenario/drill-file.ts',
    'src/scenario/plan.ts',
    'src/scenario/shapes.ts',
    'src/scenario/struck-sites.ts',
    'src/scenario/values.ts',
  ]);
});

test('what it imports from others is what its manifest says, in the harness’s versions', () => {
  const { modules } = reachOf(['src/history-check/index.ts', 'src/history-check/main.ts']);
  const others = modules.filter((name) => !name.startsWith('node:'));
  const { dependencies, version } = manifestOf(PACKAGE);
  expect(Object.keys(dependencies)).toEqual(others);
  expect(version).toBe(VERSION);
  for (const name of others) expect(dependencies[name]).toBe(manifestOf(ROOT).dependencies[name]);
});

test.each(['check', 'report'])('src/%s never imports what runs, injects or probes', (place) => {
  const entries = readdirSync(join(ROOT, 'src', place)).filter((file) => !/\.test\.ts$|^testing/.test(file));
  const { files } = reachOf(
    entries.map((file) => `src/${place}/${file}`),
    { types: false },
  );
  expect(files.filter((file) => /^src\/(run|faults|probes|platform|client|commands)\//.test(file))).toEqual([]);
});

/** An empty directory with nothing but the package, and the two that it needs, out of their tarballs: no registry is asked. */
const home = mkdtempSync(join(tmpdir(), 'drill-package-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const npm = (cwd: string, ...args: string[]): string =>
  execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const pack = (directory: string): string =>
  join(home, npm(directory, 'pack', '--silent', '--pack-destination', home).trim());
const judge = (...args: string[]) => execute(join(home, 'node_modules/.bin/history-check'), args);

function execute(command: string, args: readonly string[]): { readonly code: number; readonly said: string } {
  try {
    return { code: 0, said: execFileSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28, stdio: 'pipe' }) };
  } catch (error) {
    const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string };
    return { code: status, said: stdout + stderr };
  }
}

beforeAll(() => {
  const tarballs = [PACKAGE, ...['zod', 'canonicalize'].map((name) => join(ROOT, 'node_modules', name))].map(pack);
  writeFileSync(join(home, 'package.json'), '{"private":true,"type":"module"}');
  npm(home, 'install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', ...tarballs);
}, 120_000);

test('it judges its corpus where nothing else is', () => {
  const { code, said } = judge('corpus');
  expect([code, said.trim().split('\n').at(-1)]).toEqual([0, `${CASES.length} of ${CASES.length} right`]);
});

test('it says of a run of the harness what the harness says, to the byte, and with the same exit code', () => {
  const { code, said } = judge(EXAMPLE);
  expect(said).toBe(readFileSync(join(EXAMPLE, 'report.json'), 'utf8'));
  expect(code).toBe(0);
  const out = join(home, 'report.json');
  expect(judge(EXAMPLE, '--out', out)).toEqual({ code: 0, said: '' });
  expect(readFileSync(out, 'utf8')).toBe(said);
});

test('its types are found, and are those of a report', () => {
  const file = join(home, 'use.ts');
  writeFileSync(
    file,
    `import { checkRun, type Report } from 'drill-history-check';
const report: Report = await checkRun('run');
export const lost: number | undefined = report.rpo[0]?.lost?.lower;
// @ts-expect-error: a report has no such member, so the types are no \`any\`
export const none = report.nothing;
`,
  );
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  const types = ['--typeRoots', join(ROOT, 'node_modules/@types'), '--types', 'node'];
  const flags = [
    '--ignoreConfig',
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    '--module',
    'nodenext',
    '--target',
    'es2024',
    ...types,
  ];
  expect(execute(process.execPath, [compiler, ...flags, file])).toEqual({ code: 0, said: '' });
});

/** What another tool may have: no chain, and of the plan what it knows. */
function recordOfAnother(): string {
  const from = join(home, 'another');
  mkdirSync(from);
  const corpus = join(home, 'node_modules/drill-history-check/corpus/outage-of-ten');
  const lines = readFileSync(join(corpus, 'journal.ndjson'), 'utf8').trim().split('\n');
  const events = lines.map((line) => {
    const { at_us, wall, type, data } = JSON.parse(line);
    return JSON.stringify({ at_us, wall, type, data });
  });
  writeFileSync(join(from, 'events.ndjson'), `${events.join('\n')}\n`);
  const { scenario, platform, settings, services, timetables, timeline, objectives } = JSON.parse(
    readFileSync(join(corpus, 'plan.json'), 'utf8'),
  );
  const plan = {
    scenario: { name: scenario.name },
    platform: { sites: platform.sites },
    ...{ settings, services, timetables, timeline, objectives },
  };
  writeFileSync(join(from, 'plan.json'), JSON.stringify(plan));
  for (const file of ['history.csv', 'read-back.csv']) cpSync(join(corpus, file), join(from, file));
  return from;
}

test('what another tool recorded is made a run, and judged', () => {
  const from = recordOfAnother();
  const to = join(home, 'assembled');
  expect(judge('assemble', from, to)).toMatchObject({ code: 0 });
  const { code, said } = judge(to);
  const report = JSON.parse(said);
  expect([code, report.verdict, report.run.defects]).toEqual([0, 'pass', []]);
  expect(report.views[0].rto.value_us).toBe(1_202_000);
  // Another time it is an error: nothing that is there is written over.
  expect(judge('assemble', from, to)).toMatchObject({ code: 4, said: expect.stringContaining('it exists') });
});

test.each([
  [['no-such-run'], 'expected the plan of a run'],
  [['one', 'two'], 'expected one run directory, got 2'],
  [['assemble', 'one'], 'expected FROM and TO'],
  [['corpus', 'judge'], 'expected -- before the command'],
  [['--verbose'], "Unknown option '--verbose'"],
  [[], 'history-check RUN'],
])('what cannot be used is bad input, and says what would be: %j', (args, said) => {
  expect(judge(...args)).toMatchObject({ code: 4, said: expect.stringContaining(said) });
});
