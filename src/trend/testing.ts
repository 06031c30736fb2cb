import type { Interval, Verdict } from '../check/report-schema.ts';
import type { RunRecord } from './run-record.ts';
import type { Setting } from './setting.ts';

export const SETTING: Setting = new Map([
  ['harness', '0.1.0'],
  ['scenario file', 'abc'],
  ['version of cassandra', '5.0.6'],
]);

/** A run of the n-th day of 2026 with one RTO, in microseconds. */
export function runOf(
  day: number,
  rto: Interval | null,
  more: Partial<RunRecord> = {},
  verdict: Verdict = 'pass',
): RunRecord {
  const started = new Date(Date.UTC(2026, 0, day, 12)).toISOString();
  return {
    path: `site-failover/${day}`,
    id: `run-${day}`,
    scenario: 'site-failover',
    title: 'Paris is lost',
    started,
    verdict,
    outcome: 'completed',
    reason: '',
    seal: 'sealed',
    notCompared: '',
    setting: SETTING,
    lost: { lost: { lower: 0, upper: 0 }, ledger: 900 },
    figures: [
      {
        name: 'RTO of ledger',
        metric: 'rto',
        service: 'ledger',
        measured_us: rto,
        target: { op: '<', target_us: 1_800_000_000, verdict },
      },
    ],
    objectives: [{ id: 'rto/ledger', target_us: 1_800_000_000, verdict }],
    ...more,
  };
}
