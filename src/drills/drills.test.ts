import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, test } from 'vitest';
import { FAULTS } from '../faults/registry.ts';
import { PROBES } from '../probes/registry.ts';
import { schemaFileText } from '../scenario/json-schema.ts';
import { formatProblem } from '../scenario/problem.ts';
import { runOf } from '../trend/testing.ts';
import { coverageOf } from './coverage.ts';
import { dueExercises } from './due.ts';
import { coverageJsonSchema, exerciseJsonSchema } from './exercise-schema.ts';
import {
  listExercises,
  loadCoverage,
  loadExercise,
  loadScenarios,
  parseCoverage,
  parseExercise,
  type Scenarios,
} from './load.ts';
import { exerciseRecordJsonSchema } from './record.ts';
import { exampleRecord } from './testing.ts';

const REGISTRIES = { probes: PROBES, faults: FAULTS };
const root = (path: string): string => new URL(`../../${path}`, import.meta.url).pathname;
let scenarios: Scenarios;
beforeAll(async () => {
  scenarios = await loadScenarios(root('scenarios'), REGISTRIES);
});

describe('what is delivered', () => {
  test('the exercises and the coverage are right', async () => {
    const names = await listExercises(root('drills'));
    expect(names).toEqual(['monthly', 'nightly', 'quarterly']);
    for (const name of names) await loadExercise(name, root('drills'), scenarios);
    const { exercise } = await loadExercise('nightly', root('drills'), scenarios);
    expect(exercise.steps.every((step) => 'scenario' in step)).toBe(true);
    await loadCoverage(root('drills'), scenarios);
  });

  test('every scenario stands in a row of the coverage', async () => {
    const { rows } = await loadCoverage(root('drills'), scenarios);
    const named = new Set(rows.flatMap(({ scenarios: names = [] }) => names));
    expect([...scenarios.keys()].filter((name) => !named.has(name))).toEqual([]);
  });

  test.each([
    ['drill.json', exerciseJsonSchema],
    ['functions.json', coverageJsonSchema],
    ['exercise.json', exerciseRecordJsonSchema],
  ])('schema/%s is up to date: `drill schema` writes it', async (file, schema) => {
    expect(await readFile(root(`schema/${file}`), 'utf8')).toBe(schemaFileText(schema()));
  });
});

describe('an exercise with mistakes', () => {
  const problems = (text: string): readonly string[] => {
    const parsed = parseExercise(new TextEncoder().encode(text), 'monthly.yaml', scenarios);
    return parsed.ok ? [] : parsed.problems.map(formatProblem);
  };
  const head = 'name: monthly\ntitle: x\nevery: 31d\nfunctions: [payments]\nsteps:\n';

  test.each([
    ['an unknown key', `${head}  - { scenario: site-failover, proves: [rto], wat: 1 }`, /:6:\d+: .*wat/],
    [
      'no such scenario',
      `${head}  - { scenario: site-failovr, proves: [rto] }`,
      /:6:17: .*did you mean "site-failover"/,
    ],
    [
      'an objective that it does not judge',
      `${head}  - { scenario: graph-damage, proves: [latency] }`,
      /:6:\d+: .*judges no latency/,
    ],
    [
      'another name than its file',
      `${head.replace('monthly', 'weekly')}  - { person: a, prompt: b }`,
      /:1:7: name: .*"monthly"/,
    ],
    ['a duration without a unit', `${head.replace('31d', '31')}  - { person: a, prompt: b }`, /:3:\d+: every: .*unit/],
    ['no step', head, /:5:\d+: steps/],
    ['control characters', `${head}  - { person: "a\\e[31m", prompt: b }`, /:6:\d+: .*control characters/],
    ['nothing at all', '', /expected an exercise, got an empty file/],
  ])('%s', (_, text, says) => {
    const found = problems(text);
    expect(found.join('\n')).toMatch(says);
    for (const line of found) expect(line).toMatch(/^monthly\.yaml:\d+:\d+: /);
  });

  test('a row of the coverage that is nobody’s, twice, or of an unknown scenario', () => {
    const text = 'rows:\n  - { row: a, group: g }\n  - { row: a, group: g, scenarios: [nope] }\n';
    const parsed = parseCoverage(new TextEncoder().encode(text), 'functions.yaml', scenarios);
    const said = parsed.ok ? '' : parsed.problems.map(formatProblem).join('\n');
    expect(said).toMatch(/:2:\d+: .*expected one of scenarios/);
    expect(said).toMatch(/:3:\d+: .*each row once/);
    expect(said).toMatch(/:3:\d+: .*no scenario nope/);
  });
});

