import fc from 'fast-check';
import type { JsonObject } from './json-file.ts';

/** A change of one value somewhere in JSON, drawn so that it is the same for the same JSON. */
export interface Mutation {
  /** Which of the values, as a share of all. */
  readonly share: number;
  readonly what: string;
}

const VALUES: Readonly<Record<string, unknown>> = {
  null: null,
  '""': '',
  text: 'x',
  zero: 0,
  minus: -1,
  half: 0.5,
  large: 9_007_199_254_740_991,
  larger: 9_007_199_254_740_994,
  true: true,
  '[]': [],
  '{}': {},
  '[null]': [null],
  proto: JSON.parse('{ "__proto__": {}, "constructor": 1 }'),
  surrogate: '\ud800',
  command: '\u001b[2J\u202e',
};
/** What is done to a value where it is, beside another in its place. */
const DEEDS = ['delete', 'twice', 'more', 'neighbour', 'as text', 'reversed'] as const;

/** From 0 to 1, all alike: a double would be drawn by its bits, and most of these are near 0. */
export const share: fc.Arbitrary<number> = fc.noBias(fc.nat(9_999)).map((n) => n / 10_000);

export const mutation: fc.Arbitrary<Mutation> = fc.record({
  share,
  what: fc.oneof(fc.constantFrom(...Object.keys(VALUES)), fc.constantFrom(...DEEDS)),
});

type Holder = JsonObject | unknown[];

/** Every place in it, outer ones first, so that shares near 0 change its whole. Of long lists the first few. */
function places(value: unknown, depth = 0): readonly { holder: Holder; key: string }[] {
  if (typeof value !== 'object' || value === null || depth > 6) return [];
  const holder = value as Holder;
  const own = Object.keys(holder)
    .slice(0, 40)
    .map((key) => ({ holder, key }));
  return [...own, ...own.flatMap(({ key }) => places((holder as JsonObject)[key], depth + 1))];
}

/** Changes `value` itself, and says what. */
export function mutate(value: unknown, { share, what }: Mutation): string {
  const all = places(value);
  // Where it is about, and not in the bulk of its lists: half of the draws are among the first few.
  const among = share < 0.5 ? Math.min(all.length, 60) : all.length;
  const place = all[Math.floor((share < 0.5 ? share * 2 : share * 2 - 1) * among)];
  if (place === undefined) return 'nothing';
  const { key } = place;
  const holder = place.holder as JsonObject;
  const old = holder[key];
  if (what === 'delete') Array.isArray(holder) ? holder.splice(Number(key), 1) : delete holder[key];
  else if (what === 'twice')
    Array.isArray(old) ? old.push(structuredClone(old[0] ?? null)) : put(holder, `${key}2`, old);
  else if (what === 'more')
    typeof old === 'object' && old !== null ? put(old as JsonObject, 'more', 1) : put(holder, 'more', 1);
  else if (what === 'neighbour')
    holder[key] = structuredClone(Object.values(holder).find((one) => one !== old) ?? null);
  else if (what === 'as text') holder[key] = JSON.stringify(old) ?? '';
  else if (what === 'reversed') holder[key] = Array.isArray(old) ? [...old].reverse() : old;
  else holder[key] = structuredClone(VALUES[what]);
  return `${key} ${what}`;
}

function put(holder: JsonObject, key: string, value: unknown): void {
  if (Array.isArray(holder)) holder.push(value);
  else holder[key] = structuredClone(value);
}
