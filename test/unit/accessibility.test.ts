import { describe, expect, test } from 'vitest';
import { exampleRecord } from '../../src/drills/testing.ts';
import { renderExerciseHtml } from '../../src/report/exercise-page.ts';
import { renderHistoryHtml } from '../../src/report/history-page.ts';
import { renderHtml, renderPrint } from '../../src/report/html.ts';
import { PALETTE } from '../../src/report/palette.ts';
import { renderRepeatHtml } from '../../src/report/repeat.ts';
import { UNSEALED } from '../../src/report/section-seal.ts';
import { exampleReports } from '../../src/report/testing-all.ts';
import { recordOf } from '../../src/trend/run-record.ts';
import { historyOf } from '../../src/trend/series.ts';
import { pageProblems } from './support/page-rules.ts';

const reports = Object.entries(exampleReports());

describe('a page can be read by everybody', () => {
  test.each(reports)('of the report %s, on a screen and on paper', (_, report) => {
    expect(pageProblems(renderHtml(report, { ...UNSEALED, keyId: 'k' }))).toEqual([]);
    expect(pageProblems(renderPrint(report, UNSEALED, { run: report.run.id, manifestSha256: null }))).toEqual([]);
  });

  test('of several runs, of the history, of an exercise', () => {
    const all = reports.map(([, report]) => report);
    const history = historyOf(all.map((report, i) => recordOf(report, null, { path: `a/${i}`, seal: 'sealed' })));
    expect(pageProblems(renderRepeatHtml(all.slice(0, 2)))).toEqual([]);
    expect(
      pageProblems(renderHistoryHtml({ history, unread: [{ path: 'x', why: 'y' }], coverage: null, exercises: [] })),
    ).toEqual([]);
    expect(pageProblems(renderExerciseHtml(exampleRecord()))).toEqual([]);
  });
});

describe('the look finds', () => {
  const page = (body: string): string =>
    `<!doctype html><html lang="en"><head><title>t</title></head><body><main><h1>x</h1>${body}</main></body></html>`;
  test.each([
    ['a heading that skips a level', '<h3>y</h3>', 'h3 after h1: y'],
    ['a second first heading', '<h1>y</h1>', 'h1: expected one, got 2'],
    ['a plot without a name', '<svg role="img"></svg>', 'svg without role and name: <svg role="img">'],
    ['a header without scope', '<table><thead><tr><th>a</th></tr></thead></table>', 'th without scope: a'],
    ['a table without headers', '<table><tbody><tr><td>a</td></tr></tbody></table>', 'table without headers'],
    ['a link to nowhere', '<a href="#y">y</a>', 'link to nowhere: #y'],
    [
      'a focus of its own order',
      '<div tabindex="3" role="region" aria-label="y"></div>',
      'focus without order, role or name: <div tabindex="3" role="region" aria-label="y">',
    ],
    ['a section without a name', '<section><p>y</p></section>', 'section without heading or name'],
    ['what is no HTML', '<p class=a class=b></p>', 'HTML: '],
  ])('%s', (_, body, problem) => {
    expect(pageProblems(page(body)).some((one) => one.startsWith(problem))).toBe(true);
  });
});

describe('colours', () => {
  const GROUNDS = ['paper', 'panel'] as const;
  const BANDS = ['paper', 'bandOutage', 'bandFault'] as const;
  const TEXTS = ['ink', 'muted', 'pass', 'fail', 'unknown', 'main'] as const;
  const LINES = ['ink', 'muted', 'main', 'second', 'third', 'fail'] as const;

  /** Contrast ratio of two colours: WCAG 2.2, "relative luminance". */
  function contrast(a: string, b: string): number {
    const luminance = (hex: string): number =>
      [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => {
        const value = Number.parseInt(hex.slice(1 + 2 * i, 3 + 2 * i), 16) / 255;
        return sum + weight * (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
      }, 0);
    const [dark = 0, light = 0] = [luminance(a), luminance(b)].toSorted((x, y) => x - y);
    return (light + 0.05) / (dark + 0.05);
  }

  test.each(['light', 'dark'] as const)('of texts are 4.5 to 1 from their ground, of lines 3 to 1: %s', (mode) => {
    const low = [
      ...TEXTS.flatMap((name) => GROUNDS.map((ground) => [name, ground, 4.5] as const)),
      ...LINES.flatMap((name) => BANDS.map((ground) => [name, ground, 3] as const)),
    ].filter(([name, ground, least]) => contrast(PALETTE[name][mode], PALETTE[ground][mode]) < least);
    expect(low).toEqual([]);
  });

  test('without colour, neighbouring bands and lines on them are still told apart', () => {
    const grey = (name: keyof typeof PALETTE): number => contrast(PALETTE[name].light, '#000000');
    expect(grey('bandFault') / grey('bandOutage')).toBeGreaterThan(1.1);
    expect(grey('paper') / grey('bandFault')).toBeGreaterThan(1.1);
  });
});
