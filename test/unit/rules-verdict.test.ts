import { expect, test } from 'vitest';
import { FAILBACK_CONDITION } from '../../src/history/event.ts';
import type { Objective, ServicePhase } from '../../src/scenario/plan.ts';
import {
  check,
  DISASTER,
  event,
  from,
  LEDGER,
  ledger,
  MS,
  rpo,
  rto,
  S,
  slot,
  verdictOf,
  withEvents,
  withoutEvents,
} from './support/by-hand.ts';

/** measurement.md, "Operations" (latency, stalls) and "Verdict". */

const p95 = (phase: ServicePhase, target_us: number, op: '<' | '<=' = '<='): Objective => ({
  ...{ id: `p95/${phase}`, metric: 'latency', service: 'ledger', quantile: 0.95, phase, op, target_us },
});

const availability = (target: number): Objective => ({
  ...{ id: 'availability', metric: 'availability', service: 'ledger', target, over_us: 1_000 * S },
});

/** Twenty operations a second for 40 s: 160 before the fault (8 s), 640 from it on. Slot k is intended at 1.5 s + k · 50 ms. */
const TWENTY = { ...LEDGER, rate: 20, slots: 800 };
const after = (k: number): number => 252 + k;

test('a run in which nothing was done passes: no outage, nothing lost', async () => {
  const report = await check({ objectives: [rto(1 * S), rpo(1 * S), { ...rpo(0), id: 'none' }, availability(0.999)] });
  expect(report.objectives.map(({ verdict }) => verdict)).toEqual(['pass', 'pass', 'pass', 'pass']);
  expect(report.run.defects).toEqual([]);
  expect([report.verdict, report.reasons]).toEqual(['pass', []]);
});

test('fail beats unknown beats pass', async () => {
  const patches = [from(82, 10, 'fail')];
  const unknown = p95('after', 1 * S);
  expect((await check({ patches, objectives: [rto(1 * S), unknown] })).verdict).toBe('fail');
  expect((await check({ patches, objectives: [rto(2 * S), unknown] })).verdict).toBe('unknown');
  expect((await check({ patches, objectives: [rto(2 * S)] })).verdict).toBe('pass');
});

test('an objective says < or <=', async () => {
  // RTO is 1.202 s at its worst end, 1.102 s at its best.
  const verdicts = async (objective: Objective): Promise<string | undefined> =>
    verdictOf(await check({ patches: [from(82, 10, 'fail')], objectives: [objective] }), 'rto');
  expect(await verdicts(rto(1_202 * MS, '<='))).toBe('pass');
  expect(await verdicts(rto(1_202 * MS, '<'))).toBe('unknown');
  expect(await verdicts(rto(1_102 * MS, '<='))).toBe('unknown');
  expect(await verdicts(rto(1_102 * MS, '<'))).toBe('fail');
});

test('nothing to judge is unknown, never pass', async () => {
  expect((await check({ objectives: [] })).verdict).toBe('unknown');
});

test('latency: nearest rank of the exact values', async () => {
  // From slot 252 on (14.1 s) it is `after`: 548 operations, of which 27 are slow: rank ⌈0.95 · 548⌉ = 521 is still 2 ms; with 28 it is 60 ms.
  const run = (slow: number) => ({
    table: { ...TWENTY, patches: [from(after(0), slow, 'slow')] },
    objectives: [p95('after', 2 * MS)],
  });
  const fast = await check(run(27));
  expect(ledger(fast).latency.after).toMatchObject({ operations: 548, ok: 548 });
  expect(fast.objectives[0]?.measured).toEqual({ lower: 2 * MS, upper: 2 * MS });
  expect(verdictOf(fast, 'p95/after')).toBe('pass');
  const slow = await check(run(28));
  expect(slow.objectives[0]?.measured).toEqual({ lower: 60 * MS, upper: 60 * MS });
  expect(verdictOf(slow, 'p95/after')).toBe('fail');
});

test('a latency objective with fewer than 200 ok operations is unknown', async () => {
  // `before` has 160 operations, `after` at 10/s 124.
  expect(verdictOf(await check({ table: TWENTY, objectives: [p95('before', 1 * S)] }), 'p95/before')).toBe('unknown');
  // 548 operations of `after`: with 348 failures 200 are ok, but that is below the floor of 95 %.
  const table = { ...TWENTY, patches: [from(after(0), 28, 'fail')] };
  expect(verdictOf(await check({ table, objectives: [p95('after', 1 * S)] }), 'p95/after')).toBe('unknown');
});

test('a latency objective with a share of ok below the floor is unknown: just at it is not', async () => {
  // 548 · 0.95 = 520.6: 27 failures leave 521.
  const run = (n: number) => ({
    table: { ...TWENTY, patches: [from(after(0), n, 'fail')] },
    objectives: [p95('after', 1 * S)],
  });
  expect(verdictOf(await check(run(27)), 'p95/after')).toBe('pass');
  expect(verdictOf(await check(run(28)), 'p95/after')).toBe('unknown');
});

test('no operation in a phase: unknown', async () => {
  expect(verdictOf(await check({ objectives: [p95('outage', 1 * S)] }), 'p95/outage')).toBe('unknown');
});

