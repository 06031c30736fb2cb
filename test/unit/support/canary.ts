import { createHash } from 'node:crypto';
import type { Attempt, ReadBackRow } from '../../../src/history/operation.ts';
import type { OracleEvent } from '../oracle/input.ts';

/** Where the canary's part of a run ends, microseconds. */
export const CANARY_END_US = 1_200_000;

/** Rows, events and answers of a canary that is found as it was made: 30 refusals from 0.3 s on, two keys deleted. */
export function goodCanary(probe = 'cql'): { attempts: Attempt[]; readBack: ReadBackRow[]; events: OracleEvent[] } {
  const id = { probe, service: 'canary', site: '', client: 'outside' };
  const outage = { from_us: 295_000, to_us: 595_000 };
  const attempts = Array.from({ length: 100 }, (_, index): Attempt => {
    const intendedUs = index * 10_000;
    const refused = intendedUs >= outage.from_us && intendedUs < outage.to_us;
    return {
      index,
      attempt: 1,
      ...id,
      site: 'paris',
      key: `canary-${probe}-${index}`,
      f: 'write',
      intendedUs,
      invokedUs: intendedUs,
      completedUs: intendedUs + 2_000,
      outcome: refused ? 'fail' : 'ok',
      error: refused ? 'refused' : '',
      valueSha: shaOf(`canary-${probe}-${index}`),
    };
  });
  const deleted = [`canary-${probe}-5`, `canary-${probe}-7`];
  const acknowledged = attempts.filter(({ outcome }) => outcome === 'ok');
  const readBack = acknowledged.map(
    ({ key, valueSha }): ReadBackRow => ({
      stage: 'canary',
      fault: '',
      site: 'paris',
      probe,
      key,
      state: deleted.includes(key) ? 'absent' : 'present',
      valueSha: deleted.includes(key) ? '' : valueSha,
      readUs: 1_100_000,
    }),
  );
  const counts = { present: acknowledged.length - deleted.length, absent: deleted.length };
  const done = { stage: 'canary', fault: '', site: 'paris', probe, asked: acknowledged.length, counts, complete: true };
  const events: OracleEvent[] = [
    { at_us: 0, type: 'phase', data: { phase: 'canary' } },
    {
      at_us: 0,
      type: 'timetable-started',
      data: { ...id, start_us: 0, rate: 100, timeout_us: 100_000, writes: ['write'] },
    },
    { at_us: 1_000_000, type: 'timetable-ended', data: { ...id, last: 99 } },
    { at_us: 1_050_000, type: 'canary-injected', data: { probe, client: 'outside', site: 'paris', outage, deleted } },
    { at_us: CANARY_END_US - 50_000, type: 'read-back-done', data: done },
  ];
  return { attempts, readBack, events };
}

/** First 16 hex digits of SHA-256, as `value_sha` has it. */
export function shaOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
