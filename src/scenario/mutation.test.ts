import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { test } from 'vitest';
import { isMap, isScalar, isSeq, type Node, parseDocument } from 'yaml';
import { GOOD, problemsOf, REGISTRIES } from './fixtures.ts';
import { scenarioJsonSchema } from './json-schema.ts';

const forEditors = new Ajv2020().compile(scenarioJsonSchema(REGISTRIES));

/** Changes of one place of a good scenario, as text. */
const CHANGES = ['delete', 'rename', 'duplicate', 'type', 'unit', 'null', 'cut', 'insert'] as const;
const VALUES = [-1, 0, 1.5, true, '', 'x', '30', '30x', '< 0s', '1e9s', '999999999d', [], {}, ['a', 'b'], { a: 1 }];

test('a scenario with a random mistake never crashes, and every problem names a line and a column', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...CHANGES),
      fc.nat(),
      fc.constantFrom(...VALUES),
      fc.string({ maxLength: 8 }),
      (change, place, value, text) => {
        const mutated = mutate(change, place, value, text);
        const problems = problemsOf(mutated);
        if (problems.length === 0 && !forEditors(parseDocument(mutated).toJS()))
          throw new Error(`an editor would complain of\n${mutated}`);
        for (const problem of problems) {
          if (!/^good\.yaml:[1-9]\d*:[1-9]\d*: ./.test(problem)) throw new Error(`no place in ${problem}\n${mutated}`);
        }
      },
    ),
    { numRuns: 1500 },
  );
});

test('bytes that are no scenario never crash either', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      if (problemsOf(bytes).length === 0) throw new Error('accepted');
    }),
    { numRuns: 500 },
  );
});

test('what is deleted and has no default is missed, what is renamed is unknown', () => {
  const required = ['name', 'title', 'hypothesis', 'services', 'timeline', 'objectives'];
  for (const key of required) {
    const document = parseDocument(GOOD);
    document.delete(key);
    const problems = problemsOf(document.toString());
    if (!problems.some((problem) => problem.includes(`${key} is missing`)))
      throw new Error(`${key}: ${problems.join('\n')}`);
    const renamed = GOOD.replace(new RegExp(`^${key}:`, 'm'), `x-${key}:`);
    if (!problemsOf(renamed).some((problem) => problem.includes(`x-${key}: unknown key`))) throw new Error(key);
  }
});

function mutate(change: (typeof CHANGES)[number], place: number, value: unknown, text: string): string {
  if (change === 'cut') return GOOD.slice(0, place % GOOD.length) + GOOD.slice((place % GOOD.length) + 1 + text.length);
  if (change === 'insert') return GOOD.slice(0, place % GOOD.length) + text + GOOD.slice(place % GOOD.length);
  const document = parseDocument(GOOD);
  const maps = collections(document.contents).filter(isMap);
  const pairs = maps.flatMap((map) => map.items.map((pair, i) => ({ map, pair, i })));
  const chosen = pairs[place % pairs.length];
  if (!chosen) return GOOD;
  const { map, pair, i } = chosen;
  const { value: known } = pair;
  if (change === 'delete') map.items.splice(i, 1);
  else if (change === 'rename' && isScalar(pair.key)) pair.key.value = `${String(pair.key.value)}${text}`;
  else if (change === 'duplicate') map.items.push(pair);
  else if (change === 'type') pair.value = document.createNode(value);
  else if (change === 'null') pair.value = null;
  else if (change === 'unit' && isScalar(known)) known.value = String(known.value).replace(/(ms|s|m|h|d|%)$/, text);
  return document.toString();
}

function collections(node: Node | null): readonly Node[] {
  if (isSeq(node)) return [node, ...node.items.flatMap((item) => collections(item as Node))];
  if (isMap(node)) return [node, ...node.items.flatMap((item) => collections(item.value as Node | null))];
  return [];
}