test('availability is a budget: the report says what share of it the run consumed', async () => {
  // One outage of 1.002 s; 99.8 % of 1000 s allows 2 s, 99.9 % allows 1 s.
  const run = (target: number) => check({ patches: [from(82, 10, 'fail')], objectives: [availability(target)] });
  const met = await run(0.998);
  expect(met.objectives[0]).toMatchObject({ verdict: 'pass', unit: 'ratio' });
  expect(met.objectives[0]?.measured?.upper).toBeCloseTo(0.501, 6);
  expect((await run(0.999)).objectives[0]?.verdict).toBe('fail');
});

test('availability: an outage that is open is a fail where it has consumed the budget, else unknown', async () => {
  const run = (target: number) => check({ patches: [from(240, 10, 'fail')], objectives: [availability(target)] });
  // Open from 25.5 s to the last slot at 26.4 s.
  expect(verdictOf(await run(0.9995), 'availability')).toBe('fail');
  expect(verdictOf(await run(0.99), 'availability')).toBe('unknown');
});

const stall = (from_us: number, to_us: number, client = 'outside') =>
  withEvents(event(to_us, 'stall', { client, from_us, to_us, cause: 'event-loop' }));

test('a stall of the harness that overlaps an instant that decides the objective makes it unknown', async () => {
  const run = { patches: [from(82, 10, 'fail')], objectives: [rto(10 * S)] };
  // Up is the completion at 10.702 s.
  expect(verdictOf(await check(run, stall(10_650_000, 10_800_000)), 'rto')).toBe('unknown');
  expect(verdictOf(await check(run, stall(9_550_000, 9_750_000)), 'rto')).toBe('unknown');
});

test('a stall that touches every operation of a phase leaves nothing to judge', async () => {
  const run = { table: TWENTY, objectives: [p95('after', 1 * S)] };
  expect(verdictOf(await check(run), 'p95/after')).toBe('pass');
  expect(verdictOf(await check(run, stall(14 * S, 60 * S)), 'p95/after')).toBe('unknown');
});

/** RTO is 1.202 s; then, from 16.5 s on, it is down for another 3 s. */
const TWICE = { patches: [from(82, 10, 'fail'), from(150, 30, 'fail')], objectives: [rto(1_500 * MS)] };

test('an outage after the recovery is a breach of its own', async () => {
  const report = await check(TWICE);
  expect(verdictOf(report, 'rto')).toBe('pass');
  expect([report.verdict, report.reasons[0]?.text]).toEqual(['fail', expect.stringContaining('a further outage')]);
});

test('a breach is none of the platform where the harness stalled, proved nothing, or could not send', async () => {
  expect((await check(TWICE, stall(16_450_000, 16_650_000))).verdict).toBe('unknown');
  expect((await check(TWICE, withoutEvents('canary-injected'))).verdict).toBe('unknown');
  const shed = { ...TWICE, patches: [from(82, 10, 'fail'), from(150, 30, 'shed')] };
  expect((await check(shed as typeof TWICE)).verdict).toBe('unknown');
});

test('something that died and that no fault took makes the verdict unknown', async () => {
  const died = withEvents(
    event(20 * S, 'platform-event', { kind: 'component-died', what: 'london cassandra/0: SIGKILL' }),
  );
  const report = await check({ objectives: [rto(60 * S)] }, died);
  expect([report.verdict, report.reasons[0]?.text]).toEqual(['unknown', expect.stringContaining('london cassandra/0')]);
});

test('a service level that did not come back after the failback is no pass', async () => {
  const given = withEvents(event(25 * S, 'stop-condition', { condition: FAILBACK_CONDITION, observed: 'not done' }));
  expect((await check({ objectives: [rto(60 * S)] }, given)).verdict).toBe('unknown');
});

test('a stall elsewhere decides nothing, nor does one of up to 100 ms', async () => {
  const run = { patches: [from(82, 10, 'fail')], objectives: [rto(10 * S)] };
  expect(verdictOf(await check(run, stall(20_000_000, 20_200_000)), 'rto')).toBe('pass');
  expect(verdictOf(await check(run, stall(10_650_000, 10_750_000)), 'rto')).toBe('pass');
});

test('a machine that was suspended: unknown', async () => {
  const report = await check({ objectives: [rto(60 * S)] }, (input) => ({
    ...input,
    events: input.events.map((other) =>
      other.type === 'clock' && other.data.at === 'end'
        ? { ...other, data: { ...other.data, suspended_us: 5 * S } }
        : other,
    ),
  }));
  expect([report.verdict, report.quality.suspended_us]).toEqual(['unknown', 5 * S]);
});

test('whether the run itself went through is a separate field', async () => {
  const report = await check({ objectives: [rto(60 * S)], end: { kind: 'aborted', at: 20 * S } });
  expect(report.run.outcome).toBe('aborted');
});

test('a fault that was planned and never requested is not shown to be effective', async () => {
  const report = await check({
    objectives: [rto(60 * S)],
    fault: { requested: null, effective: null, released: null, gone: null },
  });
  expect(report.faults.map(({ id, requested }) => [id, requested])).toEqual([[DISASTER.id, null]]);
  expect(report.verdict).toBe('unknown');
});

test('each report names what it did not measure and where it was', async () => {
  const report = await check({});
  expect(report.facts.map(({ fact }) => fact)).toEqual(expect.arrayContaining(['replication factor', 'nodes a site']));
  expect(slot(0)).toBe(1_500_000);
});
