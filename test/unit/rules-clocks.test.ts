import { expect, test } from 'vitest';
import type { Objective } from '../../src/scenario/plan.ts';
import {
  at,
  check,
  DISASTER,
  event,
  from,
  LEDGER,
  ledger,
  MS,
  rto,
  S,
  slot,
  verdictOf,
  withEvents,
} from './support/by-hand.ts';
import type { SketchFault } from './support/sketch.ts';

/** measurement.md, "Instants of a fault" and "The clocks of RTO". */

const SLO = { quantile: 0.95, op: '<=' as const, target_us: 50 * MS };
const clock = async (run: Parameters<typeof check>[0], name: string) =>
  ledger(await check(run)).clocks.find((entry) => entry.clock === name);

test('RTO is from notBefore of effective to SLO restored; the true one is at least from notAfter on', async () => {
  const view = ledger(await check({ patches: [from(82, 10, 'fail')] }));
  // Up at 10.702 s, from where windows are laid that all hold; effective between 9.5 s and 9.6 s.
  expect(view.rto).toMatchObject({
    state: 'measured',
    value_us: 1_202_000,
    bounds: { lower: 1_102_000, upper: 1_202_000 },
  });
});

test('first success is up of the first outage that overlaps, SLO restored the first of five windows', async () => {
  const run = { patches: [from(82, 10, 'fail')] };
  expect(await clock(run, 'first success')).toMatchObject({
    at: { notBefore_us: 10_702_000, notAfter_us: 10_702_000 },
    note: '',
  });
  expect((await clock(run, 'SLO restored'))?.at).toEqual({ notBefore_us: 10_702_000, notAfter_us: 10_702_000 });
});

test('without a detector `detected` is the completion of the last of the first downAfter failures, labelled derived', async () => {
  const run = { patches: [from(82, 10, 'fail')] };
  const detected = await clock(run, 'detected');
  expect(detected).toMatchObject({ observer: 'derived', at: { notAfter_us: slot(84) + 1_150 } });
});

test('a detector’s first alarm is `detected`; a stand-in of ours is simulated', async () => {
  const alarm = event(9_800_000, 'detected', { fault: 'site-loss-1', detector: 'pager', simulated: true });
  const view = ledger(await check({ patches: [from(82, 10, 'fail')] }, withEvents(alarm)));
  const detected = view.clocks.find((entry) => entry.clock === 'detected');
  expect(detected).toMatchObject({ observer: 'simulated', at: { notAfter_us: 9_800_000 } });
});

test('failover decided is when the policy moved the service', async () => {
  const decided = await clock({ patches: [from(82, 10, 'fail')], failoverAt: 10_100_000 }, 'failover decided');
  expect(decided?.at).toEqual({ notBefore_us: 10_100_000, notAfter_us: 10_100_000 });
});

test('never down and no window violates: RTO 0, and the report says at which rate', async () => {
  const view = ledger(await check({ objectives: [rto(1 * S)] }));
  expect(view.rto).toMatchObject({ state: 'none', value_us: 0, bounds: { lower: 0, upper: 0 } });
  expect(view.rto.note).toContain('10 operations a second');
});

test('if only windows violate RTO ends at SLO restored', async () => {
  // Windows from notBefore of effective, slot 80: 80–89 and 90–99 hold, 100–109 is slow, the first of five that hold begins at slot 110.
  const view = ledger(await check({ patches: [from(100, 10, 'slow')], table: { slo: SLO } }));
  expect(view.outages).toEqual([]);
  expect(view.rto).toMatchObject({ state: 'measured', value_us: slot(110) - 9_500_000 });
});

test('RTO is 0 only if no window violates, however many held before', async () => {
  // Six windows hold, one at slot 140 violates; alone within `sustain` it would not undo a recovery, but here nothing else shows one.
  const view = ledger(await check({ patches: [from(140, 10, 'slow')], table: { slo: SLO } }));
  expect(view.rto).toMatchObject({ state: 'measured', value_us: slot(150) - 9_500_000 });
});

