import type { Objective, ServicePhase } from '../../../src/scenario/plan.ts';
import { event, from, MS, rpo, rto, S, withEvents, withoutEvents } from '../support/by-hand.ts';
import type { Case } from './case.ts';

const p95 = (phase: ServicePhase, target_us: number): Objective => ({
  ...{ id: `p95/${phase}`, metric: 'latency', service: 'ledger', quantile: 0.95, phase, op: '<=', target_us },
});

const availability = (id: string, target: number): Objective => ({
  ...{ id, metric: 'availability', service: 'ledger', target, over_us: 1_000 * S },
});

/** Twenty a second: slot 252 is the first of `after`, at 14.1 s. */
const twenty = (after: number) => ({ rate: 20, slots: 252 + after });
const LOOSE = [rto(60 * S)];

/** measurement.md, latency, "Verdict" and "The files". */
export const RECORD_CASES: readonly Case[] = [
  {
    name: 'p95-too-few-samples',
    rule: 'A latency objective with fewer than 200 ok operations is unknown.',
    why: 'The phase after has 54 operations.',
    run: { objectives: [p95('after', 1 * S)] },
    report: { '/views/0/latency/after/ok': 54, '/objectives/0/verdict': 'unknown', '/verdict': 'unknown' },
  },
  {
    name: 'p95-nearest-rank',
    rule: 'Objectives are judged on exact values, nearest rank ⌈q·n⌉.',
    why: 'Of 200 operations in after, 10 took 60 ms: rank ⌈0.95 · 200⌉ = 190 is the last that took 2 ms.',
    run: { table: twenty(200), patches: [from(252, 10, 'slow')], stages: [], objectives: [p95('after', 2 * MS)] },
    report: { '/objectives/0/measured': { lower: 2_000, upper: 2_000 }, '/objectives/0/verdict': 'pass' },
  },
  {
    name: 'p95-one-rank-further',
    rule: 'Objectives are judged on exact values, nearest rank ⌈q·n⌉.',
    why: 'Of 200 operations in after, 11 took 60 ms: rank 190 is one of them.',
    run: { table: twenty(200), patches: [from(252, 11, 'slow')], stages: [], objectives: [p95('after', 2 * MS)] },
    report: { '/objectives/0/measured': { lower: 60_000, upper: 60_000 }, '/objectives/0/verdict': 'fail' },
  },
  {
    name: 'p95-below-the-floor',
    rule: 'A latency objective with a share of ok below the floor is unknown.',
    why: 'Of 211 operations in after, 11 failed: 200 are ok, enough, but 94.8 % are less than 95 %.',
    run: { table: twenty(211), patches: [from(252, 11, 'fail')], stages: [], objectives: [p95('after', 1 * S)] },
    report: { '/views/0/latency/after/ok': 200, '/objectives/0/verdict': 'unknown' },
  },
  {
    name: 'failures-count-with-their-timeout',
    rule: 'One distribution of the ok operations, one of all, where one that was not ok counts with the larger of its elapsed time and its timeout.',
    why: 'Before the fault 77 of 80 took 2 ms, one was refused, one timed out, one has no row: each of these counts with 200 ms. Rank 76 of 80 is 2 ms, rank 80 is 200 ms.',
    run: { patches: [from(10, 1, 'fail'), from(12, 1, 'timeout'), from(14, 1, 'gap')] },
    report: {
      '/views/0/latency/before/response/n': 77,
      '/views/0/latency/before/response/max': 2_000,
      '/views/0/latency/before/all/n': 80,
      '/views/0/latency/before/all/p95': 2_000,
      '/views/0/latency/before/all/p99': 200_000,
    },
  },
  {
    name: 'availability-is-a-budget',
    rule: 'Availability is a budget over its own period: the downtime of the run consumes a share of it.',
    why: 'One outage of 1.002 s. 99.8 % of 1000 s allow 2 s, 99.9 % allow 1 s.',
    run: {
      patches: [from(82, 10, 'fail')],
      objectives: [availability('two-seconds', 0.998), availability('one-second', 0.999)],
    },
    report: { '/objectives/0/verdict': 'pass', '/objectives/1/verdict': 'fail', '/verdict': 'fail' },
  },
  {
    name: 'nothing-to-judge',
    rule: 'An objective never evaluated is unknown, and so is a run without any.',
    why: 'The plan has no objective.',
    run: {},
    report: { '/objectives': [], '/verdict': 'unknown', '/reasons/0/verdict': 'unknown' },
  },
  {
    name: 'fail-beats-unknown',
    rule: 'fail beats unknown beats pass.',
    why: 'RTO is 1.202 s, more than 1 s; the phase after has too few operations for a P95; nothing was lost.',
    run: { patches: [from(82, 10, 'fail')], objectives: [rto(1 * S), p95('after', 1 * S), rpo(1 * S)] },
    report: {
      '/objectives/0/verdict': 'fail',
      '/objectives/1/verdict': 'unknown',
      '/objectives/2/verdict': 'pass',
      '/verdict': 'fail',
    },
  },
  {
    name: 'something-else-died',
    rule: 'Something that died and that no fault took makes the verdict unknown.',
    why: 'A node at London died at 20 s.',
    run: { objectives: LOOSE },
    change: withEvents(
      event(20 * S, 'platform-event', { kind: 'component-died', what: 'london cassandra/0: SIGKILL' }),
    ),
    report: { '/objectives/0/verdict': 'pass', '/verdict': 'unknown' },
  },
  {
    name: 'torn-history',
    rule: 'A torn last row of history.csv is ignored and reported.',
    why: 'The last line of the file has no end; all 180 rows before it count.',
    run: { objectives: LOOSE },
    torn: { history: '179,1,cql,ledger,paris,out' },
    report: { '/views/0/operations/ok': 180, '/views/0/rto/state': 'none', '/verdict': 'unknown' },
    defects: true,
  },
  {
    name: 'torn-journal',
    rule: 'A torn last line of the journal is ignored and reported.',
    why: 'The last line of the file has no end; the chain before it holds, and run-ended is there.',
    run: { objectives: LOOSE },
    torn: { journal: '{"seq":99,"at_us":1' },
    report: { '/run/outcome': 'completed', '/views/0/rto/state': 'none', '/verdict': 'unknown' },
    defects: true,
  },
  {
    name: 'changed-journal',
    rule: 'The journal is a hash chain: a line that was changed does not verify.',
    why: 'The scenario’s name in run-started is another than was hashed.',
    run: { objectives: LOOSE },
    torn: { changeJournal: (text) => text.replace('"scenario":"hand-written"', '"scenario":"another"') },
    report: { '/verdict': 'unknown' },
    defects: true,
  },
  {
    name: 'changed-objective',
    rule: 'Objectives are hashed before the fault: a plan that was changed since is none to judge by.',
    why: 'intent.json declares an RTO of 1 s, plan.json asks for 9 s. RTO is 1.202 s.',
    run: { patches: [from(82, 10, 'fail')], objectives: [rto(1 * S)] },
    torn: { changePlan: (text) => text.replace('"target_us": 1000000', '"target_us": 9000000') },
    report: { '/views/0/rto/value_us': 1_202_000, '/verdict': 'unknown' },
    defects: true,
  },
  {
    name: 'attempt-twice',
    rule: 'A record that contradicts itself is invalid.',
    why: 'The last row of history.csv is there twice.',
    run: { objectives: LOOSE },
    change: (input) => ({ ...input, attempts: [...input.attempts, ...input.attempts.slice(-1)] }),
    report: { '/verdict': 'unknown' },
    defects: true,
  },
  {
    name: 'answer-twice',
    rule: 'One final row for each stage, fault, site, probe and key: a duplicate makes the run invalid.',
    why: 'The last row of read-back.csv is there twice.',
    run: { objectives: [rpo(1 * S)] },
    change: (input) => ({ ...input, readBack: [...input.readBack, ...input.readBack.slice(-1)] }),
    report: { '/verdict': 'unknown' },
    defects: true,
  },
  {
    name: 'rows-in-any-order',
    rule: 'Rows may be in any order.',
    why: 'The history of outage-of-ten, its rows shuffled.',
    run: { patches: [from(82, 10, 'fail')], shuffle: 5 },
    report: {
      '/views/0/outages/0/down_us': 9_700_000,
      '/views/0/outages/0/up_us': 10_702_000,
      '/views/0/rto/value_us': 1_202_000,
    },
  },
  {
    name: 'killed-run',
    rule: 'A journal without run-ended is an aborted run; slots intended within one timeout of the last completion are censored.',
    why: 'Killed at 12 s. The last completion is that of slot 104, at 11.902 s: slots after 11.702 s, from 103 on, are censored. Slots 82 to 91 failed, slot 95 has no row; up is slot 96, answered at 11.102 s.',
    run: { patches: [from(82, 10, 'fail'), from(95, 1, 'gap')], end: { kind: 'killed', at: 12 * S - 1 } },
    report: {
      '/run/outcome': 'aborted',
      '/views/0/operations/total': 103,
      '/views/0/operations/gaps': 1,
      '/views/0/outages/0/length_us': 1_402_000,
      '/verdict': 'fail',
    },
  },
  {
    name: 'no-run-ended',
    rule: 'A journal without run-ended is an aborted run.',
    why: 'The last completion is that of slot 179, at 19.402 s: slots intended after 19.202 s, 178 and 179, are censored.',
    run: { objectives: LOOSE },
    change: withoutEvents('run-ended'),
    report: { '/run/outcome': 'aborted', '/views/0/operations/total': 178, '/verdict': 'unknown' },
  },
];
