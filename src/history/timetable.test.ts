import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isWrite, slotIntendedUs, splitKey, turnOf, writeKey, writerOf } from './timetable.ts';

test('operation k is intended at start + ⌊k·10⁶/rate⌋', () => {
  expect([0, 1, 2, 3].map((k) => slotIntendedUs(5, 3, k))).toEqual([5, 333_338, 666_671, 1_000_005]);
});

test('intended instants never go back, and drift by less than a microsecond', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 0, max: 1e7 }), (rate, k) => {
      const at = slotIntendedUs(0, rate, k);
      expect(slotIntendedUs(0, rate, k + 1)).toBeGreaterThanOrEqual(at);
      expect((k * 1e6) / rate - at).toBeGreaterThanOrEqual(0);
      expect((k * 1e6) / rate - at).toBeLessThan(1);
    }),
  );
});

test('writes and reads alternate, and a read is of the turn of the write before it', () => {
  expect([0, 1, 2, 3, 4, 5].map(isWrite)).toEqual([true, false, true, false, true, false]);
  expect([0, 1, 2, 3, 4, 5].map(turnOf)).toEqual([0, 0, 1, 1, 2, 2]);
});

test.each([
  [{ probe: 'cql', service: 'ledger', site: '', client: 'outside' }, 'r/cql.ledger.outside/4'],
  [{ probe: 'cql', service: '', site: 'paris', client: 'london' }, 'r/cql.@paris.london/4'],
])('a key tells whose write it is, and which: %o', (id, key) => {
  expect(writeKey('r', id, 4)).toBe(key);
  expect(writerOf('r', key)).toEqual(id);
  expect(splitKey(key)).toEqual({ prefix: key.slice(0, -2), seq: 4 });
});

test.each(['r/warm.cql.ledger.outside.paris/0', 'r/served/3', 'other/cql.ledger.outside/4', 'cql.ledger.outside'])(
  'a key of no timetable of the run is nobody’s: %s',
  (key) => {
    expect(writerOf('r', key)).toBeNull();
  },
);
