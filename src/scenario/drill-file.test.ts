import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, describe, expect, test } from 'vitest';
import { messageOf } from '../errors.ts';
import { drillFileJsonSchema } from './drill-file.ts';
import { declarationFor, entriesFor, parseDrillFile } from './drill-file-load.ts';
import type { EnteredFor } from './entered-rules.ts';
import { GOOD, loaded, PLATFORM, REGISTRIES } from './fixtures.ts';
import { schemaFileText } from './json-schema.ts';
import { listScenarioFiles, validateFiles } from './load.ts';
import { formatProblem } from './problem.ts';
import { resolvePlan } from './resolve.ts';
import { declared } from './testing-drill-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'drill-file-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let files = 0;

function written(text: string): string {
  files += 1;
  const file = join(directory, `${files}.drill.yaml`);
  writeFileSync(file, text);
  return file;
}

function problemsOf(text: string): readonly string[] {
  const parsed = parseDrillFile(new TextEncoder().encode(text), 'x.drill.yaml');
  return parsed.ok ? [] : parsed.problems.map(formatProblem);
}

function errorOf(work: () => unknown): string {
  try {
    work();
    return 'nothing is wrong';
  } catch (error) {
    return messageOf(error).replaceAll(`${directory}/`, '');
  }
}

describe('a drill file', () => {
  test.each([
    [
      'an unknown key',
      'before:\n  triger: { kind: schedule, what: x }\n',
      /x\.drill\.yaml:2:3: .*unknown key.*trigger/,
    ],
    [
      'a field for audit',
      'after:\n  run: r\n  by: A\n  at: 2026-01-31T12:00:00Z\n  signOff: { audit: fine }\n',
      /:5:14: .*unknown key/,
    ],
    ['a digest that is none', 'before:\n  biaRef: { ref: BIA, sha256: abc }\n', /:2:31: .*64 hex digits/],
    ['a duration without a unit', 'before:\n  dwell: 30\n', /:2:10: .*with its unit/],
    ['a rate without a unit', 'before:\n  peakLoad: { ledger: 1200 }\n', /:2:23: .*1200\/s/],
    ['a peak of nothing', 'before:\n  peakLoad: { ledger: 0/s }\n', /:2:23: .*above 0/],
    ['a state that is no member', 'before:\n  function: { memberStates: [FR, UK] }\n', /:2:34: .*expected AT or/],
    ['a member state twice', 'before:\n  function: { memberStates: [FR, FR] }\n', /:2:34: .*once/],
    ['a version that YAML takes for a number', 'before:\n  plan: { id: P, version: 1.10 }\n', /:2:27: .*expected text/],
    ['a day that there is not', `${entered('')}  signOff: { approved: 2026-02-30 }\n`, /:5:24: .*expected a day/],
    [
      'an instant of a day that there is not',
      'after: { run: r, by: A, at: 2026-02-31T12:00:00Z }\n',
      /:1:29: .*expected an instant/,
    ],
    ['an analysis of a dash', `${entered('')}  deviations: ["-"]\n`, /:5:16: .*expected words, got “-”: leave out/],
    ['a name of a point', `${entered('')}  signOff: { approver: . }\n`, /:5:24: .*expected words, got “.”/],
    [
      'a role that a report must not print',
      `${entered('')}  participants: [{ name: Ann Lee, role: certified tester }]\n`,
      /:5:41: .*got “certified”: say what was measured/,
    ],
    [
      'an owner that a report must not print',
      'before:\n  function: { owner: Compliant Bank }\n',
      /:2:22: .*got “Compliant”/,
    ],
    ['an entry by who is refused', 'after: { run: r, by: TLPT team, at: 2026-01-31T12:00:00Z }\n', /:1:22: .*“TLPT”/],
    ['an instant without a zone', 'after: { run: r, by: A, at: 2026-01-31T12:00:00 }\n', /:1:29: .*with its zone/],
    ['an entry by nobody', 'after: { run: r, at: 2026-01-31T12:00:00Z }\n', /by.*expected text/],
    ['an entry by a blank', 'after: { run: r, by: " ", at: 2026-01-31T12:00:00Z }\n', /:1:22: /],
    ['a terminal’s command in a name', 'before:\n  function: { owner: "a\\e[31m" }\n', /:2:22: .*control characters/],
    ['half a character', 'before:\n  assumption: "\\ud800"\n', /whole characters/],
    [
      'a tester twice',
      'before:\n  testers:\n    - { name: Ann Lee, role: tester, line: first }\n    - { name: ann  lee, role: tester, line: third }\n',
      /:4:15: .*once/,
    ],
    [
      'an approver who is the test lead',
      `${entered('')}  signOff: { testLead: Ann Lee, approver: "ANN LEE " }\n`,
      /:5:43: .*another person/,
    ],
    ['nothing', '{}\n', /expected before, or after/],
    ['an empty file', '', /expected a drill file, got an empty file/],
  ])('%s is an error at its place', (_, text, says) => {
    const problems = problemsOf(text);
    expect(problems.join('\n')).toMatch(says);
    expect(problems).toHaveLength(1);
  });

  test('that is no plain file is said at once', () => {
    expect(errorOf(() => declarationFor(loaded(GOOD), directory))).toMatch(/cannot be read: it is a directory/);
    expect(errorOf(() => declarationFor(loaded(GOOD), join(directory, 'none')))).toMatch(/none: cannot be read/);
  });

  test('its schema for editors is up to date, and takes what is right', () => {
    const committed = readFileSync(new URL('../../schema/drill-file.json', import.meta.url), 'utf8');
    expect(committed).toBe(schemaFileText(drillFileJsonSchema()));
    const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(drillFileJsonSchema());
    expect(validate({ before: declared() }) ? null : validate.errors).toBeNull();
    expect(validate({ before: { dwell: '30' } })).toBe(false);
  });
});

