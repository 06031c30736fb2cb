import { NAMES } from './byte-names.ts';

/** What `of` says of each number, asked once. */
export function memo(of: (number: number) => number): (number: number) => number {
  const known: number[] = [];
  return (number) => {
    known[number] ??= of(number);
    return known[number];
  };
}

/** The same of four numbers of names. */
export function memoOfFour(
  of: (a: number, b: number, c: number, d: number) => number,
): (a: number, b: number, c: number, d: number) => number {
  const known = new Map<number, number>();
  let lastKey = -1;
  let last = -1;
  return (a, b, c, d) => {
    const key = ((a * NAMES + b) * NAMES + c) * NAMES + d;
    if (key === lastKey) return last;
    last = known.get(key) ?? of(a, b, c, d);
    known.set(key, last);
    lastKey = key;
    return last;
  };
}
