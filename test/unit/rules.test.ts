import { expect, test } from 'vitest';
import { check, from, ledger, MS, rto, S, slot, verdictOf } from './support/by-hand.ts';

/** measurement.md, "Operations" and "Outage". */

test('down with the first of downAfter consecutive failures, up with the first of upAfter consecutive ok ones', async () => {
  const view = ledger(await check({ patches: [from(82, 10, 'fail')] }));
  expect(view.outages).toEqual([
    {
      seenBy: 'runs',
      down_us: 9_700_000,
      up_us: 10_702_000,
      length_us: 1_002_000,
      start: { notBefore_us: 9_600_100, notAfter_us: 9_701_150 },
      end: { notBefore_us: 10_600_150, notAfter_us: 10_702_000 },
      operations: 10,
      notOk: 10,
      errors: { refused: 10 },
    },
  ]);
});

test('downAfter − 1 failures in a row are no outage', async () => {
  const view = ledger(await check({ patches: [from(82, 2, 'fail'), from(100, 2, 'fail')] }));
  expect(view.outages).toEqual([]);
  expect(view.downtime_us).toEqual({ lower: 0, upper: 0 });
});

test('upAfter − 1 successes in a row do not end an outage', async () => {
  const view = ledger(await check({ patches: [from(82, 4, 'fail'), from(90, 1, 'fail')] }));
  expect(view.outages.map(({ down_us, up_us, operations, notOk }) => [down_us, up_us, operations, notOk])).toEqual([
    [slot(82), slot(91) + 2 * MS, 9, 5],
  ]);
});

test('the order of completion never matters: a late ok does not break a run of failures', async () => {
  const view = ledger(await check({ patches: [from(81, 1, 'late'), from(82, 10, 'fail')] }));
  expect(view.outages).toHaveLength(1);
  expect(view.outages[0]?.down_us).toBe(slot(82));
  // Sent before the down operation, though answered (9.799999 s) when the outage had begun.
  expect(view.outages[0]?.start.notBefore_us).toBe(slot(81) + 100);
});

test('with fewer than upAfter ok at the end the outage is open', async () => {
  const view = ledger(await check({ patches: [from(240, 6, 'fail')] }));
  expect(view.outages[0]).toMatchObject({ down_us: slot(240), up_us: null, length_us: null, end: null });
  expect(view.downtime_us.upper).toBeNull();
});

test('scattered errors: down with the first failure of a window that fails on success, up where a window begins with upAfter ok and holds', async () => {
  // Windows are laid again from `requested`, slot 80: 80–89, 90–99, 100–109. Four failures of ten are more than max(3, 0).
  const patches = [100, 102, 104, 106].map((k) => from(k, 1, 'fail'));
  const view = ledger(await check({ patches }));
  expect(view.outages).toHaveLength(1);
  expect(view.outages[0]).toMatchObject({
    seenBy: 'window',
    down_us: slot(100),
    up_us: slot(107) + 2 * MS,
    length_us: 702 * MS,
    operations: 7,
    notOk: 4,
  });
});

test('as many scattered errors as downAfter in a window are no outage', async () => {
  const patches = [100, 102, 104].map((k) => from(k, 1, 'fail'));
  expect(ledger(await check({ patches })).outages).toEqual([]);
});

test('a single failure before a hard outage does not move its beginning', async () => {
  // The window 80–89 fails on success only with the run; without it one failure is left.
  const view = ledger(await check({ patches: [from(81, 1, 'fail'), from(84, 10, 'fail')] }));
  expect(view.outages).toHaveLength(1);
  expect(view.outages[0]).toMatchObject({ seenBy: 'runs', down_us: slot(84) });
});

test('without its runs a window has fewer operations: as many scattered failures weigh more', async () => {
  // downAfter 2, floor 0.6. Slots 80 to 89: three scattered failures, then a run of four. Without it 3 of 6 are more than max(2, ⌊0.4 · 6⌋ = 2);
  // of all ten they would not be more than ⌊0.4 · 10⌋ = 4.
  const settings = { downAfter: 2, upAfter: 5, floor: 0.6, sustain_us: 2 * S, windowOperations: 10 };
  const patches = [from(80, 1, 'fail'), from(82, 1, 'fail'), from(84, 1, 'fail'), from(86, 4, 'fail')];
  const view = ledger(await check({ settings, patches }));
  expect(view.outages[0]).toMatchObject({ seenBy: 'window', down_us: slot(80) });
});

