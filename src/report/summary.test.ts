import { describe, expect, test } from 'vitest';
import { renderSummary } from './summary.ts';
import { failingReport, passingReport, unknownReport } from './testing.ts';
import { exampleReports } from './testing-all.ts';

describe.each(Object.entries(exampleReports()))('the summary of a report: %s', (_, report) => {
  test.each([60, 80, 100, 200])('fits into %i columns', (width) => {
    const longest = Math.max(
      ...renderSummary(report, { color: false, width })
        .split('\n')
        .map((line) => [...line].length),
    );
    expect(longest).toBeLessThanOrEqual(Math.min(100, width));
  });

  test('is plain text without colour, and the same text with it', () => {
    const plain = renderSummary(report, { color: false, width: 100 });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none but line ends may be there
    expect(plain).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours are control sequences
    expect(renderSummary(report, { color: true, width: 100 }).replaceAll(/\u001b\[\d+m/g, '')).toBe(plain);
    expect(plain).not.toMatch(/compliant|certified|audit-ready|tamper-proof|RPO\s*=\s*0|NaN|undefined|\bnull\b/i);
  });
});

test('it begins with the verdict and the lost writes', () => {
  const of = (report: Parameters<typeof renderSummary>[0]): string =>
    renderSummary(report, { color: false, width: 100 });
  expect(of(passingReport())).toMatch(
    /✓ PASS\n {2}All 7 objectives were met\.\n✓ NONE of 942 acknowledged writes lost/,
  );
  expect(of(failingReport())).toMatch(/✕ FAIL\n[^\n]*\n✕ 527 of 942 acknowledged writes lost/);
  expect(of(unknownReport())).toMatch(/\? UNKNOWN\n[^\n]*\n\? UNKNOWN how many of 942 acknowledged writes lost/);
});

test('what last-write-wins undid is said beside the lost writes, where there is such a thing', () => {
  const of = (report: Parameters<typeof renderSummary>[0]): string =>
    renderSummary(report, { color: false, width: 100 });
  expect(of(failingReport())).toMatch(/register: at least 312 of 2.750 acknowledged overwrites undone by older ones/);
  expect(of(passingReport())).not.toContain('overwrite');
});

test('where nothing was repaired nobody reads of what is lost after repair', () => {
  const report = passingReport();
  const unrepaired = { ...report, rpo: report.rpo.map((row) => ({ ...row, afterRepair: null })) };
  const of = (one: typeof report): string => renderSummary(one, { color: false, width: 100 });
  expect(of(report)).toContain('lost in all, after repair and at every site: none');
  expect(of(unrepaired)).toContain('lost so far at any site, without a repair: none');
});

test('the graph as a whole has its line, and none where it was not looked over', () => {
  const of = (one: ReturnType<typeof passingReport>): string => renderSummary(one, { color: false, width: 100 });
  expect(of(passingReport())).toContain('✓ The graph is whole at every site, and the same at each.');
  expect(of(failingReport())).toContain('✕ The graph is damaged. 1 acknowledged transaction is damaged.');
  const { integrity: _, ...without } = passingReport();
  expect(of(without)).not.toContain('graph is');
});

test('a pass is not read without what no objective asks about', () => {
  const { integrity } = failingReport();
  const text = renderSummary({ ...passingReport(), ...(integrity && { integrity }) }, { color: false, width: 100 });
  expect(text).toContain('All 7 objectives were met. The graph is damaged, which no objective asks about.');
});

test('events that were not seen in time stand beside the P95 of those that were', () => {
  const text = renderSummary(failingReport(), { color: false, width: 100 });
  expect(text).toMatch(/events of ledger +80 ms +6\.4 s; 97 not seen in time +110 ms +unknown/);
  expect(renderSummary(passingReport(), { color: false, width: 100 })).not.toContain('UNTIL SEEN');
});

test.each([
  [{ undone: 0, kept: 0, unproven: 40 }, 'unknown how many of 40 acknowledged overwrites were undone by older ones'],
  [{ undone: 0, kept: 30, unproven: 10 }, 'none of 40 acknowledged overwrites seen undone, 10 not looked at in time'],
  [{ undone: 5, kept: 35, unproven: 0 }, 'at least 5 of 40 acknowledged overwrites undone by older ones'],
])('overwrites that nobody looked at are not said to be kept: %j', (counts, words) => {
  const { lastWriteWins: [row] = [] } = failingReport();
  const report = { ...passingReport(), lastWriteWins: row ? [{ ...row, acknowledged: 40, ...counts }] : [] };
  expect(renderSummary(report, { color: false, width: 100 })).toContain(words);
});