describe('coverage', () => {
  const now = new Date('2026-06-01T00:00:00.000Z');
  const row = (more: object) => ({ row: 'r', group: 'g', promised: '', note: '', ...more });
  const DAY = 86_400_000_000;
  const of = (runs: readonly ReturnType<typeof runOf>[], more: object = { scenarios: ['site-failover'] }) => {
    const file = { every: 365 * DAY, rows: [row(more)] };
    const [first] = coverageOf({ file, scenarios, runs, platform: null, now });
    return first;
  };
  const fresh = (day: number, more: object = {}) => {
    const sha = scenarios.get('site-failover')?.sha256.slice(0, 12) ?? '';
    return runOf(day, null, { setting: new Map([['scenario file', sha]]), ...more });
  };

  test('what nothing covers, what was never run, what is up to date', () => {
    expect(of([], { notHere: 'no' })?.state).toBe('not covered');
    expect(of([], { tier: 4 })?.state).toBe('not covered');
    expect(of([])).toMatchObject({ state: 'never', result: 'unknown', last: null });
    expect(of([fresh(3)])).toMatchObject({ state: 'current', result: 'pass' });
  });

  test('overdue: too long ago, changed since, one of several never run', () => {
    const old = fresh(1, { started: '2025-05-01T00:00:00.000Z' });
    expect(of([old])?.scenarios[0]?.overdue[0]).toMatch(/396 days ago, more than 365/);
    expect(of([runOf(3, null)])?.scenarios[0]?.overdue[0]).toMatch(/changed since: scenario file/);
    expect(of([fresh(3)], { scenarios: ['site-failover', 'disk-full'] })).toMatchObject({
      state: 'overdue',
      result: 'unknown',
    });
  });

  test('aborted runs and dates to come exercise nothing; the newest one decides', () => {
    expect(of([fresh(3, { outcome: 'aborted' })])?.state).toBe('never');
    expect(of([fresh(3, { started: '2031-01-01T00:00:00.000Z' }), fresh(3, { started: 'soon' })])?.state).toBe('never');
    expect(of([fresh(4, { verdict: 'fail' }), fresh(3)])?.result).toBe('fail');
  });

  test('a version or a node more than then', () => {
    const platform = {
      name: 'local',
      environment: 'laboratory',
      sites: [],
      nodesPerSite: 3,
      replicationFactor: 3,
      versions: { cassandra: '5.0.7' },
    };
    const file = { every: 365 * DAY, rows: [row({ scenarios: ['site-failover'] })] };
    const [first] = coverageOf({ file, scenarios, runs: [fresh(3)], platform, now });
    expect(first?.scenarios[0]?.overdue.join()).toMatch(/version of cassandra .* is 5\.0\.7.*nodes a site/);
  });
});

describe('what an exercise leaves', () => {
  test('its record is what its schema says', () => {
    const validate = new Ajv2020({ strict: false }).compile(exerciseRecordJsonSchema());
    expect(validate(exampleRecord())).toBe(true);
    expect(validate({ ...exampleRecord(), verdict: 'ok' })).toBe(false);
  });

  test('it is due when it never came to its end, too long ago, or its file changed', async () => {
    const exercise = await loadExercise('monthly', root('drills'), scenarios);
    const due = (record: ReturnType<typeof exampleRecord> | null, now: string) =>
      dueExercises([exercise], record === null ? [] : [{ path: 'p', record }], new Date(now))[0]?.due;
    const other = exampleRecord();
    const steps = other.steps.filter((step) => step.kind === 'person' || step.run !== null);
    const record = { ...other, steps, fileSha256: exercise.sha256 };
    // One of its scenarios was not run.
    expect(due({ ...other, fileSha256: exercise.sha256 }, '2026-02-01T00:00:00Z')).toBe('never carried out');
    expect(due(null, '2026-02-01T00:00:00Z')).toBe('never carried out');
    expect(due({ ...record, ended: null }, '2026-02-01T00:00:00Z')).toBe('never carried out');
    expect(due(record, '2026-02-01T00:00:00Z')).toBe('');
    expect(due(record, '2026-04-01T00:00:00Z')).toMatch(/more than/);
    expect(due({ ...other, steps }, '2026-02-01T00:00:00Z')).toBe('its file changed since');
  });
});
