import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeManifest } from '../../src/evidence/manifest.ts';
import { verifyBundle } from '../../src/evidence/verify.ts';
import { forge, type JsonObject, keyPair, keysOf, readJson, signWith, smallRun, verdicts } from './support/bundle.ts';
import type { Forgery } from './support/forge.ts';

/*
 * Whoever has the key can sign anything. What the files of a run say of it in plain words they say alike, or both verifiers accuse the one that does not: a report that was
 * made for another plan, a journal of another run, an intent that declares nothing.
 */

const base = mkdtempSync(join(tmpdir(), 'drill-claims-'));
const original = join(base, 'original');
const owner = keyPair();
let copies = 0;
beforeAll(() => smallRun(original));
afterAll(() => rmSync(base, { recursive: true, force: true }));

function copy(): string {
  copies += 1;
  const run = join(base, `run-${copies}`);
  cpSync(original, run, { recursive: true });
  return run;
}

/** What both say of a run with these lies, signed by its owner. */
async function said(forgery: Forgery): Promise<{ harness: string; alone: string; says: string }> {
  const run = copy();
  forge(run, forgery);
  await signWith(owner, run).catch(() => {});
  return verdicts(run, null);
}

const inRun = (change: JsonObject) => (report: JsonObject) => Object.assign(report.run as JsonObject, change);
const inDora = (change: JsonObject) => (report: JsonObject) => Object.assign(report.dora as JsonObject, change);
const fault = (report: JsonObject): JsonObject => (report.faults as [JsonObject])[0];

const REPORTS: readonly (readonly [string, (report: JsonObject) => unknown])[] = [
  ['another scenario', inRun({ scenario: 'disk-full' })],
  ['another title', inRun({ title: 'Nothing happens' })],
  ['another hypothesis', inRun({ hypothesis: 'All is well.' })],
  ['another tier', inRun({ tier: 4 })],
  ['another environment', inRun({ environment: 'production' })],
  ['another beginning', inRun({ started: '2026-11-22T20:46:13.479Z' })],
  ['an end that its journal does not have', inRun({ outcome: 'aborted' })],
  ['another reason of its end', inRun({ reason: 'a person stopped it' })],
  [
    'another name of its platform',
    ({ facts }) => Object.assign((facts as [JsonObject])[0], { value: 'local (production)' }),
  ],
  ['other sites', ({ facts }) => Object.assign((facts as JsonObject[])[1] as JsonObject, { value: 'paris' })],
  ['less that is not measured', (report) => Object.assign(report, { notMeasured: [] })],
  [
    'a view that is in no plan',
    (report) => Object.assign(report, { views: [{ probe: 'cql', service: 'other', site: '', client: 'outside' }] }),
  ],
  ['fewer faults', ({ faults }) => (faults as JsonObject[]).pop()],
  ['a fault of another kind', (report) => Object.assign(fault(report), { type: 'site-loss' })],
  ['a fault of another site', (report) => Object.assign(fault(report), { target: 'london' })],
  ['a disaster that is none', (report) => Object.assign(fault(report), { disaster: true })],
  ['a fault that took effect at another instant', (report) => Object.assign(fault(report), { effective: null })],
  [
    'a fault that did not lapse, or did',
    (report) => Object.assign(fault(report), { lapsed: [{ notBefore_us: 1, notAfter_us: 2 }] }),
  ],
  ['criteria with another digest', inDora({ criteriaSha256: 'a'.repeat(64) })],
  ['criteria that were not declared', inDora({ criteriaDeclared: false })],
  ['another place in its series', inDora({ attempt: { series: 'a'.repeat(32), counter: 1 } })],
  [
    'people’s word for it, which nobody gave',
    inDora({ authorisation: { operator: 'a', ticket: 'b', approver: 'c', from: '', to: '' } }),
  ],
  ['another function', inDora({ scenario: { doraClass: 'switchover', function: 'all', owner: '' } })],
  ['what nobody declared', inDora({ declared: { assumption: 'none', sha256: 'a'.repeat(64) } })],
  ['what stopped it, and did not', inDora({ stopped: [{ at_us: 1, condition: 'lever', observed: 'x' }] })],
  ['a verdict that is not that of its objectives', (report) => Object.assign(report, { verdict: 'fail' })],
  [
    'a verdict in spite of a reason',
    ({ reasons }) => (reasons as JsonObject[]).push({ verdict: 'unknown', subject: 'x', text: 'y' }),
  ],
  ['a pass in spite of a defect', inRun({ defects: ['a hole'] })],
];

test.each(REPORTS)('a report with %s', async (_, lie) => {
  expect(await said({ lies: { report: (report) => void lie(report) } })).toMatchObject({
    harness: 'report.json',
    alone: 'report.json',
  });
});

