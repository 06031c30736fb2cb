import { expect, test } from 'vitest';
import type { Dora } from '../check/dora-schema.ts';
import type { Report } from '../check/report-schema.ts';
import { renderHtml } from '../report/html.ts';
import { renderJUnit } from '../report/junit.ts';
import { renderOscal } from '../report/oscal.ts';
import { abortedReport, failingReport } from '../report/testing.ts';
import { exampleDora } from '../report/testing-dora.ts';
import { knownNames } from './known-names.ts';
import { Mask } from './mask.ts';
import { redactReport } from './redact-report.ts';
import { textRedactor } from './redact-text.ts';

function masked(of: (dora: Dora) => Partial<Dora> = () => ({}), base: Report = failingReport()): Report {
  const dora = exampleDora(base, false);
  const original = { ...base, dora: { ...dora, ...of(dora) } };
  const mask = new Mask('5'.repeat(64));
  const redact = textRedactor(mask, knownNames({}, [], original), [original.run.id]);
  const { report, withheld } = redactReport(original, redact);
  const digests = { originalManifestSha256: 'a'.repeat(64), maskSha256: mask.digest() };
  return { ...report, masked: { ...digests, names: mask.size, withheld: [...withheld] } };
}

function visible(page: string): string {
  return page
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/[\s\u00a0\u202f\u2002]+/g, ' ');
}

/** What was declared, as each rendering would say it. */
const DECLARED = ['FR, DE', '1200/s', '8.33', 'as declared', 'profile '];

test('nothing that was worked out from what people declared is left, in any rendering', () => {
  const report = masked(({ classification, load }) => ({
    twoHours: [{ service: 'ledger', rto_us: { lower: 1, upper: 2 }, within: true }],
    load: load.map((one) => ({ ...one, heldWithoutSite: true })),
    classification: {
      ...classification,
      conclusion: 'would be',
      why: '2 of 6 other thresholds reached',
      criteria: [
        { criterion: 'Geographical spread', threshold: '', measured: 'FR, DE, as declared', reached: true, note: '' },
      ],
    },
  }));
  const { dora } = report;
  expect(dora?.twoHours).toBeNull();
  expect(dora?.load).toMatchObject([{ offered: 100, peak: null, share: null, heldWithoutSite: true }]);
  expect(dora?.dwell).toMatchObject([{ required_us: null, met: null, reached_us: { lower: 70_000_000 } }]);
  expect(dora?.classification).toMatchObject({ criteria: [], conclusion: 'unknown', why: '' });
  expect(dora?.classification.downtime_us).toEqual({ lower: 2_000_000, upper: null });
  const all = JSON.stringify(report) + visible(renderHtml(report)) + renderJUnit(report) + renderOscal(report);
  for (const one of DECLARED) expect([one, all.includes(one)]).toEqual([one, false]);
});

test('rows of the map that rest on it are left out, and the others stay with the paths of their evidence', () => {
  const { dora } = masked();
  const rows = dora?.provisions.map(({ provision }) => provision) ?? [];
  for (const gone of ['RTS 25(1), DORA 11(5)', 'DORA 7(c), (d)', 'DORA 24(4), 11(3)', 'DORA 18(1); (EU) 2024/1772'])
    expect(rows).not.toContain(gone);
  expect(rows).toContain('DORA 12(7)');
  const evidence = dora?.provisions.flatMap((row) => row.evidence) ?? [];
  expect(evidence).toContain('report.json#/dora/reconciliation');
  expect(evidence.join()).not.toMatch(/path-|word-|host-/);
});

test('only what is a file of a run and members of its schema stays as evidence', () => {
  const report = masked(({ provisions }) => ({
    provisions: provisions.map((row) => ({
      ...row,
      evidence: row.evidence.length === 0 ? [] : ['report.json#/acme', 'report.json#/rpo/0', '/srv/acme'],
    })),
  }));
  const evidence = report.dora?.provisions.flatMap((row) => row.evidence) ?? [];
  expect(evidence).toContain('report.json#/rpo/0');
  expect(evidence.join()).not.toContain('acme');
});

test('what a family of scenarios was exercised by is nobody’s name', () => {
  const by = { families: [{ by: 'outages of ledger' }], entered: { by: 'Jane' } };
  expect(knownNames({}, [], { dora: by })).toEqual([{ kind: 'person', name: 'Jane' }]);
});

test('the words of whoever pulled the lever are nowhere, and the words around them stay', () => {
  const base = abortedReport();
  const said = 'the report of the service says none';
  const run = { ...base.run, reason: `lever: ${said}` };
  const events = [{ at_us: 1, type: 'run-ended', text: `run aborted: lever: ${said}` }];
  const report = masked(
    () => ({
      stopped: [{ at_us: 1, condition: 'lever', observed: said }],
      deviations: [`the run did not go through: aborted, lever: ${said}`, `lever: ${said}`],
    }),
    { ...base, run, timeline: { ...base.timeline, events } },
  );
  expect(JSON.stringify(report) + renderHtml(report) + renderJUnit(report)).not.toContain(said);
  expect(report.run.reason).toBe('lever: left out of this masked report');
  expect(report.dora?.deviations[0]).toBe('the run did not go through: aborted, lever: left out of this masked report');
  expect(report.masked?.withheld).toEqual(
    expect.arrayContaining(['run.reason', 'timeline.events.text', 'dora.deviations', 'dora.stopped.observed']),
  );
});

test('the end of what a run was allowed is left out with who allowed it', () => {
  const report = masked(() => ({
    stopConditions: [{ condition: 'the end of what the run was allowed', limit: '2027' }],
  }));
  expect(report.dora?.stopConditions[0]?.limit).toBe('');
  expect(visible(renderHtml(report))).toContain('was allowed left out of this masked report');
});

test('no section says “not recorded” of what is left out', () => {
  const page = visible(renderHtml(masked()));
  expect(page).toContain('Hypothesis: left out of this masked report');
  expect(page).toContain('Assumption challenged: left out of this masked report');
  for (const wrong of [/challenged: not recorded/, /Hypothesis: not recorded/, /Declared peak not recorded/])
    expect(page).not.toMatch(wrong);
  for (const wrong of ['Activation not recorded', 'Nobody entered anything', 'entered them: not recorded'])
    expect(page).not.toContain(wrong);
  expect(page).not.toContain('manifest.json lists the page itself');
  expect(page).not.toContain('from the records in this file’s directory');
});

test('where nothing was declared, nothing is left out, and it is not recorded', () => {
  const report = masked(() => ({ declared: null, authorisation: null, twoHours: null, dwell: [], load: [] }));
  expect(report.masked?.withheld).not.toContain('dora.declared');
  expect(visible(renderHtml(report))).toContain('Assumption challenged: not recorded');
});

test('OSCAL of a masked report says that it is masked, and links what is handed on', () => {
  const { 'assessment-results': document } = JSON.parse(renderOscal(masked()));
  expect(document.metadata.remarks).toContain('Names are masked in it');
  expect(document.results[0].description).toBe('left out of this masked report');
  const [files] = document['back-matter'].resources;
  expect(files.title).toMatch(/^Masked report of/);
  expect(files.rlinks.map(({ href }: { href: string }) => href)).toEqual([
    'report.json',
    'report.html',
    'junit.xml',
    'masked.json',
  ]);
  expect(JSON.stringify(document)).not.toContain('plan.json');
});
