import { refusedWords } from '../refused-words.ts';
import { plainName, sameName } from '../same-name.ts';
import type { DrillFile } from './drill-file.ts';
import type { Positions } from './positions.ts';
import type { Path, Problem } from './problem.ts';

/** What only a look at several fields can tell. */
export function itsOwn(file: DrillFile, positions: Positions): readonly Problem[] {
  const { before, after } = file;
  const at = (path: Path, text: string): Problem[] => [positions.atValue(path, text)];
  const { testLead, approver } = after?.signOff ?? {};
  const texts = textsOf(file, []);
  const testers = (before?.testers ?? []).map(({ name }) => plainName(name));
  return [
    ...(before === undefined && after === undefined ? at([], 'expected before, or after, or both') : []),
    ...texts.flatMap(([path, text]) => wordsOf(text).flatMap((problem) => at(path, problem))),
    ...twice(testers).flatMap((i) => at(['before', 'testers', i, 'name'], 'expected each tester once')),
    ...twice(before?.function?.memberStates ?? []).flatMap((i) =>
      at(['before', 'function', 'memberStates', i], 'expected each member state once'),
    ),
    ...(approver !== undefined && testLead !== undefined && sameName(approver, testLead)
      ? at(['after', 'signOff', 'approver'], 'expected another person than the test lead')
      : []),
    ...(approver !== undefined && testers.includes(plainName(approver))
      ? at(['after', 'signOff', 'approver'], 'expected nobody who is among the testers')
      : []),
  ];
}

/** What no text of people may be: half a character, nothing that says anything, a word that no report prints. Read again, a record may hold it. */
function wordsOf(text: string): readonly string[] {
  if (!text.isWellFormed()) return ['expected whole characters: half of one is none'];
  if (!/[\p{L}\p{N}]/u.test(text)) return [`expected words, got “${text}”: leave out what is not recorded`];
  return refusedWords(text).map(({ word, instead }) => refusal(word, instead));
}

export function refusal(word: string, instead: string): string {
  return `expected words that a report may print, got “${word}”: ${instead}`;
}

/** Every text in it, with its place. */
export function textsOf(value: unknown, path: Path): readonly (readonly [Path, string])[] {
  if (typeof value === 'string') return [[path, value]];
  if (Array.isArray(value)) return value.flatMap((one, i) => textsOf(one, [...path, i]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => textsOf(child, [...path, key]));
}

/** The places of what stands there for the second time. */
function twice(list: readonly string[]): readonly number[] {
  return list.flatMap((one, i) => (list.indexOf(one) === i ? [] : [i]));
}