type Events = readonly JsonObject[];
const JOURNALS: readonly (readonly [string, string, (events: Events) => Events])[] = [
  ['another scenario', 'journal.ndjson', ([first, ...rest]) => [started(first, { scenario: 'disk-full' }), ...rest]],
  ['another version', 'journal.ndjson', ([first, ...rest]) => [started(first, { harness: '9.9.9' }), ...rest]],
  ['another run', 'journal.ndjson', ([first, ...rest]) => [started(first, { run: 'another' }), ...rest]],
  ['no run', 'journal.ndjson', ([first, ...rest]) => [started(first, { run: '' }), ...rest]],
  ['no name of a run', 'journal.ndjson', ([first, ...rest]) => [started(first, { run: null }), ...rest]],
  ['no beginning', 'journal.ndjson', ([, ...rest]) => rest],
  ['nothing at all', 'journal.ndjson', () => []],
  ['two beginnings', 'journal.ndjson line 3', ([first, second, ...rest]) => [first, second, first, ...rest] as Events],
  [
    'another end',
    'report.json',
    (events) =>
      events.map((one) => (one.type === 'run-ended' ? { ...one, data: { outcome: 'failed', reason: '' } } : one)),
  ],
  ['no end', 'report.json', (events) => events.filter(({ type }) => type !== 'run-ended')],
  ['no word that a fault is gone', 'report.json', (events) => events.filter(({ type }) => type !== 'fault-gone')],
];
const started = (first: JsonObject | undefined, change: JsonObject): JsonObject => ({
  ...first,
  data: { ...(first?.data as JsonObject), ...change },
});

test.each(JOURNALS)('a journal that has %s', async (_, place, journal) => {
  expect(await said({ lies: { journal } })).toMatchObject({ harness: place, alone: place });
});

const INTENTS = ['run', 'scenario', 'scenarioSha256', 'criteriaSha256', 'planSha256', 'harness'];

test.each(INTENTS)('an intent that does not declare %s', async (name) => {
  const intent = (value: JsonObject): void => {
    delete value[name];
  };
  expect(await said({ lies: { intent } })).toMatchObject({ harness: 'intent.json', alone: 'intent.json' });
});

test.each([
  ['scenario', 'plan.json'],
  ['planSha256', 'plan.json'],
  ['criteriaSha256', 'plan.json'],
  ['scenarioSha256', 'scenario.yaml'],
  ['run', 'manifest.json'],
  ['harness', 'journal.ndjson'],
])('an intent that declares another %s', async (name, place) => {
  const intent = (value: JsonObject): void => {
    value[name] = name.endsWith('256') ? 'a'.repeat(64) : 'another';
  };
  expect(await said({ lies: { intent } })).toMatchObject({ harness: place, alone: place });
});

test('a plan of another scenario under the same name', async () => {
  const plan = ({ scenario }: JsonObject): void => {
    Object.assign(scenario as JsonObject, { sha256: 'a'.repeat(64) });
  };
  expect(await said({ lies: { plan } })).toMatchObject({ harness: 'plan.json', alone: 'plan.json' });
});

test.each(['history.csv', 'read-back.csv'])('a pass of a run without its %s', async (name) => {
  const run = copy();
  rmSync(join(run, name));
  rmSync(join(run, 'manifest.json'));
  writeManifest(run, readJson(join(run, 'intent.json')).run as string);
  expect(verdicts(run, null)).toMatchObject({ harness: 'report.json', alone: 'report.json' });
  // Whoever says that it is unknown says what is so.
  forge(run, { report: (report) => Object.assign(report, { verdict: 'unknown' }) });
  expect(verdicts(run, null)).toMatchObject({ harness: 'ok no', alone: 'ok no' });
});

test('a run that is changed with all that has to agree is no lie of its files, and shows by the key alone', async () => {
  const run = copy();
  await signWith(owner, run);
  expect(verdicts(run, owner.publicKey)).toMatchObject({ harness: 'ok yes', alone: 'ok yes' });
  forge(run, {
    plan: (plan) => {
      Object.assign(plan.scenario as JsonObject, { title: 'another' });
      Object.assign(plan.platform as JsonObject, { environment: 'production' });
    },
  });
  expect(verdicts(run, null)).toMatchObject({ harness: 'ok no', alone: 'ok no' });
  await signWith(keyPair(), run);
  expect(verdicts(run, owner.publicKey)).toMatchObject({ harness: 'manifest.dsse.json', alone: 'manifest.dsse.json' });
});

test('a report that a later version made says so', () => {
  const run = copy();
  expect(verifyBundle(run, keysOf(null)).harness).toEqual({ ran: '0.1.0', judged: '0.2.0' });
});

test('a journal whose wall clock says no instant is one that can be read', () => {
  const run = copy();
  for (const wall of ['yesterday', '-271821-04-20T00:00:00.000Z']) {
    const first = ([one, ...rest]: Events): Events => [{ ...one, wall }, ...rest];
    forge(run, { lies: { journal: first, report: inRun({ started: wall }) } });
    expect(verdicts(run, null)).toMatchObject({ harness: 'ok no', alone: 'ok no' });
  }
});

test('the same text in another spelling is not what was written', () => {
  const run = copy();
  const path = join(run, 'plan.json');
  writeFileSync(path, readFileSync(path, 'utf8').replace('"tier": 1', '"tier": 1.0'));
  rmSync(join(run, 'manifest.json'));
  writeManifest(run, readJson(join(run, 'intent.json')).run as string);
  expect(verdicts(run, null)).toMatchObject({ harness: 'plan.json', alone: 'plan.json' });
});