test('an outage that began before the fault was requested makes RTO unknown', async () => {
  const report = await check({ patches: [from(77, 10, 'fail')], objectives: [rto(60 * S)] });
  expect(ledger(report).rto).toMatchObject({ state: 'unknown', value_us: null });
  expect(verdictOf(report, 'rto')).toBe('unknown');
});

test('an outage that was over before the request does not count', async () => {
  // Slots 20 to 22 fail: up at slot 23. Five windows hold behind it before the fault.
  const view = ledger(await check({ patches: [from(20, 3, 'fail'), from(82, 10, 'fail')] }));
  expect(view.outages).toHaveLength(2);
  expect(view.rto).toMatchObject({ state: 'measured', value_us: 1_202_000 });
});

test('an outage that is open at the end fails where end − notBefore exceeds the objective, else it is unknown', async () => {
  const patches = [from(82, 168, 'fail')];
  // The observation ends with the last slot, 249, at 26.4 s.
  const report = await check({ patches, objectives: [rto(16 * S), { ...rto(17 * S), id: 'longer' }] });
  expect(ledger(report).rto).toMatchObject({ state: 'open', value_us: slot(249) - 9_500_000 });
  expect([verdictOf(report, 'rto'), verdictOf(report, 'longer')]).toEqual(['fail', 'unknown']);
});

test('SLO restored is the start of the first of five windows that hold: latency counts', async () => {
  // Up at slot 92 (10.702 s); windows 93–102, 103–112 are slow, and the next five hold.
  const view = ledger(await check({ patches: [from(82, 10, 'fail'), from(93, 20, 'slow')], table: { slo: SLO } }));
  expect(view.rto).toMatchObject({ state: 'measured', value_us: slot(113) - 9_500_000 });
  expect(view.clocks.find((entry) => entry.clock === 'first success')?.at?.notAfter_us).toBe(10_702_000);
});

test('three consecutive windows that violate within `sustain` undo it, two do not', async () => {
  // Windows begin at 10.702 s (slots 93–102) and at slots 103, 113, 123, 133, which hold; the third slow one begins at slot 163, 7.098 s later.
  const run = (slow: number, sustain_us: number) => ({
    settings: settingsWith(sustain_us),
    table: { slo: SLO },
    patches: [from(82, 10, 'fail'), from(143, slow, 'slow')],
  });
  expect(ledger(await check(run(20, 7_500 * MS))).rto).toMatchObject({ state: 'measured', value_us: 1_202_000 });
  const undone = ledger(await check(run(30, 7_500 * MS)));
  expect(undone.rto).toMatchObject({ state: 'measured', value_us: slot(173) - 9_500_000 });
  // A window that begins exactly at the end of `sustain` is not within it.
  expect(ledger(await check(run(30, 7_098 * MS))).rto.value_us).toBe(1_202_000);
  expect(ledger(await check(run(30, 7_098 * MS + 1))).rto.value_us).toBe(slot(173) - 9_500_000);
});

test('two that violate and an incomplete third within `sustain`: unknown', async () => {
  // The windows of slots 223 and 233 violate, that of slot 243 has seven operations and begins 15.098 s after the first of the five.
  const run = (sustain_us: number) => ({
    settings: settingsWith(sustain_us),
    table: { slo: SLO },
    patches: [from(82, 10, 'fail'), from(223, 20, 'slow')],
  });
  expect(ledger(await check(run(15_500 * MS))).rto.state).toBe('unknown');
  expect(ledger(await check(run(15_098 * MS))).rto.state).toBe('measured');
});

test('observed for less than `sustain`: unknown', async () => {
  // Restored at the earliest at 25.502 s at slot 240; the last slot is at 26.4 s.
  const report = await check({
    patches: [from(82, 110, 'fail')],
    objectives: [rto(60 * S)],
    settings: settingsWith(6 * S),
  });
  expect(ledger(report).rto.state).toBe('unknown');
  expect(verdictOf(report, 'rto')).toBe('unknown');
});

