import type { z } from 'zod';
import { didYouMean } from './nearest.ts';
import type { Positions } from './positions.ts';
import type { Path, Problem } from './problem.ts';

type Issue = z.core.$ZodIssue;

/**
 * The problems behind the issues that zod found in `data`. Parse with `{ error: expectation }`, which writes what was expected into each
 * issue; where it is, what was got and what was probably meant are added here.
 */
export function explain(issues: readonly Issue[], data: unknown, positions: Positions): readonly Problem[] {
  return issues.flatMap((issue) => explainOne(issue, [], data, positions));
}

/** For an issue: what was expected. For unknown keys: the keys that are known, see `explain`. */
export function expectation(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${TYPES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `expected ${issue.values.map(String).join(' or ')}`;
    case 'too_small':
      return `expected ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${COUNTED[issue.origin] ?? ''}`;
    case 'too_big':
      return `expected ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}${COUNTED[issue.origin] ?? ''}`;
    case 'invalid_format':
      return `expected text of the form ${issue.pattern ?? issue.format}`;
    case 'unrecognized_keys':
      return knownKeys(issue.inst).join(SEPARATOR);
    case 'invalid_union':
      return Array.isArray(issue.options) ? `expected ${issue.options.map(String).join(' or ')}` : '';
    default:
      return issue.message ?? 'expected something else';
  }
}

const SEPARATOR = ', ';
const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
};
const COUNTED: Readonly<Record<string, string>> = { array: ' of them', string: ' characters' };

function explainOne(issue: Issue, above: Path, data: unknown, positions: Positions): readonly Problem[] {
  const path: Path = [...above, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))];
  const got = lookUp(data, path);
  if (issue.code === 'unrecognized_keys') {
    const known = issue.message.split(SEPARATOR);
    return issue.keys.map((key) =>
      positions.atKey([...path, key], `unknown key${didYouMean(key, known)} (known: ${issue.message})`),
    );
  }
  if (issue.code === 'invalid_key') {
    const text = issue.issues.map(({ message }) => message).join(', ');
    return [positions.atKey(path, `${text}, got ${show(path.at(-1))}`)];
  }
  if (got === undefined) return [positions.atKey(path.slice(0, -1), `${path.at(-1)} is missing: ${wanted(issue)}`)];
  if (issue.code === 'invalid_union') {
    const inner = innermost(issue.errors) ?? wordsOf(issue, got);
    if (inner) return inner.flatMap((one) => explainOne(one, path, data, positions));
    const options = issue.errors.length === 0 && typeof got === 'string' ? optionsOf(issue) : [];
    return [positions.atValue(path, `${wanted(issue)}, got ${show(got)}${didYouMean(String(got), options)}`)];
  }
  const options = issue.code === 'invalid_value' && typeof got === 'string' ? issue.values.map(String) : [];
  return [positions.atValue(path, `${wanted(issue)}, got ${show(got)}${didYouMean(String(got), options)}`)];
}

/** What was expected; of a union without a text of its own, what any of its branches expected. */
function wanted(issue: Issue): string {
  if (issue.message !== '' || issue.code !== 'invalid_union') return issue.message;
  const branches = issue.errors.flatMap((branch) => branch.slice(0, 1).map(wanted));
  return [...new Set(branches)].join(', or ');
}

/** The issues of the branch of a union that fits the value's own type, if one does; of several the one with the fewest. */
function innermost(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  return branches
    .filter((branch) => branch.every((one) => one.path.length > 0 || one.code === 'unrecognized_keys'))
    .toSorted((a, b) => a.length - b.length)[0];
}

/** For a word where one of some words, or something that is no word, was expected: what the words are. */
function wordsOf(issue: Extract<Issue, { code: 'invalid_union' }>, got: unknown): readonly Issue[] | undefined {
  if (typeof got !== 'string' || issue.message !== '') return undefined;
  const [only, ...more] = issue.errors.filter(([first]) => first?.code !== 'invalid_type');
  const [first] = only ?? [];
  return more.length === 0 && first?.code === 'invalid_value' && first.values.every(isWord) ? only : undefined;
}

function isWord(value: unknown): boolean {
  return typeof value === 'string';
}

function optionsOf(issue: Issue): readonly string[] {
  return 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
}

function knownKeys(schema: unknown): readonly string[] {
  const shape = (schema as { _zod?: { def?: { shape?: object } } } | undefined)?._zod?.def?.shape;
  return shape === undefined ? [] : Object.keys(shape);
}

function lookUp(data: unknown, path: Path): unknown {
  let value = data;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

/** A value as a message shows it: short, on one line. */
export function show(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a mapping';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
