import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, expect, test } from 'vitest';
import { InputError } from '../errors.ts';
import { readJournal } from '../history/read-journal.ts';
import { journalLineJsonSchema } from '../report/schema.ts';
import { assembleRun } from './assemble.ts';
import { planFrom } from './neutral-plan.ts';

const TEMPORARY = mkdtempSync(join(tmpdir(), 'drill-assemble-'));
afterAll(() => rmSync(TEMPORARY, { recursive: true, force: true }));

const PLAN = { scenario: { name: 'lost' }, services: {}, timetables: [], timeline: [], objectives: [] };
const STARTED = {
  at_us: 0,
  wall: '2026-01-31T12:00:00.000Z',
  type: 'run-started',
  data: { run: 'r', scenario: 'lost', harness: 'x', node: '' },
};
const ENDED = { ...STARTED, at_us: 9, type: 'run-ended', data: { outcome: 'completed', reason: '' } };
const lines = (...events: readonly object[]) => events.map((event) => `${JSON.stringify(event)}\n`).join('');

/** What another tool may have left, in a directory of its own; null: the file is not there. */
function recorded(files: Readonly<Record<string, string | null>> = {}) {
  const from = mkdtempSync(join(TEMPORARY, 'from-'));
  const usual = { 'plan.json': JSON.stringify(PLAN), 'events.ndjson': lines(STARTED, ENDED), 'history.csv': 'index\n' };
  for (const [name, text] of Object.entries({ ...usual, ...files }))
    if (text !== null) writeFileSync(join(from, name), text);
  return { from, to: join(from, 'run') };
}

test('events come into a chain by their instants, those of one instant in their order', () => {
  const again = { ...STARTED, at_us: 9, type: 'phase', data: { phase: 'after' } };
  const { from, to } = recorded({ 'events.ndjson': lines(ENDED, again, STARTED) });
  assembleRun(from, to);
  const { events, defects, torn } = readJournal(join(to, 'journal.ndjson'), readFileSync(join(to, 'intent.json')));
  expect([events.map(({ type }) => type), defects, torn]).toEqual([['run-started', 'run-ended', 'phase'], [], false]);
  const validate = new Ajv2020({ strict: false }).compile(journalLineJsonSchema());
  for (const event of events) expect(validate(event)).toBe(true);
});

test('the schema of a line refuses a known type that says something else, and takes a type that is not known', () => {
  const validate = new Ajv2020({ strict: false }).compile(journalLineJsonSchema());
  const line = { ...ENDED, seq: 0, prev: '', hash: '' };
  expect(validate(line)).toBe(true);
  expect(validate({ ...line, data: { outcome: 'well', reason: '' } })).toBe(false);
  expect(validate({ ...line, type: 'of-another-tool', data: {} })).toBe(true);
});

test.each([
  ['no plan', { 'plan.json': null }, 'plan.json'],
  ['a plan that is none', { 'plan.json': '[]' }, 'expected a JSON object'],
  ['a plan without objectives', { 'plan.json': JSON.stringify({ ...PLAN, objectives: undefined }) }, 'no objectives'],
  ['a plan that says more', { 'plan.json': JSON.stringify({ ...PLAN, goal: 1 }) }, 'goal'],
  ['no history', { 'history.csv': null }, 'expected history.csv'],
  ['no events', { 'events.ndjson': null }, 'events.ndjson'],
  ['an event in a chain', { 'events.ndjson': lines({ ...STARTED, seq: 0 }) }, 'events.ndjson line 1'],
  ['half an event', { 'events.ndjson': '{"at_us":' }, 'events.ndjson line 1'],
  ['a fraction of a microsecond', { 'events.ndjson': lines({ ...STARTED, at_us: 0.5 }) }, 'at_us'],
  ['a run without a name', { 'events.ndjson': lines(ENDED) }, 'run-started'],
  ['text that is no Unicode', { 'events.ndjson': lines(STARTED).replace('"r"', '"\\ud800"') }, 'cannot be hashed'],
])('%s is bad input, said with its place, and nothing is written', (_, files, said) => {
  const { from, to } = recorded(files);
  expect(() => assembleRun(from, to)).toThrow(InputError);
  expect(() => assembleRun(from, to)).toThrow(said);
  expect(existsSync(to)).toBe(false);
});

test('the plan of the package’s own instructions is one', () => {
  const readme = readFileSync(new URL('../../packages/history-check/README.md', import.meta.url), 'utf8');
  const [, json = ''] = readme.match(/```json\n(.*?)```/s) ?? [];
  const plan = planFrom(JSON.parse(json));
  expect([plan.scenario.name, plan.objectives.length, plan.settings.windowOperations]).toEqual(['site-lost', 1, 200]);
});