function entered(also: string, run = 'r', at = '2026-01-31T13:00:00Z'): string {
  return `after:\n  run: ${run}\n  by: Ann Lee\n  at: ${at}\n${also}`;
}

describe('before the run', () => {
  const scenario = loaded(GOOD.concat('dora: { class: switchover, function: payment screening, owner: Payments }\n'));

  test('the file beside the scenario is taken, another one in its place, and none where there is none', () => {
    const file = join(directory, 'good.yaml');
    const beside = { ...scenario, file };
    expect(declarationFor(beside)).toBeNull();
    writeFileSync(join(directory, 'good.drill.yaml'), 'before: { assumption: beside }\n');
    expect(declarationFor(beside)?.assumption).toBe('beside');
    expect(declarationFor(beside, written('before: { assumption: given }\n'))?.assumption).toBe('given');
  });

  test('a drill file is no scenario, and is validated against the one beside it', async () => {
    const home = mkdtempSync(join(directory, 'both-'));
    writeFileSync(join(home, 'good.yaml'), GOOD);
    writeFileSync(join(home, 'good.drill.yaml'), 'before:\n  peakLoad: { leger: 10/s }\n');
    expect(await listScenarioFiles(home)).toEqual([join(home, 'good.yaml')]);
    const problems = await validateFiles([join(home, 'good.drill.yaml')], REGISTRIES);
    expect(problems.map(formatProblem).join()).toMatch(
      /good\.drill\.yaml:2:15: .*no such service: it has ledger, graph/,
    );
  });

  test('a drill file of any name is validated as one, by its parts; a scenario with such a part stays a scenario', async () => {
    const problemsIn = async (name: string, text: string): Promise<string> => {
      writeFileSync(join(directory, name), text);
      return (await validateFiles([join(directory, name)], REGISTRIES)).map(formatProblem).join('\n');
    };
    expect(await problemsIn('entries.yaml', entered(''))).toBe('');
    expect(await problemsIn('declared.yml', 'before: { dwell: 30 }\n')).toMatch(/declared\.yml:1:18: .*with its unit/);
    expect(await problemsIn('also.yaml', `${entered('')}more: 1\n`)).toMatch(/unknown key/);
    expect(await problemsIn('scenario.yaml', `${GOOD}after: { run: r }\n`)).toMatch(
      /:16:1: after: unknown key \(known: name/,
    );
    expect(await problemsIn('list.yaml', '- before\n')).not.toBe('');
    expect(await problemsIn('deep.yaml', '['.repeat(200_000))).toMatch(/too deeply|not valid/);
  });

  test.each([
    [
      'a service that it does not have',
      'before: { peakLoad: { leger: 10/s } }\n',
      /no such service: it has ledger, graph/,
    ],
    ['another function', 'before: { function: { name: lending } }\n', /dora\.function: payment screening/],
    ['another owner', 'before: { function: { owner: Lending } }\n', /dora\.owner: Payments/],
    ['what is entered before there is a run', entered(''), /there is no run yet/],
  ])('%s does not fit the scenario', (_, text, says) => {
    expect(errorOf(() => declarationFor(scenario, written(text)))).toMatch(says);
  });

  test('“production” is declared of production alone, wherever in the file it stands', () => {
    const file = written(
      'before: { function: { name: payment screening, owner: Payments }, assumption: as in production }\n',
    );
    for (const environment of ['laboratory', 'staging', 'test'])
      expect(errorOf(() => declarationFor(scenario, file, environment))).toMatch(
        /:1:\d+: .*“production”: the environment is another/,
      );
    for (const environment of ['production', null]) expect(declarationFor(scenario, file, environment)).not.toBeNull();
    const other = written('before: { testers: [{ name: Ada (production), role: tester, line: first }] }\n');
    expect(errorOf(() => declarationFor(scenario, other, 'laboratory'))).toMatch(/“production”/);
  });

  test('what is declared is part of the plan, as it was written', () => {
    const options = { declared: { ...declared(), sha256: 'a'.repeat(64) } };
    const plan = resolvePlan({ loaded: scenario, platform: PLATFORM, ...REGISTRIES, options });
    expect(plan.declared).toEqual(options.declared);
    expect(resolvePlan({ loaded: scenario, platform: PLATFORM, ...REGISTRIES }).declared).toBeUndefined();
  });
});

describe('after the run', () => {
  const run: EnteredFor = {
    run: 'r',
    began: '2026-01-31T12:00:30.000Z',
    ended: '2026-01-31T12:10:00.000Z',
    environment: 'laboratory',
    objectives: ['rto/ledger', 'rpo'],
    declared: { ...declared(), sha256: 'a'.repeat(64) },
    operators: ['Hand Short'],
  };
  const now = new Date('2026-02-01T00:00:00Z');
  const enter = (text: string, of: EnteredFor = run): string => errorOf(() => entriesFor(of, written(text), now));

  test('entries come with the digest of their file', () => {
    const entries = entriesFor(run, written(entered('')), now);
    expect(entries).toMatchObject({ run: 'r', by: 'Ann Lee' });
    expect(entries.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each([
    ['about another run', entered('', 'q'), /:2:8: .*expected the run r/],
    ['before the end of the run', entered('', 'r', '2026-01-31T12:09:59Z'), /:4:7: .*no instant before the run's end/],
    ['of tomorrow', entered('', 'r', '2026-02-02T00:00:00Z'), /:4:7: .*no instant to come/],
    [
      'of an objective that was not judged',
      entered('  findings: [{ shortcoming: s, objective: rto/graph }]\n'),
      /expected an objective of the run: rto\/ledger, rpo/,
    ],
    [
      'approved by a tester who was declared',
      entered('  signOff: { approver: test lead }\n'),
      /declared as a tester before the run/,
    ],
    [
      'approved before the run',
      entered('  signOff: { approved: 2026-01-30 }\n'),
      /no day before that of the run, 2026-01-31/,
    ],
    [
      'approved by who ran it',
      entered('  signOff: { approver: "hand  SHORT" }\n'),
      /:5:24: .*signOff\.approver: expected nobody who ran it/,
    ],
    [
      'by another test lead than was declared',
      entered('  signOff: { testLead: Ann Lee }\n'),
      /:5:24: .*the test lead who was declared before the run: Test Lead/,
    ],
    [
      'approved on a day to come',
      entered('  signOff: { approved: 2026-02-01 }\n'),
      /:5:24: .*no day after that of the entry \(after\.at\), 2026-01-31/,
    ],
    [
      'by the management body on a day to come',
      entered('  signOff: { managementBody: 2099-01-01 }\n'),
      /:5:30: .*no day after/,
    ],
    [
      'of an activation before the run began',
      entered('  response: { activation: { at: 2026-01-31T11:59:59Z, what: w } }\n'),
      /:5:33: .*no instant before the run began/,
    ],
    [
      'of crisis communication to come',
      entered('  response: { communication: { at: 2026-01-31T13:00:01Z, what: w } }\n'),
      /:5:36: .*no instant after that of the entry/,
    ],
    [
      'of what was due before the run',
      entered('  findings: [{ shortcoming: s, due: 2026-01-30 }]\n'),
      /:5:37: .*no day before that of the run, 2026-01-31/,
    ],
    [
      'of production, where it was a laboratory',
      entered('  deviations: [this was done in production]\n'),
      /:5:16: .*got “production”: the environment is another/,
    ],
    ['by the management body before the run', entered('  signOff: { managementBody: 2025-12-31 }\n'), /no day before/],
    ['without entries', 'before: { assumption: x }\n', /what was entered after the run r, under after/],
  ])('an entry %s is refused', (_, text, says) => {
    expect(enter(text)).toMatch(says);
  });

  test('what agrees with the run is taken: an instant to the minute, the declared test lead, a day in the zone of who enters it', () => {
    const at = '2026-02-01T01:30:00+02:00';
    const activation = '  response: { activation: { at: 2026-01-31T12:00Z, what: by the test lead } }\n';
    const signOff = '  signOff: { testLead: test  lead, approver: Ann Lee, approved: 2026-02-01 }\n';
    expect(enter(entered(`${activation}${signOff}  findings: [{ shortcoming: s, due: 2026-03-01 }]\n`, 'r', at))).toBe(
      'nothing is wrong',
    );
    const there = entered('  deviations: [this was done in production]\n');
    expect(enter(there, { ...run, environment: 'production' })).toBe('nothing is wrong');
    const unknown: EnteredFor = { ...run, declared: null, operators: [], began: '', ended: '' };
    expect(enter(entered(`${activation}  signOff: { testLead: Ann Lee, approver: Bo Li }\n`), unknown)).toBe(
      'nothing is wrong',
    );
  });

  test('nothing is declared after the fact: what stands there must be what was declared', () => {
    const again = (assumption: string): string =>
      `before: ${JSON.stringify({ ...declared(), assumption })}\n${entered('')}`;
    expect(enter(again(declared().assumption ?? ''))).toBe('nothing is wrong');
    expect(enter(again('something easier'))).toMatch(/:1:1: before: this is not what was declared before the run/);
    expect(enter(again('x'), { ...run, declared: null })).toMatch(/not what was declared/);
  });
});
