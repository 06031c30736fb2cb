import { expect, test } from 'vitest';
import type { Report } from '../../src/check/report-schema.ts';
import type { Objective, ServicePhase } from '../../src/scenario/plan.ts';
import type { OracleInput } from './oracle/input.ts';
import { type ByHand, check, event, from, LEDGER, MS, S, slot, withEvents, withoutEvents } from './support/by-hand.ts';

/** Twenty operations a second for 40 s, made by k6: 160 before the fault, 548 after it is gone, from slot 252 on. */
const LOAD = { rate: 20, slots: 800, generator: 'k6' } as const;
const OTHER = { ...LEDGER, ...LOAD };
const after = (k: number): number => 252 + k;

const reached = (target: number, op: '>' | '>=' = '>', phase: ServicePhase = 'after'): Objective => ({
  ...{ id: 'throughput', metric: 'throughput', service: null, phase, op, target },
});

const judged = async (
  objective: Objective,
  run: ByHand = {},
  change?: (input: OracleInput) => OracleInput,
): Promise<Report['objectives'][number]> => {
  const { objectives } = await check({ table: LOAD, objectives: [objective], ...run }, change);
  return objectives[0] as Report['objectives'][number];
};

test('what is acknowledged in a phase counts, by the time that it took to be due', async () => {
  expect(await judged(reached(19))).toMatchObject({
    statement: 'throughput of the load after > 19/s',
    unit: 'per_s',
    measured: { lower: 20, upper: 20 },
    verdict: 'pass',
  });
  // One in ten of the 548 fails.
  const patches = Array.from({ length: 54 }, (_, n) => from(after(10 * n), 1, 'fail'));
  const missed = await judged(reached(19), { patches });
  expect(missed.measured?.lower).toBeCloseTo((20 * (548 - 54)) / 548, 9);
  expect([missed.verdict, missed.reason]).toEqual(['fail', 'the objective was missed']);
  expect((await judged(reached(18), { patches })).verdict).toBe('pass');
});

test('an objective says > or >=, and a load that offers no more than that cannot show it', async () => {
  expect((await judged(reached(20, '>='))).verdict).toBe('pass');
  const { verdict, reason } = await judged(reached(20, '>'));
  expect([verdict, reason]).toEqual(['unknown', expect.stringContaining('20/s were offered, which cannot show it')]);
});

test('several services of the load are judged together, and the harness’s own are none of it', async () => {
  const graph = { ...OTHER, probe: 'gremlin', service: 'graph' };
  const probe = { ...OTHER, service: 'probe', generator: undefined };
  const result = await judged(reached(39), { otherTables: [graph, probe] });
  expect([result.measured?.lower, result.verdict]).toEqual([40, 'pass']);
});

test('an operation that the generator could not send is no pass, however many were acknowledged', async () => {
  const { verdict, reason } = await judged(reached(19), { patches: [from(after(100), 5, 'shed')] });
  expect([verdict, reason]).toEqual(['unknown', 'the generator could not send 5 operations']);
  const decided = await judged(reached(19), { patches: [from(after(100), 60, 'shed')] });
  expect([decided.verdict, decided.reason]).toEqual([
    'unknown',
    'it is fail with the operations that the generator could not send, and not without them',
  ]);
});

test('what the generator could not start in time voids every figure of the load, and of nothing else', async () => {
  const p95: Objective = {
    ...{
      id: 'p95',
      metric: 'latency',
      service: 'ledger',
      quantile: 0.95,
      phase: 'after',
      op: '<',
      target_us: 100 * MS,
    },
  };
  const own = { ...OTHER, service: 'probe', generator: undefined };
  const objectives = [reached(19), p95, { ...p95, id: 'own', service: 'probe' } as Objective];
  const dropping = (dropped: number) => (input: OracleInput) =>
    withEvents(event(41 * S, 'generator', { client: 'outside', generator: 'k6', dropped }))(
      withoutEvents('generator')(input),
    );
  const run = { table: LOAD, otherTables: [own], objectives };
  const verdicts = ({ objectives: all }: Report): string[] => all.map(({ verdict }) => verdict);
  expect(verdicts(await check(run, dropping(0)))).toEqual(['pass', 'pass', 'pass']);
  const dropped = await check(run, dropping(3));
  expect(verdicts(dropped)).toEqual(['unknown', 'unknown', 'pass']);
  expect(dropped.objectives[1]?.reason).toContain('could not start 3 operations in time');
  expect(dropped.load?.dropped).toBe(3);
  const silent = await check(run, withoutEvents('generator'));
  expect(verdicts(silent)).toEqual(['unknown', 'unknown', 'pass']);
  expect(silent.load?.dropped).toBeNull();
});

test('a generator that was late did not make the load that it should have', async () => {
  const stall = { client: 'outside', from_us: slot(200), to_us: slot(200) + 300 * MS, cause: 'unknown' as const };
  const late = await judged(reached(19), {}, withEvents(event(slot(210), 'stall', { ...stall, generator: 'k6' })));
  expect([late.verdict, late.reason]).toEqual([
    'unknown',
    'the generator was late: it was not the rate that it should be',
  ]);
  // The harness's own client was: what was acknowledged was acknowledged.
  expect((await judged(reached(19), {}, withEvents(event(slot(210), 'stall', stall)))).verdict).toBe('pass');
  // In another phase.
  const early = { ...stall, from_us: slot(10), to_us: slot(10) + 300 * MS, generator: 'k6' as const };
  expect((await judged(reached(19), {}, withEvents(event(slot(13), 'stall', early)))).verdict).toBe('pass');
});

test('a phase without operations, or with a few, shows no rate', async () => {
  expect((await judged(reached(1, '>', 'outage'))).reason).toBe('no operation of the load was due in the phase outage');
  expect((await judged(reached(1, '>', 'before'))).reason).toBe('fewer than 200 operations were due');
  expect((await judged(reached(1), { table: { ...LOAD, generator: undefined } })).reason).toBe('the run has no load');
});

test('a fault that was not shown to be effective voids what comes after it', async () => {
  const fault = { effective: null };
  expect((await judged(reached(19), { fault })).verdict).toBe('unknown');
});

test('a miss says what the machine was busy with', async () => {
  const usage = (at: number, busy: number, cassandra: number) =>
    event(at + 5 * S, 'usage', { from_us: at, to_us: at + 5 * S, cores: 2, busy, by: { cassandra, generator: 0.2 } });
  const looks = withEvents(usage(2 * S, 0.3, 0.1), usage(20 * S, 0.96, 1.4), usage(25 * S, 0.98, 1.6));
  const patches = [from(after(100), 100, 'fail')];
  const report = await check({ table: LOAD, objectives: [reached(19)], patches }, looks);
  expect(report.objectives[0]?.reason).toBe(
    'the objective was missed: the machine was the limit, 97 % busy (of 2 processors: cassandra 1.50, everything else 0.24, generator 0.20)',
  );
  const at = (phase: ServicePhase) => report.load?.phases.find((one) => one.phase === phase)?.usage;
  expect(at('before')).toEqual({
    ...{ cores: 2, busy: 0.3 },
    by: { cassandra: 0.1, generator: 0.2, 'everything else': 0.3 },
  });
  expect(at('failed-over')).toBeNull();
});