function settingsWith(sustain_us: number) {
  return { downAfter: 3, upAfter: 5, floor: 0.95, sustain_us, windowOperations: 10 };
}

test('a second outage before SLO restored is part of the same recovery', async () => {
  // Up at slot 92, down again at slot 110, up at slot 115: five windows hold from the second up on, or from a window behind it.
  const view = ledger(await check({ patches: [from(82, 10, 'fail'), from(110, 5, 'fail')] }));
  expect(view.outages).toHaveLength(2);
  // Windows from 10.702 s: 93–102 holds, 103–112 holds three failures (not more than downAfter), 113–122 two. All hold.
  expect(view.rto).toMatchObject({ state: 'measured', value_us: 1_202_000 });
  const longer = ledger(await check({ patches: [from(82, 10, 'fail'), from(105, 15, 'fail')] }));
  // 103–112 has eight failures, 113–122 seven: the first of five is 123.
  expect(longer.rto).toMatchObject({ state: 'measured', value_us: slot(123) - 9_500_000 });
});

test('the same rule on `before` is the steady state; without it nothing passes', async () => {
  const steady = await check({ objectives: [rto(60 * S)] });
  expect(ledger(steady).steadyState.verdict).toBe('pass');
  // Every second window before the fault fails: never five in a row.
  const patches = [0, 20, 40, 60].map((k) => from(k, 5, 'fail'));
  const report = await check({ patches, objectives: [rto(60 * S)] });
  expect(ledger(report).steadyState.verdict).toBe('unknown');
  expect(verdictOf(report, 'rto')).toBe('unknown');
  expect(report.verdict).toBe('unknown');
});

test('five windows that hold are not steady when they were observed for less than `sustain`', async () => {
  const report = await check({ settings: settingsWith(8 * S), objectives: [rto(60 * S)] });
  // 80 slots before the fault: the last window ends at 9.5 s, eight seconds after the first slot, which is just enough.
  expect(ledger(report).steadyState.verdict).toBe('pass');
  const short = await check({ settings: settingsWith(8 * S + 1), objectives: [rto(60 * S)] });
  expect(ledger(short).steadyState.verdict).toBe('unknown');
});

test('the observation ends with the phase failback: later slots are censored', async () => {
  // Slots from 200 (21.5 s) on fail: after failback that is no part of this recovery.
  const patches = [from(82, 10, 'fail'), from(200, 50, 'fail')];
  const phases = [
    { phase: 'steady-state' as const, at: slot(0) },
    { phase: 'failback' as const, at: slot(200) },
  ];
  expect(ledger(await check({ patches, phases })).rto).toMatchObject({ state: 'measured', value_us: 1_202_000 });
});

test('the observation ends with the next fault’s requested: each fault has its own clocks', async () => {
  const second: SketchFault = {
    ...DISASTER,
    id: 'site-loss-2',
    disaster: false,
    requested: at(slot(100)),
    effective: at(slot(100)),
    released: at(slot(120)),
    gone: at(slot(120)),
  };
  // Down at 82, still down when the second fault comes at slot 100 (11.5 s): open for the disaster. The last slot before is 99.
  const run = { patches: [from(82, 30, 'fail')], otherFaults: [second] };
  expect(ledger(await check(run)).rto).toMatchObject({ state: 'open', value_us: 2_000_000 });
});

test('slots whose timeout had not passed when the run ended are censored', async () => {
  // Aborted at 11.0 s: slots after 10.8 s (93) are censored, so slots 89 to 93 are four and a half ok: 90, 91, 92, 93 and the outage is open.
  const patches = [from(82, 8, 'fail')];
  const open = ledger(await check({ patches, end: { kind: 'aborted', at: slot(94) + 199_999 } }));
  expect(open.outages[0]?.up_us).toBeNull();
  const closed = ledger(await check({ patches, end: { kind: 'aborted', at: slot(94) + 200_000 } }));
  expect(closed.outages[0]?.up_us).toBe(slot(90) + 2 * MS);
});

