import { expect, test } from 'vitest';
import { type HistoryAttempt, KEY_COLUMN, VALUE_COLUMN } from './load-history.ts';
import { FAIL, INFO, OK } from './operations.ts';
import { OverwriteLog } from './overwrite-log.ts';

const COLUMNS = 14;

/** An attempt as the loader hands it over: key and checksum are bytes of its record. */
function attempt(key: string, sha: string, more: Partial<HistoryAttempt> = {}): HistoryAttempt {
  const [starts, ends] = [new Int32Array(COLUMNS), new Int32Array(COLUMNS)];
  [starts[KEY_COLUMN], ends[KEY_COLUMN]] = [0, key.length];
  [starts[VALUE_COLUMN], ends[VALUE_COLUMN]] = [key.length, key.length + sha.length];
  const bytes = Buffer.from(`${key}${sha}`);
  const record = { bytes, starts, ends, numbers: new Float64Array(COLUMNS), fields: COLUMNS, line: 2 };
  const place = { timetable: 0, site: 0, siteName: 'paris', index: 0, attempt: 1 };
  return { record, ...place, outcome: OK, invokedUs: 100, completedUs: 110, ...more };
}

test('a write is all of its attempts: begun with the first, acknowledged by the first that was, over with the last', () => {
  const log = new OverwriteLog(4);
  log.addWrite(attempt('k', 's', { index: 10, outcome: FAIL, completedUs: 150 }));
  log.addWrite(attempt('k', 's', { index: 10, attempt: 3, invokedUs: 300, completedUs: 310, siteName: 'london' }));
  log.addWrite(attempt('k', 's', { index: 10, attempt: 2, invokedUs: 200, completedUs: 320 }));
  const acknowledged = { site: 'london', us: 310 };
  expect(log.result().writes).toEqual([{ key: 'k', register: 1, invokedUs: 100, overUs: 320, acknowledged }]);
});

test.each([
  ['an attempt of which nobody knows', [{ outcome: INFO }, {}], Number.POSITIVE_INFINITY],
  ['an attempt that failed and has no end', [{ outcome: FAIL, completedUs: Number.NaN }, {}], 110],
  ['no acknowledgement', [{ outcome: FAIL }], Number.POSITIVE_INFINITY],
] as const)('when it can take no effect any more, with %s', (_, attempts, overUs) => {
  const log = new OverwriteLog(4);
  for (const one of attempts) log.addWrite(attempt('k', 's', one));
  expect(log.result().writes[0]?.overUs).toBe(overUs);
});

test('a read is of the register of the key it asked for, and shows the write whose checksum it found', () => {
  const log = new OverwriteLog(4);
  log.addRead(attempt('mine', 'hers', { index: 3, invokedUs: 400, siteName: 'london' }));
  for (const [key, sha] of [
    ['mine', ''],
    ['nobodys', 'hers'],
    ['mine', 'nobodys'],
  ] as const)
    log.addRead(attempt(key, sha));
  log.addRead(attempt('mine', 'hers', { outcome: FAIL }));
  log.addWrite(attempt('mine', 'his', { index: 2 }));
  log.addWrite(attempt('other', 'hers', { index: 6 }));
  log.addWrite(attempt('unsent', '', { index: 4, outcome: FAIL }));
  const { reads, writes } = log.result();
  expect(reads).toEqual([{ register: 1, site: 'london', invokedUs: 400, found: writes[1] }]);
});
