import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { formatAttempt, HISTORY_HEADER, openHistoryWriter, parseAttempt } from './history-csv.ts';
import type { Attempt } from './operation.ts';
import { formatReadBackRow, READ_BACK_HEADER } from './read-back-csv.ts';

const attempt: Attempt = {
  index: 7,
  attempt: 1,
  probe: 'cql',
  service: 'ledger',
  site: 'paris',
  client: 'outside',
  key: 'run/7',
  f: 'write',
  intendedUs: 70_000,
  invokedUs: 70_010,
  completedUs: 73_000,
  outcome: 'ok',
  error: '',
  valueSha: '0123456789abcdef',
};

test('the headers are those of measurement.md', () => {
  expect(HISTORY_HEADER.trimEnd()).toBe(
    'index,attempt,probe,service,site,client,key,f,intended_us,invoked_us,completed_us,outcome,error,value_sha',
  );
  expect(READ_BACK_HEADER.trimEnd()).toBe('stage,fault,site,probe,key,state,value_sha,read_us');
});

test('a row is one RFC 4180 record, quoted only where it must be', () => {
  expect(formatAttempt(attempt)).toBe(
    '7,1,cql,ledger,paris,outside,run/7,write,70000,70010,73000,ok,,0123456789abcdef\r\n',
  );
  expect(formatAttempt({ ...attempt, key: 'a"b,c', completedUs: null, outcome: 'info', error: 'cut' })).toBe(
    '7,1,cql,ledger,paris,outside,"a""b,c",write,70000,70010,,info,cut,0123456789abcdef\r\n',
  );
  expect(
    formatReadBackRow({
      stage: 'at-failover',
      fault: 'site-loss-1',
      site: 'london',
      probe: 'cql',
      key: 'run/7',
      state: 'absent',
      valueSha: '',
      readUs: 5,
    }),
  ).toBe('at-failover,site-loss-1,london,cql,run/7,absent,,5\r\n');
});

test('a row parses back to what was formatted', () => {
  for (const row of [
    attempt,
    { ...attempt, key: 'a"b,c""', completedUs: null, outcome: 'info' as const, error: 'cut' },
  ]) {
    expect(parseAttempt(formatAttempt(row))).toEqual(row);
  }
  expect(() => parseAttempt('1,2')).toThrow(/14 columns/);
  expect(() => parseAttempt(formatAttempt(attempt).replace('70000', '7e4'))).toThrow(/intended_us/);
  expect(() => parseAttempt(`"${formatAttempt(attempt)}`)).toThrow(/RFC 4180/);
});

test.each([
  [{ intendedUs: 0.5 }, /intended_us/],
  [{ attempt: 0 }, /attempt/],
  [{ index: -1 }, /index/],
  [{ completedUs: Number.NaN }, /completed_us/],
  [{ completedUs: null }, /completed_us/],
  [{ outcome: 'fail' as const }, /error/],
  [{ error: 'timeout' }, /error/],
  [{ site: '' }, /site/],
])('refuses %o', (change, expected) => {
  expect(() => formatAttempt({ ...attempt, ...change })).toThrow(expected);
});

test('the writer keeps the order of its calls and refuses half a line', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'drill-history-'));
  try {
    const path = join(directory, 'history.csv');
    const writer = await openHistoryWriter(path);
    await Promise.all([writer.write([attempt]), writer.write('1\r\n2\r\n'), writer.write([])]);
    await expect(writer.write('half')).rejects.toThrow(/whole lines/);
    await writer.close();
    expect(readFileSync(path, 'utf8')).toBe(`${HISTORY_HEADER}${formatAttempt(attempt)}1\r\n2\r\n`);
    await expect(openHistoryWriter(path)).rejects.toThrow(/EEXIST/);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