test('an info write is not ok: it may or may not have been applied', async () => {
  const view = ledger(await check({ patches: [from(82, 3, 'timeout')] }));
  expect(view.operations).toMatchObject({ total: 250, ok: 247, info: 3, fail: 0 });
  expect(view.outages[0]).toMatchObject({ down_us: slot(82), up_us: slot(85) + 2 * MS, errors: { timeout: 3 } });
  expect(view.outages[0]?.start.notAfter_us).toBe(slot(82) + 200 * MS);
});

test('the operation is ok if any attempt is: a half-open trial that the client retried at the survivor does not count', async () => {
  const view = ledger(await check({ patches: [from(82, 10, 'half-open')] }));
  expect(view.outages).toEqual([]);
  expect(view.operations).toMatchObject({ total: 250, ok: 250, attempts: 260 });
  expect(view.bySite).toEqual({ paris: 240, london: 10 });
});

test('else info if any attempt is, else fail; it is where the last such attempt went', async () => {
  const view = ledger(await check({ patches: [from(82, 1, 'retry-info'), from(84, 1, 'retry-fail')] }));
  expect(view.operations).toMatchObject({ ok: 248, info: 1, fail: 1 });
  // The info of slot 82 was an attempt in Paris, the last failure of slot 84 one in London.
  expect(view.bySite).toEqual({ paris: 249, london: 1 });
});

test('completed and invoked are those of the first ok attempt by completion, intended is the first attempt’s', async () => {
  const view = ledger(await check({ patches: [from(200, 10, 'two-oks')] }));
  // Sent again after 5 ms and answered 7 ms after the intended time; the first attempt is answered after 22 ms.
  expect(view.latency.after?.response.max).toBe(7 * MS);
  expect(view.latency.after?.service.max).toBe(2 * MS);
});

test('a missing k is a gap, not ok; it has no completion, so it bounds nothing', async () => {
  const view = ledger(await check({ patches: [from(82, 10, 'gap')] }));
  expect(view.operations).toMatchObject({ total: 250, ok: 240, gaps: 10 });
  expect(view.outages[0]).toMatchObject({ down_us: slot(82), up_us: slot(92) + 2 * MS, notOk: 10 });
  expect(view.outages[0]?.start).toEqual({ notBefore_us: slot(81) + 100, notAfter_us: null });
});

test('what the harness shed is not ok; with retries only if every attempt was', async () => {
  const view = ledger(
    await check({ patches: [from(100, 2, 'shed'), from(110, 1, 'shed-twice'), from(120, 1, 'shed-then-fail')] }),
  );
  expect(view.operations).toMatchObject({ ok: 246, shed: 3 });
});

test.each(['gap', 'shed'] as const)('where a %s decides the verdict it is unknown', async (kind) => {
  // With them the RTO is 1.202 s, without them none.
  const patches = [from(82, 10, kind)];
  expect(verdictOf(await check({ patches, objectives: [rto(1 * S)] }), 'rto')).toBe('unknown');
  expect(verdictOf(await check({ patches, objectives: [rto(2 * S)] }), 'rto')).toBe('pass');
});

test('the first slot is judged as any other: no ok operation before it bounds the start', async () => {
  const view = ledger(await check({ patches: [from(0, 3, 'fail')] }));
  expect(view.outages[0]).toMatchObject({
    down_us: slot(0),
    start: { notBefore_us: null, notAfter_us: slot(0) + 1_150 },
  });
});

test('downtime is the sum of the outages and of the violating windows outside them', async () => {
  const slo = { quantile: 0.95, op: '<=' as const, target_us: 50 * MS };
  const patches = [from(82, 10, 'fail'), from(180, 10, 'slow')];
  const view = ledger(await check({ patches, table: { slo } }));
  expect(view.outages.map(({ length_us }) => length_us)).toEqual([1_002_000]);
  expect(view.violatingWindows.length).toBeGreaterThan(0);
  const windows = view.violatingWindows.reduce((sum, { from_us, to_us }) => sum + to_us - from_us, 0);
  expect(view.downtime_us).toEqual({ lower: 1_002_000 + windows, upper: 1_002_000 + windows });
});
