import { expect, test } from 'vitest';
import { warmKey } from '../../client/warm-up.ts';
import { CANARY_SERVICE } from '../../history/operation.ts';
import { writeKey } from '../../history/timetable.ts';
import { namespaceOf, topicOf } from './places.ts';

const run = '20260131T120000Z-abcdef';
const context = { run, params: { tenant: 'public' } };
const timetable = (service: string) => ({
  ...{ probe: 'pulsar', service, site: service ? '' : 'paris', client: 'outside' },
  ...{ rate: 10, timeout_us: 1_000_000, writes: ['write'], params: {} },
});

test('a run has a namespace of its own', () => {
  expect(namespaceOf(context)).toBe(`public/drill-${run}`);
  expect(namespaceOf({ ...context, run: 'a/b?c' })).toBe('public/drill-a_b_c');
});

test('the canary and its warm-up have a topic of their own, everything else another', () => {
  const named = (key: string) => topicOf(context, key).name;
  expect(named(writeKey(run, timetable(CANARY_SERVICE), 4))).toBe('canary');
  expect(named(warmKey(run, timetable(CANARY_SERVICE), 'paris'))).toBe('canary');
  expect(named(writeKey(run, timetable('events'), 4))).toBe('ledger');
  expect(named(writeKey(run, timetable(''), 4))).toBe('ledger');
  expect(named(warmKey(run, timetable('events'), 'paris'))).toBe('ledger');
  expect(named(`${run}/served/3`)).toBe('ledger');
});
