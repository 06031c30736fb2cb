import { expect, test } from 'vitest';
import { acked, answers, key } from './support/answers.ts';
import {
  at,
  check,
  event,
  from,
  LEDGER,
  rpo,
  rpoOf,
  S,
  STAGES,
  slot,
  verdictOf,
  withEvents,
} from './support/by-hand.ts';
import type { SketchStage } from './support/sketch.ts';

/*
 * measurement.md, "RPO". All 250 operations write. The disaster's notAfter is 9.6 s, where slot 81 is intended: the ledger is slots 0 to 80, the
 * last acknowledged at 9.502 s.
 */

const NOT_AFTER = 9_600_000;

test('the ledger is every write acknowledged before notAfter of effective, by its first ok attempt', async () => {
  expect(rpoOf(await check({})).ledger).toBe(81);
  // Slot 80 acknowledged at 9.502 s: exactly then is not before.
  expect(rpoOf(await check({ fault: { effective: at(9_500_000, 9_502_000) } })).ledger).toBe(80);
  expect(rpoOf(await check({ fault: { effective: at(9_500_000, 9_502_001) } })).ledger).toBe(81);
});

test('the ledger counts a write whichever site acknowledged it, of services and of the sites’ own probes', async () => {
  const paris = { ...LEDGER, service: '', site: 'paris' };
  const report = await check({ otherTables: [paris] });
  expect(rpoOf(report).ledger).toBe(162);
  expect(rpoOf(report, 'ledger').ledger).toBe(81);
});

test('a read is no write, and what was not acknowledged is not in the ledger', async () => {
  const report = await check({ table: { readEvery: 2 }, patches: [from(1, 1, 'fail'), from(3, 1, 'timeout')] });
  // Odd slots write: 40 of 0 to 80, but slots 1 and 3.
  expect(rpoOf(report).ledger).toBe(38);
});

test('nothing lost: RPO 0, and the recovery point is notAfter of effective', async () => {
  const found = rpoOf(await check({ objectives: [rpo(1 * S)] }));
  expect(found).toMatchObject({
    lost: { lower: 0, upper: 0 },
    rpo_us: { lower: 0, upper: 0 },
    recoveryPoint_us: NOT_AFTER,
  });
  expect(found.lostInAll).toEqual({ lower: 0, upper: 0 });
});

test.each(['absent', 'partial', 'corrupt', 'other-value'] as const)(
  'a write in the ledger that is %s is lost',
  async (state) => {
    const found = rpoOf(await check({}, answers({ stage: 'at-failover', k: 40, state })));
    expect(found.lost).toEqual({ lower: 1, upper: 1 });
    expect(found.rpo_us).toEqual({ lower: NOT_AFTER - acked(40), upper: NOT_AFTER - acked(40) });
    expect(found.lostKeys).toMatchObject([{ key: key(40), acknowledged_us: acked(40), site: 'paris' }]);
  },
);

test('RPO in seconds runs from the earliest lost write; the recovery point is where nothing is missing before', async () => {
  const found = rpoOf(
    await check(
      {},
      answers({ stage: 'at-failover', k: 79, state: 'absent' }, { stage: 'at-failover', k: 60, state: 'absent' }),
    ),
  );
  expect(found.lost).toEqual({ lower: 2, upper: 2 });
  expect(found.rpo_us).toEqual({ lower: NOT_AFTER - acked(60), upper: NOT_AFTER - acked(60) });
  expect(found.recoveryPoint_us).toBeLessThanOrEqual(acked(60));
  expect(found.recoveryPoint_us).toBeGreaterThanOrEqual(acked(59));
});

test.each(['unreadable', 'no-row'] as const)('with unreadable keys it is a range: %s', async (state) => {
  const changes = answers({ stage: 'at-failover', k: 70, state: 'absent' }, { stage: 'at-failover', k: 50, state });
  const report = await check(
    { objectives: [rpo(2 * S), { ...rpo(1 * S), id: 'short' }, { ...rpo(4 * S), id: 'long' }] },
    changes,
  );
  const found = rpoOf(report);
  expect(found.lost).toEqual({ lower: 1, upper: 2 });
  expect(found.rpo_us).toEqual({ lower: NOT_AFTER - acked(70), upper: NOT_AFTER - acked(50) });
  // 1.098 s to 3.098 s: judged on the worst end, unknown where the bounds straddle the objective.
  expect(['short', 'rpo', 'long'].map((id) => verdictOf(report, id))).toEqual(['fail', 'unknown', 'pass']);
});

