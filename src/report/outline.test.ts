import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Report } from '../check/report-schema.ts';
import type { HumanStatement } from '../evidence/human-statement.ts';
import { renderHtml } from './html.ts';
import { html } from './markup.ts';
import { chapter } from './outline.ts';
import { type SignedWord, UNSEALED } from './section-seal.ts';
import { passingReport } from './testing.ts';
import { exampleReports } from './testing-all.ts';

const PAGES = Object.fromEntries(Object.entries(exampleReports()).map(([name, report]) => [name, renderHtml(report)]));

const OUTLINE = [
  '0 Cover',
  '1 Summary',
  '2 Scope and authority',
  '3 Participants',
  '4 Scenario',
  '5 Results',
  '6 Human response',
  '7 Findings',
  '8 Hypothetical classification',
  '9 Measurement quality',
  '10 Sign-off',
  '11 Map from provision to evidence',
  'Annex',
];

function visible(markup: string): string {
  return markup
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/[\s\u00a0\u202f\u2002]+/g, ' ');
}

/** What stands under one heading of the outline. */
function sectionOf(page: string, id: string): string {
  const from = page.indexOf(`<h2 id="${id}">`);
  const next = page.indexOf('<section class="chapter">', from);
  return visible(page.slice(from, next === -1 ? undefined : next));
}

test('every report has the sections of the outline, in its order and with its numbers', () => {
  for (const page of Object.values(PAGES)) {
    const headings = [...page.matchAll(/<h2 id="[a-z-]+">([^<]+)<\/h2>/g)].map(([, text = '']) => visible(text));
    expect(headings).toEqual(OUTLINE);
  }
});

test('parts of a section are numbered within it, and their own headings are a level below', () => {
  const part = html`<section><h2 id="b">B</h2><h3>C</h3></section>`;
  const { markup } = chapter(5, 'a', 'A', null, [part, null, part]);
  expect(markup.match(/<h\d[^>]*>[^<]*/g)?.map((one) => visible(one).trim())).toEqual([
    '5 A',
    '5.1 B',
    'C',
    '5.2 B',
    'C',
  ]);
  expect(markup.match(/<h\d/g)).toEqual(['<h2', '<h3', '<h4', '<h3', '<h4']);
});

test('no heading is skipped on the way down', () => {
  for (const page of Object.values(PAGES)) {
    const levels = [...page.matchAll(/<h([1-6])[ >]/g)].map(([, level]) => Number(level));
    expect(levels.filter((level, i) => i > 0 && level > (levels[i - 1] ?? 0) + 1)).toEqual([]);
  }
});

test('what nobody recorded is said to be so, in every section that people fill', () => {
  const page = PAGES.passing ?? '';
  for (const id of ['scope', 'participants', 'response', 'findings', 'sign-off', 'classification', 'map'])
    expect(sectionOf(page, id), id).toContain('not recorded');
});

test('what people entered is shown with by whom, when and from which file; what they left out is not recorded', () => {
  const page = PAGES.entered ?? '';
  expect(sectionOf(page, 'cover')).toMatch(
    /entries of Test Coordinator.*2026-02-01 09:00:00 UTC.*c{64}.*no part of what is sealed/,
  );
  expect(sectionOf(page, 'response')).toMatch(/Activation Declared in the channel\..*Impact not recorded/);
  expect(sectionOf(page, 'findings')).toMatch(/RPO is missed.*not recorded/);
});

test('the audit’s field is blank whatever people enter', () => {
  for (const page of Object.values(PAGES))
    expect(page).toContain('<span class="blank" role="img" aria-label="left blank">');
});

test('the cover says the environment in the three words there are, and the digest only where the page can know it', () => {
  const report = passingReport();
  const said = (environment: string): string =>
    sectionOf(renderHtml({ ...report, run: { ...report.run, environment } }), 'cover');
  expect(said('laboratory')).toContain(', laboratory');
  expect(said('test')).toContain(', laboratory (test)');
  expect(said('staging')).toContain(', production-like (staging)');
  expect(said('production')).toContain(', production ');
  expect(said('laboratory')).toContain('not known to this page');
  expect(sectionOf(renderHtml(report, { ...UNSEALED, manifestSha256: 'ab'.repeat(32) }), 'cover')).toContain(
    `SHA-256 ${'ab'.repeat(32)}`,
  );
});

test('whatever file stands beside the manifest, the page does not show when it happened by another clock', () => {
  for (const timestamp of [false, true])
    expect(sectionOf(renderHtml(passingReport(), { ...UNSEALED, timestamp }), 'cover')).toContain(
      'when it happened by any clock but the machine’s own',
    );
});

test('the two clocks are told apart by how well the one is known, not by the epoch between them', () => {
  const of = (clockOffset_us: Report['quality']['clockOffset_us']): string => {
    const report = passingReport();
    return sectionOf(renderHtml({ ...report, quality: { ...report.quality, clockOffset_us } }), 'measurement');
  };
  const epochUs = 1_795_293_600_000_000;
  expect(of({ lower: epochUs - 180, upper: epochUs + 240 })).toContain('run’s clock known to within ± 210 µs');
  expect(of({ lower: epochUs, upper: null })).toContain('run’s clock unknown');
  expect(of(null)).toContain('run’s clock unknown');
});

test('where people signed since, no decision is said to be not recorded', () => {
  const said: HumanStatement = {
    schema: 'drill/statement/1',
    number: 1,
    kind: 'sign-off',
    by: { name: 'Ann', role: 'owner' },
    stated: '2026-02-02T09:00:00.000Z',
    decision: 'approved',
    note: 'seen',
  } as never;
  const of = (statements: readonly SignedWord[]): string =>
    sectionOf(renderHtml(passingReport(), { ...UNSEALED, statements }), 'sign-off');
  expect(of([])).toContain('Approver not recorded');
  expect(of([{ said, keyId: 'k' }])).toContain('Approver not entered here; what people signed since stands below');
});

test('a path of evidence is broken between its names, never within one', () => {
  expect(PAGES.entered).toMatch(/<code class="path">report\.json#<wbr>\/<wbr>dora\/<wbr>/);
});

test('a classification is marked as hypothetical wherever it stands', () => {
  for (const page of Object.values(PAGES)) {
    const text = sectionOf(page, 'classification');
    expect(
      text.match(/[^.]*would (?:not )?be a major incident/gi)?.filter((one) => !/hypothetical/i.test(one)) ?? [],
    ).toEqual([]);
    expect(text).toContain('Hypothetical: a planned drill is no incident.');
  }
});

test('a report of before there were such fields says how they are computed', () => {
  expect(sectionOf(PAGES.passing ?? '', 'scope')).toContain('drill -- check RUN_DIRECTORY');
});

test('the sources of these pages name no word that a report must not use', () => {
  const sources = ['cover', 'summary', 'scope', 'scenario', 'stay', 'people', 'classification', 'provisions'].map(
    (name) => readFileSync(new URL(`section-${name}.ts`, import.meta.url), 'utf8'),
  );
  const rows = ['drill', 'people'].map((name) =>
    readFileSync(new URL(`../check/dora-rows-${name}.ts`, import.meta.url), 'utf8'),
  );
  for (const text of [...sources, ...rows])
    expect(text).not.toMatch(/complian|complies|certifi|audit-ready|tamper-proof|RPO = 0/i);
});
