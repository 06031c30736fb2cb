import { describe, expect, test } from 'vitest';
import { exampleRecord } from '../drills/testing.ts';
import { recordOf } from '../trend/run-record.ts';
import { historyOf } from '../trend/series.ts';
import { runOf, SETTING } from '../trend/testing.ts';
import { renderExercise, renderExerciseHtml } from './exercise-page.ts';
import { renderHistory } from './history.ts';
import { type HistoryPage, renderHistoryHtml } from './history-page.ts';
import { fileLink } from './link.ts';
import { renderMetrics } from './metrics.ts';
import { renderCoverage } from './section-coverage.ts';
import { hostileReport } from './testing-hostile.ts';

const HOSTILE = `<script>alert(1)</script>"'\u001b[31m\u0000\n<img src=x>`;
const exact = (value: number) => ({ lower: value, upper: value });
const at = (path: string) => ({ path, seal: 'sealed' as const });

function pageOf(runs: Parameters<typeof historyOf>[0], more: Partial<HistoryPage> = {}): string {
  return renderHistoryHtml({ history: historyOf(runs), unread: [], coverage: null, exercises: [], ...more });
}

const ROW = {
  row: { row: HOSTILE, group: HOSTILE, promised: HOSTILE, note: HOSTILE },
  state: 'overdue' as const,
  result: 'fail' as const,
  last: HOSTILE,
  scenarios: [
    { scenario: HOSTILE, last: { started: HOSTILE, verdict: 'fail' as const, path: HOSTILE }, overdue: [HOSTILE] },
  ],
};

test('hostile text is text in every page, and a link goes nowhere but down', () => {
  const run = recordOf(hostileReport(), null, at(`${HOSTILE}/${HOSTILE}`));
  const pages = [
    pageOf([run, { ...run, id: 'other' }], {
      unread: [{ path: HOSTILE, why: HOSTILE }],
      coverage: { rows: [ROW], platformKnown: false },
      exercises: [
        { name: HOSTILE, title: HOSTILE, last: { path: HOSTILE, record: exampleRecord(HOSTILE) }, due: HOSTILE },
      ],
    }),
    renderExerciseHtml(exampleRecord(HOSTILE)),
  ];
  for (const page of pages) {
    for (const refused of ['<script', '<img', '\u001b', '\u0000']) expect(page).not.toContain(refused);
    expect(page).toContain('&lt;script&gt;');
    for (const [, href] of page.matchAll(/ href="([^"]*)"/g))
      expect(href).toMatch(/^(\.\/[\w%.!~*'();-][\w%.!~*'();/&#-]*|#h\d+|#[a-z-]+)$/);
    expect(page).not.toMatch(/\bNaN\b|\bundefined\b|\bnull\b|Infinity/);
  }
  expect(fileLink('javascript:alert(1)/x', 'x').markup).toBe('<a href="./javascript%3Aalert(1)/x">x</a>');
});

test('hostile text commands no terminal', () => {
  const run = recordOf(hostileReport(), null, at('x/y'));
  const texts = [
    renderHistory(historyOf([run]), [{ path: HOSTILE, why: HOSTILE }], { width: 100 }),
    renderCoverage([ROW], { width: 100 }),
    renderExercise(exampleRecord(HOSTILE), { width: 100 }),
    renderExercise(exampleRecord(), { width: 0 }),
  ];
  for (const text of texts) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none but line ends may be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
    for (const line of text.split('\n')) expect([...line].length).toBeLessThanOrEqual(100);
  }
});

describe('what is unknown', () => {
  const runs = [runOf(1, exact(2_000_000)), runOf(2, null, {}, 'unknown'), runOf(3, exact(0))];

  test('has a mark of its own, and no number', () => {
    const page = pageOf(runs);
    expect(page.match(/>\?<\/text>/g)).toHaveLength(1);
    expect(page).toContain('2026-01-02 12:00:00 UTC: unknown');
    expect(page).toMatch(/<td data-label="RTO of ledger">unknown<\/td>/);
    expect(page).toMatch(/<td data-label="RTO of ledger">no outage<\/td>/);
  });

  test('is said in the terminal', () => {
    expect(renderHistory(historyOf(runs), [], { width: 100 })).toMatch(/2 +unknown\n3 +no outage/);
  });

  test('has no sample', () => {
    const metrics = renderMetrics({ history: historyOf(runs.slice(0, 2)), unread: [], coverage: [], exercises: [] });
    expect(metrics).not.toContain('drill_rto_seconds');
    expect(metrics).toContain('drill_last_run_verdict{scenario="site-failover",verdict="unknown"} 1');
  });
});

test('the same to the byte whatever the order in which directories are read; breaks and states are said', () => {
  const runs = [
    runOf(1, exact(1_000_000)),
    runOf(
      2,
      { lower: 1, upper: null },
      { outcome: 'aborted', reason: 'SIGINT', notCompared: 'it was aborted', seal: 'not sealed' },
    ),
    runOf(3, exact(3_000_000), { setting: new Map([...SETTING, ['nodes a site', '3']]) }),
  ];
  const page = pageOf(runs);
  expect(page).toBe(pageOf(runs.toReversed()));
  expect(page).toContain('nodes a site: was not said, is 3');
  expect(page).toContain('aborted, not sealed');
  expect(page).toContain('href="./site-failover/3/report.html"');
  expect(page).toContain('at most 5');
  expect(renderHistory(historyOf([]), [], { width: 80 })).toBe('No run was found.\n');
});

test('a regression stands in the page, the terminal and the metrics', () => {
  const runs = Array.from({ length: 12 }, (_, i) => runOf(i + 1, exact(i < 9 ? 1_000 + (i % 3) : 9_000 + i)));
  const history = historyOf(runs);
  expect(pageOf(runs)).toContain('the 3 newest are worse than all 9 before; by chance in at most 1 in 73');
  expect(renderHistory(history, [], { width: 100 })).toContain('regression: site-failover, RTO of ledger');
  expect(renderMetrics({ history, unread: [], coverage: [], exercises: [] })).toContain(
    'drill_regression{scenario="site-failover",figure="RTO of ledger"} 1',
  );
});

test('metrics are lines of both formats, escaped, each family once', () => {
  const run = recordOf(hostileReport(), null, at('x/y'));
  const text = renderMetrics({
    history: historyOf([run, runOf(1, { lower: 2_500_000, upper: null })]),
    unread: [{ path: 'a', why: 'b' }],
    coverage: [ROW],
    exercises: [{ name: 'monthly', title: '', last: { path: '', record: exampleRecord() }, due: 'never' }],
  });
  const lines = text.split('\n');
  expect(lines.at(-1)).toBe('');
  expect(lines.at(-2)).toBe('# EOF');
  for (const line of lines.slice(0, -2)) {
    expect(line).toMatch(
      /^(# (HELP|TYPE) drill_[a-z0-9_]+ [^\n]+|drill_[a-z0-9_]+(\{[a-z]+="([^"\\\n]|\\[\\"n])*"(,[a-z]+="([^"\\\n]|\\[\\"n])*")*\})? (\+Inf|-?\d+(\.\d+)?(e[+-]?\d+)?))$/,
    );
  }
  const types = lines.filter((line) => line.startsWith('# TYPE'));
  expect(new Set(types).size).toBe(types.length);
  expect(text).toContain('drill_rto_seconds{scenario="site-failover",service="ledger",bound="lower"} 2.5\n');
  expect(text).toContain('drill_rto_seconds{scenario="site-failover",service="ledger",bound="upper"} +Inf\n');
  expect(text).toContain('drill_exercise_overdue{exercise="monthly"} 1\n');
});