test('a stage that was not done is not measured', async () => {
  const report = await check({ stages: STAGES.slice(1), objectives: [rpo(1 * S)] });
  expect(rpoOf(report)).toMatchObject({ lost: null, rpo_us: null });
  expect(verdictOf(report, 'rpo')).toBe('unknown');
});

test('after recovery and after repair count at every site: what came back by hints, by repair, never', async () => {
  const found = rpoOf(
    await check(
      {},
      answers(
        { stage: 'at-failover', k: 50, state: 'absent' },
        { stage: 'at-failover', k: 51, state: 'absent' },
        { stage: 'at-failover', k: 52, state: 'absent' },
        { stage: 'after-recovery', k: 51, site: 'london', state: 'absent' },
        { stage: 'after-recovery', k: 52, site: 'london', state: 'absent' },
        { stage: 'after-repair', k: 52, site: 'london', state: 'absent' },
      ),
    ),
  );
  expect(found.lost?.lower).toBe(3);
  expect(found.afterRecovery).toEqual({ lower: 2, upper: 2 });
  expect(found.afterRepair).toEqual({ lower: 1, upper: 1 });
  expect(found.lostInAll).toEqual({ lower: 1, upper: 1 });
});

test('lost in all: missing at any site counts, though the survivor had it', async () => {
  const changes = answers({ stage: 'after-repair', k: 30, site: 'paris', state: 'absent' });
  const report = await check({ objectives: [rpo(0), { ...rpo(1 * S), id: 'seconds' }] }, changes);
  const found = rpoOf(report);
  expect([found.lost, found.lostInAll]).toEqual([
    { lower: 0, upper: 0 },
    { lower: 1, upper: 1 },
  ]);
  // From the earliest to the later of effective and the latest of them.
  expect(found.lostInAll_us).toEqual({ lower: NOT_AFTER - acked(30), upper: NOT_AFTER - acked(30) });
  // "No loss" is judged on it, RPO in seconds on what was lost at failover.
  expect([verdictOf(report, 'rpo'), verdictOf(report, 'seconds')]).toEqual(['fail', 'pass']);
});

test('stranded: acknowledged from notAfter of effective to notAfter of gone by a site that a failover left', async () => {
  // Paris still acknowledges slots 81 to 84 (9.602 s to 9.902 s); the service moves to London at 10 s, slot 85.
  const changes = answers(
    { stage: 'after-repair', k: 83, site: 'london', state: 'absent' },
    { stage: 'after-repair', k: 100, site: 'london', state: 'absent' },
  );
  const report = await check({ failoverAt: slot(85), objectives: [rpo(0)] }, changes);
  const found = rpoOf(report);
  expect(found.ledger).toBe(81);
  expect(found.stranded).toEqual({ total: 4, found: 3, missing: { lower: 1, upper: 1 } });
  // Slot 100 was acknowledged by London, after the ledger was closed: neither in the ledger nor stranded.
  expect(found.lostInAll).toEqual({ lower: 1, upper: 1 });
  expect(found.lostInAll_us).toEqual({ lower: 0, upper: 0 });
  expect(verdictOf(report, 'rpo')).toBe('fail');
});

test('RPO seconds of lost in all run from the earliest to the later of effective and the latest lost write', async () => {
  const changes = answers(
    { stage: 'after-repair', k: 70, site: 'london', state: 'absent' },
    { stage: 'after-repair', k: 83, site: 'london', state: 'absent' },
  );
  const found = rpoOf(await check({ failoverAt: slot(85) }, changes));
  expect(found.lostInAll_us).toEqual({ lower: acked(83) - acked(70), upper: acked(83) - acked(70) });
});

test('without a failover nothing is stranded', async () => {
  expect(rpoOf(await check({})).stranded.total).toBe(0);
});