test('phases: before, outage to the earlier of up and gone, failed-over until gone, after from then on', async () => {
  const view = ledger(await check({ patches: [from(82, 10, 'fail')] }));
  const counts = Object.fromEntries(Object.entries(view.latency).map(([phase, { operations }]) => [phase, operations]));
  // Requested at slot 80 exactly, up at 10.702 s (slot 93 is the first behind it), gone at 14.1 s, slot 126 exactly.
  expect(counts).toEqual({ before: 80, outage: 13, 'failed-over': 33, after: 124 });
});

test('phases: the outage is empty where the service was never down', async () => {
  const view = ledger(await check({}));
  expect(view.latency.outage?.operations ?? 0).toBe(0);
  expect(view.latency['failed-over']?.operations).toBe(46);
});

test('phases: the outage ends with gone where the service is still down', async () => {
  const view = ledger(await check({ patches: [from(82, 60, 'fail')] }));
  expect(view.latency.outage?.operations).toBe(46);
  expect(view.latency['failed-over']?.operations ?? 0).toBe(0);
  expect(view.latency.after?.operations).toBe(124);
});

test('an operation of `before` that completes after requested belongs to the outage', async () => {
  // Slot 79 is intended 100 ms before the request and answered after 199.999 ms.
  const view = ledger(await check({ patches: [from(79, 1, 'late')] }));
  expect(view.latency.before?.operations).toBe(79);
  expect(view.latency.outage?.operations).toBe(1);
});

test('latency: one that was not ok counts with the larger of its elapsed time and its timeout', async () => {
  const view = ledger(await check({ patches: [from(10, 1, 'fail'), from(12, 1, 'timeout'), from(14, 1, 'gap')] }));
  expect(view.latency.before?.response).toMatchObject({ n: 77, p50: 2 * MS, max: 2 * MS });
  // Three of eighty are 200 ms: the 76th of 80 is 2 ms, the 78th and later 200 ms.
  expect(view.latency.before?.all).toMatchObject({ n: 80, p95: 2 * MS, p99: 200 * MS, max: 200 * MS });
  expect(view.latency.before?.service).toMatchObject({ n: 77, max: 1_900 });
});

test('a fault that lapsed, or was never effective, makes what depends on it unknown, whatever the probes saw', async () => {
  const objectives: Objective[] = [rto(60 * S)];
  const lapsed = await check({ objectives, fault: { lapsed: at(11 * S) } });
  expect(verdictOf(lapsed, 'rto')).toBe('unknown');
  const never = await check({ objectives, fault: { effective: null } });
  expect(verdictOf(never, 'rto')).toBe('unknown');
  expect([lapsed.verdict, never.verdict]).toEqual(['unknown', 'unknown']);
});

test('with a fault that lapsed the report does not say that the service was never down', async () => {
  const first = await clock({ patches: [from(82, 10, 'fail')], fault: { lapsed: at(11 * S) } }, 'first success');
  expect(first).toMatchObject({ at: null });
  expect(first?.note).not.toBe('never down');
});

test('a fault that is not gone at the end makes the verdict fail, with the leftover named', async () => {
  const report = await check({ objectives: [rto(60 * S)], fault: { gone: null } });
  expect(report.verdict).toBe('fail');
  expect(
    report.reasons.some(
      ({ verdict, subject, text }) => verdict === 'fail' && `${subject} ${text}`.includes('site-loss-1'),
    ),
  ).toBe(true);
});

test('a site is seen by its own probe: its view has its own outages', async () => {
  const paris = { ...LEDGER, service: '', site: 'paris', patches: [from(82, 50, 'fail')] };
  const report = await check({ otherTables: [paris] });
  const view = report.views.find(({ site }) => site === 'paris');
  expect(view?.outages.map(({ down_us, up_us }) => [down_us, up_us])).toEqual([[slot(82), slot(132) + 2 * MS]]);
  expect(ledger(report).outages).toEqual([]);
});
