import type { OracleInput } from '../oracle/input.ts';
import { event, from, rto, S, withEvents } from '../support/by-hand.ts';
import type { Case } from './case.ts';

const stall = (from_us: number, to_us: number) =>
  withEvents(event(to_us, 'stall', { client: 'outside', from_us, to_us, cause: 'event-loop' }));
/** The canary's operations from one to another failed as well. */
const refusing =
  (first: number, last: number) =>
  (input: OracleInput): OracleInput => ({
    ...input,
    attempts: input.attempts.map((row) =>
      row.service === 'canary' && inRange(row.index, first, last) ? { ...row, outcome: 'fail', error: 'refused' } : row,
    ),
    readBack: input.readBack.filter(
      ({ stage, key }) => stage !== 'canary' || !inRange(Number(key.split('-').at(-1)), first, last),
    ),
  });
const inRange = (n: number, first: number, last: number): boolean => n >= first && n <= last;
const LOOSE = [rto(60 * S)];

/** measurement.md, "The instrument proves itself", and what makes an instrument worthless: stalls, a machine that was suspended. */
export const INSTRUMENT_CASES: readonly Case[] = [
  {
    name: 'canary-found',
    rule: 'Every run makes a canary loss and a canary outage, and finds exactly these; they are excluded from everything else.',
    why: 'Keys 5 and 7 were deleted and are absent. Refused from 0.295 s to 0.595 s, the canary failed from 0.3 s on and was answered at 0.602 s.',
    run: { objectives: LOOSE },
    report: {
      '/canary/proofs/0/loss': { deleted: 2, found: 2, wrong: 0 },
      '/canary/proofs/0/outage/measured': { lower: 300_000, upper: 602_000 },
      '/canary/verdict': 'pass',
      '/rpo/0/ledger': 81,
      '/verdict': 'pass',
    },
  },
  {
    name: 'canary-loss-missed',
    rule: 'When the canary is not found exactly, the verdict is unknown.',
    why: 'A key that nobody deleted, canary-cql-20, is absent as well.',
    run: { objectives: LOOSE },
    change: (input) => ({
      ...input,
      readBack: input.readBack.map((row) =>
        row.stage === 'canary' && row.key === 'canary-cql-20' ? { ...row, state: 'absent', valueSha: '' } : row,
      ),
    }),
    report: { '/canary/verdict': 'unknown', '/objectives/0/verdict': 'unknown', '/verdict': 'unknown' },
  },
  {
    name: 'canary-outage-missed',
    rule: 'When the canary is not found exactly, the verdict is unknown.',
    why: 'The stub refused from 0.295 s to 0.595 s, and the history says that all was well.',
    run: { objectives: LOOSE },
    change: (input) => ({
      ...input,
      attempts: input.attempts.map((row) =>
        row.service === 'canary' && row.outcome === 'fail' ? { ...row, outcome: 'ok', error: '' } : row,
      ),
    }),
    report: { '/canary/verdict': 'unknown', '/verdict': 'unknown' },
  },
  {
    name: 'canary-outage-too-long',
    rule: 'The canary outage may be measured wrongly by one interval of the probe, the response that ends it, and 5 ms.',
    why: 'The stub refused from 0.295 s to 0.595 s; the history says from 0.3 s until an answer at 0.702 s: 102 ms too long, where 10 + 2 + 5 ms are allowed.',
    run: { objectives: LOOSE },
    change: refusing(60, 69),
    report: { '/canary/verdict': 'unknown', '/verdict': 'unknown' },
  },
  {
    name: 'canary-outage-twice',
    rule: 'When the canary is not found exactly, the verdict is unknown.',
    why: 'Besides the one that was made, the history has an outage from 0.8 s on: rows 80 to 82 failed.',
    run: { objectives: LOOSE },
    change: refusing(80, 82),
    report: { '/canary/verdict': 'unknown', '/verdict': 'unknown' },
  },
  {
    name: 'no-canary',
    rule: 'Without a canary nothing passes.',
    why: 'The run made none. The figures are there all the same.',
    run: { canary: false, patches: [from(82, 10, 'fail')], objectives: LOOSE },
    report: { '/canary/verdict': 'unknown', '/views/0/rto/value_us': 1_202_000, '/verdict': 'unknown' },
  },
  {
    name: 'stall-at-an-instant-that-decides',
    rule: 'A stall of the harness that overlaps an instant that decides an objective makes it unknown.',
    why: 'The harness stood still from 10.65 s to 10.8 s; up is at 10.702 s.',
    run: { patches: [from(82, 10, 'fail')], objectives: [rto(10 * S)] },
    change: stall(10_650_000, 10_800_000),
    report: { '/views/0/rto/value_us': 1_202_000, '/objectives/0/verdict': 'unknown' },
  },
  {
    name: 'stall-elsewhere',
    rule: 'A stall elsewhere decides nothing.',
    why: 'The harness stood still from 17 s to 17.2 s, where nothing is decided.',
    run: { patches: [from(82, 10, 'fail')], objectives: [rto(10 * S)] },
    change: stall(17_000_000, 17_200_000),
    report: { '/objectives/0/verdict': 'pass', '/verdict': 'pass' },
  },
  {
    name: 'suspended-machine',
    rule: 'Boot time against monotonic time shows a suspended machine: unknown.',
    why: 'At the end the clocks say that the machine was suspended for 5 s.',
    run: { objectives: LOOSE },
    change: (input) => ({
      ...input,
      events: input.events.map((other) =>
        other.type === 'clock' && other.data.at === 'end'
          ? { ...other, data: { ...other.data, suspended_us: 5 * S } }
          : other,
      ),
    }),
    report: { '/quality/suspended_us': 5_000_000, '/verdict': 'unknown' },
  },
  {
    name: 'clock-offset-and-bound',
    rule: 'Each clock’s offset and its error bound are recorded: the true offset lies between the least and the most that they allow.',
    why: 'At the start 1 ms ± 2 ms, at the end 4 ms ± 0.5 ms: from −1 ms to 4.5 ms.',
    run: { objectives: LOOSE },
    change: (input) => ({
      ...input,
      events: input.events.map((other) => {
        if (other.type !== 'clock') return other;
        const said = other.data.at === 'start' ? [1_000, 2_000] : [4_000, 500];
        return { ...other, data: { ...other.data, offset_us: said[0] as number, bound_us: said[1] as number } };
      }),
    }),
    report: { '/quality/clockOffset_us': { lower: -1_000, upper: 4_500 }, '/verdict': 'pass' },
  },
];
