import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exampleRecord } from '../../src/drills/testing.ts';
import { refusedWords } from '../../src/refused-words.ts';
import { renderExercise, renderExerciseHtml } from '../../src/report/exercise-page.ts';
import { renderHistory } from '../../src/report/history.ts';
import { renderHistoryHtml } from '../../src/report/history-page.ts';
import { renderHtml, renderPrint } from '../../src/report/html.ts';
import { renderJUnit } from '../../src/report/junit.ts';
import { renderMetrics } from '../../src/report/metrics.ts';
import { renderRepeat, renderRepeatHtml } from '../../src/report/repeat.ts';
import { UNSEALED } from '../../src/report/section-seal.ts';
import { renderSummary } from '../../src/report/summary.ts';
import { recordOf } from '../../src/trend/run-record.ts';
import { historyOf } from '../../src/trend/series.ts';
import { anyReport } from './support/any-report.ts';
import { literalsOf, sourcesBelow, textOf } from './support/literals.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Where a source says production and no report of a laboratory does: what the user is asked for, and what is refused there. */
const OF_PRODUCTION: readonly RegExp[] = [
  /^production$/,
  /needed in production$/,
  /environment is not production/,
  /never in production$/,
  /the platform that is up now is in production/,
];

function refusedIn(text: string, environment: string | null): string[] {
  return refusedWords(text, environment).map(({ word }) => word);
}

describe('no word that a report must not use', () => {
  test('stands in any text of any source', () => {
    const found = ['src', 'verifier'].flatMap((directory) =>
      sourcesBelow(ROOT, directory).flatMap((path) =>
        literalsOf(path, textOf(ROOT, path)).flatMap(({ where, text }) => {
          const environment = OF_PRODUCTION.some((allowed) => allowed.test(text)) ? null : 'laboratory';
          return refusedIn(text, environment).map((word) => `${where}: ${word}`);
        }),
      ),
    );
    expect(found).toEqual([]);
  });

  test('stands in a schema, a scenario, a drill, or what tells users how to use it', () => {
    const files = ['schema', 'scenarios', 'drills', 'docs'].flatMap((directory) =>
      readdirSync(join(ROOT, directory), { recursive: true, encoding: 'utf8' })
        .filter((path) => /\.(json|yaml|md)$/.test(path))
        .map((path) => `${directory}/${path}`),
    );
    expect(files.length).toBeGreaterThan(20);
    const found = ['README.md', ...files].flatMap((path) =>
      // How a scenario asks for no loss is no claim that there was none.
      refusedIn(textOf(ROOT, path).replaceAll('rpo: 0', ''), null).map((word) => `${path}: ${word}`),
    );
    expect(found).toEqual([]);
  });

  test('is printed of any report, on any paper, screen or line', () => {
    fc.assert(
      fc.property(anyReport, (report) => {
        const history = historyOf([recordOf(report, null, { path: 'a/b', seal: 'sealed' })]);
        const sheet = { run: report.run.id, manifestSha256: 'a'.repeat(64) };
        const texts = {
          page: visible(renderHtml(report, { ...UNSEALED, keyId: 'k' })),
          paper: visible(renderPrint(report, UNSEALED, sheet)),
          terminal: renderSummary(report, { color: false, width: 80 }).replaceAll(/\s+/g, ' '),
          junit: visible(renderJUnit(report)),
          repeated: visible(renderRepeatHtml([report, report])),
          repeatedTerminal: renderRepeat([report, report], { width: 80 }).replaceAll(/\s+/g, ' '),
          history: visible(renderHistoryHtml({ history, unread: [], coverage: null, exercises: [] })),
          historyTerminal: renderHistory(history, [], { width: 80 }).replaceAll(/\s+/g, ' '),
          metrics: renderMetrics({ history, unread: [], coverage: [], exercises: [] }),
        };
        for (const [name, text] of Object.entries(texts))
          expect([name, refusedIn(text, report.run.environment)]).toEqual([name, []]);
      }),
      { numRuns: 8 },
    );
  }, 240_000);

  test('is printed of an exercise', () => {
    const record = exampleRecord();
    for (const text of [visible(renderExerciseHtml(record)), renderExercise(record, { width: 80 })])
      expect(refusedIn(text, 'laboratory')).toEqual([]);
  });
});

describe('the look finds', () => {
  const found = (source: string): string[] =>
    literalsOf('a.ts', source).flatMap(({ text }) => refusedIn(text, 'laboratory'));

  test.each([
    ["print('compliant')", 'compliant'],
    ['print(`the RPO = 0`)', 'RPO = 0'],
    ["const a = 'RPO ' + '= 0'", 'RPO = 0'],
    ["const a = 'in ' + `produc` + 'tion'", 'production'],
    ["const a = 'audit\\u002dready'", 'audit-ready'],
  ])('%s', (source, word) => {
    expect(found(source)).toContain(word);
  });

  test('and no comment', () => {
    expect(found('// compliant\n/** certified */ const a = 1;')).toEqual([]);
  });
});

test('a title is refused that a report could not print', async () => {
  const { sentence } = await import('../../src/scenario/shapes.ts');
  const { error } = sentence().safeParse('We are compliant, and RPO = 0');
  expect(error?.issues.map(({ message }) => message)).toEqual([
    expect.stringContaining('got “compliant”'),
    expect.stringContaining('got “RPO = 0”'),
  ]);
});

/** What a reader sees, with what is said to those who do not see. */
function visible(markup: string): string {
  const said = [...markup.matchAll(/ (?:aria-label|message|name|value)="([^"]*)"/g)].map((match) => match[1]);
  const text = markup.replaceAll(/<style>[\s\S]*?<\/style>/g, ' ').replaceAll(/<\/?(?:b|span|code)\b[^>]*>/g, '');
  return [text.replaceAll(/<[^>]*>/g, ' '), ...said].join(' \n ').replaceAll(/[ \t\u00a0\u202f]+/g, ' ');
}
