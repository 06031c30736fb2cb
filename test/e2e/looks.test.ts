import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkRun } from '../../src/check/check.ts';
import { exampleRecord } from '../../src/drills/testing.ts';
import { findBrowser, printPdf } from '../../src/report/browser.ts';
import { renderExerciseHtml } from '../../src/report/exercise-page.ts';
import { renderHistoryHtml } from '../../src/report/history-page.ts';
import { renderHtml, renderPrint } from '../../src/report/html.ts';
import { UNSEALED } from '../../src/report/section-seal.ts';
import { exampleReports } from '../../src/report/testing-all.ts';
import { recordOf } from '../../src/trend/run-record.ts';
import { historyOf } from '../../src/trend/series.ts';
import { BrowserPage } from './support/browser-page.ts';
import { lookAt, pictureAtRest } from './support/page-looks.ts';

const ROOT = join(import.meta.dirname, '../..');
const EXAMPLES = join(ROOT, 'reports/example');
const EXAMPLE = join(EXAMPLES, readdirSync(EXAMPLES)[0] ?? '');
const PICTURES = join(ROOT, '.cache/looks');
/** A phone, a tablet, a desk: width, and what of the page is seen first. */
const SCREENS = [
  [390, 844],
  [820, 1180],
  [1280, 900],
] as const;
const PAPER_PAGES = 6;
/** A picture of nothing is shorter than this. */
const LEAST_BYTES = 15_000;
/** That are tried for a page of a PDF after the first. */
const READERS = 3;

const directory = mkdtempSync(join(tmpdir(), 'drill-looks-'));
const pages = new Map<string, string>();
const report = await checkRun(EXAMPLE);
const urlOf = (name: string): string => pathToFileURL(join(directory, `${name}.html`)).href;
let page: BrowserPage;

beforeAll(async () => {
  const browser = findBrowser();
  if (browser === null) throw new Error('no browser: npm run doctor -- --fix');
  page = await BrowserPage.open(browser);
  const { failing, unknown, hostile, empty } = exampleReports() as Record<string, typeof report>;
  const history = historyOf(
    [report, failing, unknown].flatMap((one, i) =>
      one ? [recordOf(one, null, { path: `a/${i}`, seal: 'sealed' })] : [],
    ),
  );
  pages.set('example', renderHtml(report));
  for (const [name, one] of Object.entries({ failing, unknown, hostile, empty }))
    if (one) pages.set(name, renderHtml(one));
  pages.set('history', renderHistoryHtml({ history, unread: [], coverage: null, exercises: [] }));
  pages.set('exercise', renderExerciseHtml(exampleRecord()));
  for (const [name, text] of pages) writeFileSync(join(directory, `${name}.html`), text);
  mkdirSync(PICTURES, { recursive: true });
  console.log(`pictures: ${PICTURES}`);
});
afterAll(async () => {
  await page?.[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

describe.each(SCREENS)('on a screen of %i by %i', (width, height) => {
  test.each(['example', 'failing', 'unknown', 'hostile', 'empty', 'history', 'exercise'])('%s', async (name) => {
    await page.media('');
    await page.load(urlOf(name), width, height);
    const looks = await lookAt(page);
    writeFileSync(join(PICTURES, `${name}-${width}.png`), await page.picture(0, width, Math.min(looks.height, 16_000)));
    expect(looks.problems).toEqual([]);
    expect(looks.width).toBeLessThanOrEqual(width);
    expect(page.complaints).toEqual([]);
    expect((await page.picture(0, width, height)).length).toBeGreaterThan(LEAST_BYTES);
    // "Did we meet it?" is answered before anybody scrolls.
    if (name !== 'history') expect(looks.answeredAt).toBeGreaterThan(0);
    expect(looks.answeredAt).toBeLessThan(height);
  });
});

test('in the dark', async () => {
  await page.media('', { 'prefers-color-scheme': 'dark' });
  await page.load(urlOf('example'), 1280, 900);
  const looks = await lookAt(page);
  writeFileSync(join(PICTURES, 'example-1280-dark.png'), await page.picture(0, 1280, Math.min(looks.height, 16_000)));
  expect(looks.problems).toEqual([]);
  const ground = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
  expect(ground).toBe('rgb(20, 23, 26)');
  await page.media('');
});

test('by the keyboard alone: every stop is on the way down, and is seen', async () => {
  await page.load(urlOf('example'), 390, 844);
  const stops: { top: number; left: number }[] = [];
  for (let stop = 0; stop < 5; stop++) {
    await page.key('Tab');
    const [top, left, outline] = await page.evaluate<[number, number, string]>(
      '(({ top, left }) => [top + scrollY, left, getComputedStyle(document.activeElement).outlineStyle])(document.activeElement.getBoundingClientRect())',
    );
    stops.push({ top, left });
    expect(outline).not.toBe('none');
  }
  // Links may stand in one line: then from left to right.
  expect(stops).toEqual(stops.toSorted((a, b) => a.top - b.top || a.left - b.left));
  expect(new Set(stops.map(({ top, left }) => `${top} ${left}`)).size).toBe(stops.length);
});

/** Of a page of a PDF. A reader that has shown one may not show another, and one may stay blank for ever: each gets a new one. */
async function pictureOfPage(browser: string, url: string): Promise<Buffer> {
  for (let left = READERS; ; left -= 1) {
    await using reader = await BrowserPage.open(browser);
    await reader.load(url, 860, 1180);
    try {
      return await pictureAtRest(reader, 860, 1180, LEAST_BYTES);
    } catch (error) {
      if (left === 0) throw error;
    }
  }
}

test('on paper: pages that say which they are, as a reader of PDF shows them', async () => {
  const browser = findBrowser() ?? '';
  const html = join(directory, 'paper.html');
  const pdf = join(PICTURES, 'example.pdf');
  writeFileSync(html, renderPrint(report, UNSEALED, { run: report.run.id, manifestSha256: 'a'.repeat(64) }));
  await printPdf(browser, html, pdf);
  const count = readFileSync(pdf, 'latin1').match(/\/Type \/Page\b/g)?.length ?? 0;
  expect(count).toBeGreaterThan(PAPER_PAGES);
  expect(count).toBeLessThan(40);
  const seen = new Set<string>();
  for (let n = 1; n <= PAPER_PAGES; n++) {
    const picture = await pictureOfPage(browser, `${pathToFileURL(pdf).href}#toolbar=0&navpanes=0&page=${n}`);
    writeFileSync(join(PICTURES, `example-paper-${n}.png`), picture);
    seen.add(picture.toString('base64'));
  }
  expect(seen.size).toBe(PAPER_PAGES);
});
