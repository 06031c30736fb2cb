import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { checkRun } from '../../../src/check/check.ts';
import { compareWithExpected, readExpected } from '../../../src/history-check/expected.ts';
import { judgeByCommand, judgeCorpus } from '../../../src/history-check/judge-corpus.ts';
import { CASES } from './cases.ts';
import { CORPUS, writeCase } from './write.ts';

const TEMPORARY = mkdtempSync(join(tmpdir(), 'drill-corpus-'));
afterAll(() => rmSync(TEMPORARY, { recursive: true, force: true }));

/** Every file of a directory, by name. */
const filesOf = (directory: string) =>
  Object.fromEntries(readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), 'utf8')]));

test('the corpus is what its cases say, as many as the package says, each with a name of its own', () => {
  const readme = readFileSync(join(CORPUS, '../README.md'), 'utf8');
  expect(readme).toContain(`${CASES.length} histories with their right answers`);
  const names = CASES.map(({ name }) => name);
  expect(readdirSync(CORPUS).sort()).toEqual([...new Set(names)].sort());
  expect(names).toHaveLength(new Set(names).size);
});

describe.each(CASES.map((one) => [one.name, one] as const))('%s', (name, one) => {
  test('the files in the package are those of the case: `npm run corpus` writes them', () => {
    writeCase(TEMPORARY, one);
    expect(filesOf(join(CORPUS, name))).toEqual(filesOf(join(TEMPORARY, name)));
  });

  test('check says what a person worked out', async () => {
    const report = await checkRun(join(CORPUS, name), { temporary: TEMPORARY });
    expect(compareWithExpected(report, readExpected(join(CORPUS, name)))).toEqual([]);
  });
});

test('a wrong answer is named with what was expected, a missing one as well', () => {
  const expected = { rule: '', why: '', defects: false, report: { '/verdict': 'pass', '/rpo/0/lost': { lower: 0 } } };
  expect(compareWithExpected({ verdict: 'fail', rpo: [], run: { defects: ['torn'] } }, expected)).toEqual([
    '/verdict: expected "pass", got "fail"',
    '/rpo/0/lost: expected {"lower":0}, got nothing',
    '/run/defects: expected none, got ["torn"]',
  ]);
  expect(compareWithExpected(null, { ...expected, report: {} })).toEqual(['/run/defects: expected a list, got none']);
});

test('a pointer reaches no further than what the report itself holds', () => {
  const expected = { rule: '', why: '', defects: false, report: { '/verdict/length': 4, '/run/constructor': null } };
  const wrong = compareWithExpected({ verdict: 'pass', run: { defects: [] } }, expected);
  expect(wrong.map((line) => line.split(':')[0])).toEqual(['/verdict/length', '/run/constructor']);
});

/** Two histories of the corpus, in a directory of their own. */
function smallCorpus(): string {
  const corpus = join(TEMPORARY, 'small');
  for (const one of CASES.filter(({ name }) => ['nothing-to-judge', 'nothing-failed'].includes(name))) {
    writeCase(corpus, one);
  }
  return corpus;
}

/** A judge that knows one answer only. */
const ONE_ANSWER = `const verdict = 'unknown';
console.log(JSON.stringify({ verdict, reasons: [{ verdict }], objectives: [], run: { defects: [] } }));`;

test('another implementation is judged by the same answers', async () => {
  const results = await judgeCorpus(smallCorpus(), judgeByCommand([process.execPath, '--eval', ONE_ANSWER, '--']));
  expect(results.map(({ name, wrong }) => [name, wrong.length > 0])).toEqual([
    ['nothing-failed', true],
    ['nothing-to-judge', false],
  ]);
});

test('a judge that cannot be started, or says no report, is wrong everywhere', async () => {
  const script = join(TEMPORARY, 'silent.mjs');
  writeFileSync(script, 'process.exit(3);');
  const silent = await judgeCorpus(smallCorpus(), judgeByCommand([process.execPath, script]));
  expect(silent.every(({ wrong }) => wrong[0]?.includes('expected a report as JSON, it ended with 3'))).toBe(true);
  const missing = await judgeCorpus(smallCorpus(), judgeByCommand([join(TEMPORARY, 'no-such-judge')]));
  expect(missing.every(({ wrong }) => wrong[0]?.includes('cannot be started'))).toBe(true);
});

test('no corpus, and an empty one, are an error and not all right', async () => {
  await expect(judgeCorpus(join(TEMPORARY, 'none'))).rejects.toThrow('expected a corpus of histories');
  await expect(judgeCorpus(mkdtempSync(join(TEMPORARY, 'empty-')))).rejects.toThrow('it is empty');
});
