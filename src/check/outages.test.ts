import { describe, expect, test } from 'vitest';
import { describeOutages } from './outage-report.ts';
import { findOutages } from './outages.ts';
import { history, observe, RULES } from './testing.ts';
import type { Rules } from './windows.ts';

const ok = (n: number): string => '.'.repeat(n);

/** `[down slot, up slot, seenBy]` at 100 operations a second. */
function outages(text: string, layAgainUs: readonly number[] = [], rules: Rules = RULES): unknown[] {
  return findOutages(observe(history(text)), rules, layAgainUs).map(({ down, up, seenBy }) => [
    down,
    up?.position ?? null,
    seenBy,
  ]);
}

describe('an outage by runs', () => {
  test('is down with the first of three operations in a row that are not ok, and up with the first of ten ok ones', () => {
    expect(outages('.....xxx..........')).toEqual([[5, 8, 'runs']]);
  });
  test('two failures in a row are none', () => {
    expect(outages('....xx....xx..........')).toEqual([]);
  });
  test('nine ok ones do not end it', () => {
    expect(outages('xxx.........x..........')).toEqual([[0, 13, 'runs']]);
  });
  test('with fewer than ten ok ones at the end it is open', () => {
    expect(outages('..xxx.........')).toEqual([[2, null, 'runs']]);
  });
  test('info, shed operations and gaps are not ok', () => {
    expect(outages('..?-_..........')).toEqual([[2, 5, 'runs']]);
  });
  test('one after another', () => {
    expect(outages('..xxx..........xxx..........')).toEqual([
      [2, 5, 'runs'],
      [15, 18, 'runs'],
    ]);
  });
  test('an empty history has none', () => {
    expect(outages('')).toEqual([]);
  });
});

describe('an outage by scattered errors', () => {
  const scattered = 'x.........'.repeat(20);
  test('is down with the first failure of a window with more than 5 % that are not ok', () => {
    expect(outages(ok(200) + scattered + ok(400))).toEqual([[200, 391, 'window']]);
  });
  test('exactly 5 % is none', () => {
    expect(outages(`x${ok(19)}`.repeat(40))).toEqual([]);
  });
  test('the runs do not count: they are outages of their own', () => {
    expect(outages(`${ok(50)}x${ok(20)}${'x'.repeat(60)}${ok(400)}`)).toEqual([[71, 131, 'runs']]);
  });
  test('a window that is not complete is not judged', () => {
    expect(outages(ok(200) + 'x.........'.repeat(19))).toEqual([]);
  });
  test('windows are laid again where a fault is requested, so that what was before does not count', () => {
    const text = `${ok(100)}${'x....'.repeat(20)}${ok(600)}`;
    expect(outages(text)).toEqual([[100, 196, 'window']]);
    expect(outages(text, [1_000_000])).toEqual([[100, 196, 'window']]);
    // Cut at 1.5 s: ten failures before it are in a window that is not complete, the ten after it are 5 % of the next.
    expect(outages(text, [1_500_000])).toEqual([]);
  });
  test('it is up only where a window begins that meets the latency objective as well', () => {
    const rules: Rules = { ...RULES, latency: { quantile: 0.95, op: '<', targetUs: 100_000 } };
    const slow = 's'.repeat(200);
    expect(outages(ok(200) + scattered + slow + ok(400), [], rules)).toEqual([[200, 590, 'window']]);
  });
  test('it is open when no window holds any more', () => {
    expect(outages(ok(200) + scattered + scattered)).toEqual([[200, null, 'window']]);
  });
});

describe('the figures of an outage', () => {
  const figures = (text: string, options = {}) => {
    const observed = observe(history(text, options));
    return describeOutages(observed, findOutages(observed, RULES, []), RULES.upAfter);
  };
  test('client-visible: from the intended time of the down operation to the completion of the up operation', () => {
    expect(figures('....xxxx..........')).toMatchObject([
      { down_us: 40_000, up_us: 81_000, length_us: 41_000, operations: 4, notOk: 4, errors: { refused: 4 } },
    ]);
  });
  test('its bounds: last ok sent before it to its first failure; last failure sent to its first success', () => {
    expect(figures('....xx?x..........')).toMatchObject([
      {
        start: { notBefore_us: 30_000, notAfter_us: 41_000 },
        end: { notBefore_us: 70_000, notAfter_us: 81_000 },
        errors: { refused: 3, timeout: 1 },
      },
    ]);
  });
  test('shed operations and gaps bound nothing', () => {
    expect(figures('....-_x-..........')).toMatchObject([
      { start: { notBefore_us: 30_000, notAfter_us: 61_000 }, end: { notBefore_us: 60_000, notAfter_us: 81_000 } },
    ]);
  });
  test('the earliest completion among the ten counts, not that of the first', () => {
    expect(figures('...xxx..........', { at: { 6: { completedUs: 2_000_000 } } })).toMatchObject([
      { up_us: 2_000_000, end: { notBefore_us: 50_000, notAfter_us: 71_000 } },
    ]);
  });
  test('open, from the first operation on', () => {
    expect(figures('xxx.')).toMatchObject([
      { up_us: null, length_us: null, start: { notBefore_us: null, notAfter_us: 1_000 }, end: null, operations: 4 },
    ]);
  });
  test('the order of completion does not matter: a late ok breaks no run of failures', () => {
    expect(figures('...xxx..........', { at: { 2: { completedUs: 45_000 } } })).toMatchObject([{ down_us: 30_000 }]);
  });
});
