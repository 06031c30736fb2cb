import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import type { Report, Verdict } from '../check/report-schema.ts';
import { renderOscal } from './oscal.ts';
import { failingReport, passingReport, unknownReport } from './testing.ts';
import { exampleReports } from './testing-all.ts';

/** The schema as it is published; test/unit/published/README.md says where it is from. */
const PUBLISHED = readFileSync(new URL('../../test/unit/published/oscal-1.1.3.json', import.meta.url));
const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(
  JSON.parse(PUBLISHED.toString('utf8')),
);

interface Result {
  readonly observations: readonly { readonly uuid: string; readonly title: string; readonly description: string }[];
  readonly findings?: readonly {
    readonly title: string;
    readonly target: { readonly 'target-id': string; readonly status: { readonly state: string } };
    readonly 'related-observations': readonly { readonly 'observation-uuid': string }[];
  }[];
}

const documentOf = (report: Report) => JSON.parse(renderOscal(report))['assessment-results'];
const resultOf = (report: Report): Result => documentOf(report).results[0];

/** OSCAL takes nothing without a time: the examples that have none are given one. */
const dated = (report: Report): Report => ({
  ...report,
  run: {
    ...report.run,
    started: Number.isNaN(Date.parse(report.run.started)) ? '2026-01-31T12:00:00.000Z' : report.run.started,
  },
});
const EXAMPLES = Object.entries(exampleReports()).map(([name, report]) => [name, dated(report)] as const);

/** A report whose objectives have these verdicts, and nothing else to say. */
function judged(...verdicts: readonly Verdict[]): Report {
  const [first] = passingReport().objectives;
  if (!first) throw new Error('expected an objective in the example');
  const objectives = verdicts.map((verdict, n) => ({
    ...first,
    statement: `objective ${n}`,
    verdict,
    reason: verdict,
  }));
  return { ...passingReport(), verdict: verdicts.includes('fail') ? 'fail' : 'unknown', objectives, reasons: [] };
}

test('the published schema is the one that was pinned', () => {
  const digest = createHash('sha256').update(PUBLISHED).digest('hex');
  expect(digest).toBe('078848cb4000024a65679110f6ee2d99b300b06471a33fc536b19b670b65aa51');
});

test.each(EXAMPLES)('the example %s is assessment results, as the published schema has them', (_, report) => {
  expect(validate(JSON.parse(renderOscal(report))) ? null : validate.errors).toBeNull();
});

test('the delivered example is assessment results as well', () => {
  const report = JSON.parse(
    readFileSync(new URL('../../reports/example/20261121T204613Z-95de0f/report.json', import.meta.url), 'utf8'),
  );
  expect(validate(JSON.parse(renderOscal(report))) ? null : validate.errors).toBeNull();
  expect(resultOf(report).findings).toBeUndefined();
});

test.each(EXAMPLES)(
  'the example %s: nothing is claimed, and no word is used that a report must not use',
  (_, report) => {
    const written = renderOscal({ ...report, ...withoutTexts(report) });
    expect(written).not.toMatch(/"state": "(?!not-satisfied")/);
    expect(written).not.toMatch(/complian|complies|certif|audit-ready|tamper-proof|RPO = 0|in production/i);
  },
);

/** What the scenario says in its own words is not ours to choose. */
function withoutTexts({ run }: Report): Pick<Report, 'run'> {
  return { run: { ...run, title: 'title', hypothesis: 'hypothesis', reason: 'reason' } };
}

test('an objective that was missed is a finding of its observation, not satisfied', () => {
  const { observations, findings = [] } = resultOf(judged('pass', 'fail', 'unknown'));
  expect(findings.map(({ title, target }) => [title, target['target-id'], target.status.state])).toEqual([
    ['objective 1', 'objective-2', 'not-satisfied'],
  ]);
  const [related] = findings[0]?.['related-observations'] ?? [];
  expect(observations.find(({ uuid }) => uuid === related?.['observation-uuid'])?.title).toBe('objective 1');
});

test('what passed and what is not known are observations, and no finding', () => {
  const { observations, findings } = resultOf(judged('pass', 'unknown'));
  expect(observations.map(({ title }) => title)).toEqual(expect.arrayContaining(['objective 0', 'objective 1']));
  expect(findings).toBeUndefined();
  expect(resultOf(unknownReport()).findings).toBeUndefined();
  expect(resultOf(passingReport()).findings).toBeUndefined();
});

test('a fault that was left behind is a finding, though every objective passed', () => {
  const reasons = [{ verdict: 'fail' as const, subject: 'site-loss-1', text: 'it was not seen to be gone' }];
  const { findings = [] } = resultOf({ ...passingReport(), verdict: 'fail', reasons });
  expect(findings.map(({ title, target }) => [title, target['target-id']])).toEqual([
    ['site-loss-1', 'run-as-a-whole'],
  ]);
});

test('a run that failed has a finding, even where its record names no reason', () => {
  const { findings = [] } = resultOf({ ...passingReport(), verdict: 'fail', reasons: [] });
  expect(findings.map(({ title }) => title)).toEqual(['verdict of the run']);
});

test('what was not measured is said', () => {
  const [what] = failingReport().notMeasured;
  const said = resultOf(failingReport()).observations.find(({ title }) => title === 'not measured');
  expect(said?.description).toContain(what?.why);
});

test('the same report gives the same bytes; every identifier is of version 5 and its own, and another run has others', () => {
  const identifiersOf = (report: Report): string[] =>
    [...renderOscal(report).matchAll(/"uuid": "([^"]+)"/g)].map(([, uuid]) => uuid as string);
  const own = identifiersOf(failingReport());
  expect(renderOscal(failingReport())).toBe(renderOscal(failingReport()));
  expect(new Set(own).size).toBe(own.length);
  for (const uuid of own) expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  const others = identifiersOf({ ...failingReport(), run: { ...failingReport().run, id: 'another' } });
  expect(others.filter((uuid) => own.includes(uuid))).toEqual([]);
});

test('every reference within the document is to something in it', () => {
  const written = renderOscal(failingReport());
  const known = new Set([...written.matchAll(/"uuid": "([^"]+)"/g)].map(([, uuid]) => uuid));
  const used = [...written.matchAll(/"(?:observation-uuid": "|href": "#)([^"]+)"/g)].map(([, uuid]) => uuid);
  expect(used.length).toBeGreaterThan(2);
  expect(used.filter((uuid) => !known.has(uuid))).toEqual([]);
  const targets = [...written.matchAll(/"target-id": "([^"]+)"/g)].map(([, id]) => id);
  const parts = new Set([...written.matchAll(/"id": "([^"]+)"/g)].map(([, id]) => id));
  expect(targets.filter((id) => !parts.has(id))).toEqual([]);
});

test.each(['', 'yesterday', '+275760-09-13T00:00:00.000Z', '0001-01-01T00:00:00Z'])(
  'a report that does not say when it was is refused: %j',
  (started) => {
    const report = { ...passingReport(), run: { ...passingReport().run, started } };
    expect(() => renderOscal(report)).toThrow('does not say when the run was');
  },
);
