import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { InputError, messageOf } from '../errors.ts';

/** `expected.json` of a history of the corpus: the few figures of its report that a person worked out, and how. */
export const expectedSchema = z.strictObject({
  /** The rule that the history is about, in a sentence. */
  rule: z.string(),
  /** JSON Pointer (RFC 6901) into the report → its value, whole. Microseconds. */
  report: z.record(z.string(), z.json()),
  /** Whether the record is torn or contradicts itself: `run.defects` names something, or is empty. */
  defects: z.boolean(),
  /** How the figures follow from the files. */
  why: z.string(),
});
export type Expected = z.infer<typeof expectedSchema>;

/** The histories of a corpus, by name; an InputError when there is none. */
export function corpusCases(corpus: string): string[] {
  try {
    const names = readdirSync(corpus, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? [entry.name] : [],
    );
    if (names.length > 0) return names.sort();
  } catch (error) {
    throw new InputError(`${corpus}: expected a corpus of histories: ${messageOf(error)}`, { cause: error });
  }
  throw new InputError(`${corpus}: expected a corpus of histories, it is empty`);
}

/** What the right answers of one history are. */
export function readExpected(directory: string): Expected {
  const file = join(directory, 'expected.json');
  try {
    return expectedSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new InputError(`${file}: expected the right answers of a history: ${messageOf(error)}`, { cause: error });
  }
}

/** Where a report says something else than the right answers, a line each. */
export function compareWithExpected(report: unknown, expected: Expected): string[] {
  const wrong = Object.entries(expected.report).flatMap(([pointer, right]) => {
    const found = at(report, pointer);
    return isDeepStrictEqual(found, right)
      ? []
      : [`${pointer}: expected ${JSON.stringify(right)}, got ${JSON.stringify(found) ?? 'nothing'}`];
  });
  const defects = at(report, '/run/defects');
  const count = Array.isArray(defects) ? defects.length : null;
  if (count === null) wrong.push('/run/defects: expected a list, got none');
  else if (count > 0 !== expected.defects)
    wrong.push(`/run/defects: expected ${expected.defects ? 'some' : 'none'}, got ${JSON.stringify(defects)}`);
  return wrong;
}

/** What a JSON Pointer points at; undefined: nothing. */
function at(value: unknown, pointer: string): unknown {
  const steps = pointer.split('/').slice(1);
  return steps.reduce<unknown>((inner, step) => {
    if (typeof inner !== 'object' || inner === null) return undefined;
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    return Object.hasOwn(inner, name) ? (inner as Record<string, unknown>)[name] : undefined;
  }, value);
}