test('info writes are found or not found, never lost', async () => {
  const patches = [from(40, 4, 'timeout')];
  const report = await check(
    { patches },
    answers(
      { stage: 'at-failover', k: 41, state: 'absent' },
      { stage: 'after-recovery', k: 41, state: 'absent' },
      { stage: 'after-repair', k: 41, state: 'absent' },
    ),
  );
  expect(rpoOf(report)).toMatchObject({
    ledger: 77,
    lost: { lower: 0, upper: 0 },
    indeterminate: { total: 4, found: 3, notFound: 1 },
  });
});

test('phantom: present and never written', async () => {
  const stages = STAGES.map((stage) => ({ ...stage, extras: ['never' as const] }));
  const report = await check({ stages });
  expect(rpoOf(report).phantom).toBe(1);
  expect(rpoOf(report).lost).toEqual({ lower: 0, upper: 0 });
});

test('phantom: with another value, then it is lost as well', async () => {
  const found = rpoOf(await check({}, answers({ stage: 'at-failover', k: 9, state: 'other-value' })));
  expect([found.phantom, found.lost?.lower]).toEqual([1, 1]);
});

test('phantom: more than once; it is not lost', async () => {
  const found = rpoOf(await check({}, answers({ stage: 'at-failover', k: 9, state: 'phantom' })));
  expect([found.phantom, found.lost?.lower]).toEqual([1, 0]);
});

test('phantom: more than once counts for a stranded write and an info write as well', async () => {
  // Paris acknowledges slot 83 after notAfter of effective, and nobody knows of slot 40.
  const changes = answers(
    { stage: 'after-repair', k: 83, site: 'london', state: 'phantom' },
    { stage: 'after-repair', k: 40, site: 'paris', state: 'phantom' },
  );
  const found = rpoOf(await check({ failoverAt: slot(85), patches: [from(40, 1, 'timeout')] }, changes));
  expect(found.phantom).toBe(2);
  expect(found.lostInAll).toEqual({ lower: 0, upper: 0 });
});

test('phantom: written with outcome fail; then the harness misjudged, and the record has a defect', async () => {
  const stages = STAGES.map((stage) => ({ ...stage, extras: ['failed' as const] }));
  const report = await check({ stages, patches: [from(20, 1, 'fail')] });
  expect(rpoOf(report).phantom).toBe(1);
  expect(report.run.defects).not.toEqual([]);
  expect(report.verdict).not.toBe('pass');
});

test('one final row for each stage, fault, site, probe and key: a duplicate makes the run invalid', async () => {
  const report = await check({ objectives: [rpo(1 * S)] }, (input) => ({
    ...input,
    readBack: [...input.readBack, ...input.readBack.slice(-1)],
  }));
  expect(report.run.defects).not.toEqual([]);
  expect(report.verdict).not.toBe('pass');
});

test('after failback: what the survivor acknowledged between failover and failback, at the first site', async () => {
  // London serves from slot 85 (10 s); back to Paris is decided at slot 150 (16.5 s). London's are slots 85 to 149.
  const back = { service: 'ledger', from: 'london', to: 'paris', decided_us: slot(150), reason: 'operator' };
  const stages: SketchStage[] = [
    ...STAGES,
    { stage: 'after-failback', sites: ['paris'], atUs: 33 * S, exceptions: [], extras: [] },
  ];
  const report = await check({ failoverAt: slot(85), stages }, (input) =>
    withEvents(event(slot(150), 'failback', back))(answers({ stage: 'after-failback', k: 90, state: 'absent' })(input)),
  );
  expect(rpoOf(report, 'ledger').failback).toEqual({ asked: 65, found: 64, missing: { lower: 1, upper: 1 } });
});

test('no acknowledged write before the fault: unknown, never pass', async () => {
  const report = await check({ patches: [from(0, 82, 'fail')], objectives: [rpo(1 * S), { ...rpo(0), id: 'none' }] });
  expect([verdictOf(report, 'rpo'), verdictOf(report, 'none')]).toEqual(['unknown', 'unknown']);
});

test('an RPO of a fault that never became effective is not known', async () => {
  const report = await check({ fault: { effective: null }, objectives: [rpo(1 * S)] });
  expect(rpoOf(report)).toMatchObject({ lost: null, rpo_us: null });
  expect(verdictOf(report, 'rpo')).toBe('unknown');
});
