import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Attempt } from '../../src/history/operation.ts';
import type { OracleInput } from './oracle/input.ts';
import { sketchArbitrary } from './support/arbitrary-run.ts';
import { buildRun } from './support/build-run.ts';
import { inputOf, ledger, slot } from './support/by-hand.ts';
import { checkInput } from './support/check-sketch.ts';
import { parametersFor, TIMEOUT_MS } from './support/runs.ts';
import type { Sketch, SketchInstant } from './support/sketch.ts';

/*
 * What no reading of measurement.md can bend: a platform that is really down from `from` to before `to` answers every request that reaches it
 * then with a refusal or not at all, and every other one rightly. What the checker says must contain these instants.
 */

interface Truth {
  readonly from: number;
  readonly to: number;
  /** Of each operation: how late it was sent, how long it travelled, how long it took to come back. */
  readonly delays: readonly { readonly late: number; readonly there: number; readonly back: number }[];
  readonly silent: boolean;
  /** Slots that the harness shed, or lost. */
  readonly shed: ReadonlySet<number>;
  readonly gaps: ReadonlySet<number>;
}

const truth: fc.Arbitrary<Truth> = fc
  .record({
    begin: fc.integer({ min: slot(82), max: slot(90) }),
    length: fc.integer({ min: 600_000, max: 6_000_000 }),
    delays: fc.array(
      fc.record({
        late: fc.nat(20_000),
        there: fc.integer({ min: 1, max: 150_000 }),
        back: fc.integer({ min: 1, max: 20_000 }),
      }),
      { minLength: 7, maxLength: 40 },
    ),
    silent: fc.boolean(),
    shed: fc.array(fc.nat(249), { maxLength: 6 }),
    gaps: fc.array(fc.nat(249), { maxLength: 3 }),
  })
  .map(({ begin, length, shed, gaps, ...rest }) => ({
    ...{ from: begin, to: begin + length, shed: new Set(shed), gaps: new Set(gaps) },
    ...rest,
  }));

function lived(row: Attempt, { from, to, delays, silent, shed, gaps }: Truth): Attempt[] {
  if (row.service === 'canary') return [row];
  if (gaps.has(row.index)) return [];
  const { late, there, back } = delays[row.index % delays.length] as Truth['delays'][number];
  const invokedUs = row.intendedUs + late;
  if (shed.has(row.index)) return [{ ...row, invokedUs, completedUs: invokedUs, outcome: 'fail', error: 'shed' }];
  const arrives = invokedUs + there;
  if (arrives < from || arrives >= to) return [{ ...row, invokedUs, completedUs: arrives + back }];
  if (silent) return [{ ...row, invokedUs, completedUs: invokedUs + 200_000, outcome: 'info', error: 'timeout' }];
  return [{ ...row, invokedUs, completedUs: arrives + back, outcome: 'fail', error: 'refused' }];
}

function inputFor(it: Truth): OracleInput {
  const input = inputOf({});
  return { ...input, attempts: input.attempts.flatMap((row) => lived(row, it)) };
}

test('the true instants of an outage lie within its bounds', { timeout: TIMEOUT_MS }, async () => {
  await fc.assert(
    fc.asyncProperty(truth, async (it) => {
      const view = ledger(await checkInput(inputFor(it)));
      const { from, to } = it;
      // Shed operations and gaps may look like outages of their own; the true one is there, and only it overlaps the truth.
      const outages = view.outages.filter(({ down_us, up_us }) => down_us < to && (up_us ?? Infinity) > from);
      const first = outages[0];
      const last = outages.at(-1);
      expect(first).toBeDefined();
      if (first?.start.notBefore_us != null && first.down_us >= from - 200_000) {
        expect(first.start.notBefore_us).toBeLessThanOrEqual(from);
      }
      const startNotAfter = Math.min(...outages.flatMap(({ start }) => start.notAfter_us ?? []));
      expect(startNotAfter).toBeGreaterThanOrEqual(from);
      expect(last?.end?.notBefore_us ?? 0).toBeLessThanOrEqual(to);
      expect(last?.end?.notAfter_us ?? Infinity).toBeGreaterThanOrEqual(to);
    }),
    parametersFor(0.5),
  );
});

test('a refusal for a known time is measured to one interval and the answers’ delays', {
  timeout: TIMEOUT_MS,
}, async () => {
  await fc.assert(
    fc.asyncProperty(truth, async (drawn) => {
      const it: Truth = { ...drawn, silent: false, shed: new Set(), gaps: new Set() };
      const view = ledger(await checkInput(inputFor(it)));
      const delays = it.delays.map(({ late, there, back }) => late + there + back);
      expect(view.outages).toHaveLength(1);
      const error = Math.abs((view.outages[0]?.length_us ?? 0) - (it.to - it.from));
      expect(error).toBeLessThanOrEqual(100_000 + 2 * Math.max(...delays));
    }),
    parametersFor(0.25),
  );
});

test('RTO is never shorter than the time from when the fault was seen to the end of the outage', {
  timeout: TIMEOUT_MS,
}, async () => {
  await fc.assert(
    fc.asyncProperty(truth, async (drawn) => {
      const it: Truth = { ...drawn, shed: new Set(), gaps: new Set() };
      const { rto } = ledger(await checkInput(inputFor(it)));
      expect(rto.state).toBe('measured');
      expect(rto.value_us).toBeGreaterThanOrEqual(it.to - 9_600_000);
    }),
    parametersFor(0.25),
  );
});

function shifted(sketch: Sketch, us: number): Sketch {
  const move = (instant: SketchInstant | null): SketchInstant | null =>
    instant && { notBefore: instant.notBefore + us, notAfter: instant.notAfter + us };
  return {
    ...sketch,
    timetables: sketch.timetables.map((table) => ({ ...table, start: table.start + us })),
    faults: sketch.faults.map((fault) => ({
      ...fault,
      requested: move(fault.requested),
      effective: move(fault.effective),
      lapsed: move(fault.lapsed),
      released: move(fault.released),
      gone: move(fault.gone),
    })),
    failoverAt: sketch.failoverAt === null ? null : sketch.failoverAt + us,
    phases: sketch.phases.map(({ phase, at }) => ({ phase, at: at + us })),
    stages: sketch.stages.map((stage) => ({ ...stage, atUs: stage.atUs + us })),
    end: sketch.end.kind === 'completed' ? sketch.end : { ...sketch.end, at: sketch.end.at + us },
  };
}

test('the same run an hour later has the same lengths, counts and verdicts', { timeout: TIMEOUT_MS }, async () => {
  await fc.assert(
    fc.asyncProperty(sketchArbitrary, async (sketch) => {
      const lengths = async (it: Sketch): Promise<unknown> => {
        const report = await checkInput(buildRun(it));
        return {
          objectives: report.objectives.map(({ objective, measured, verdict }) => [objective.id, measured, verdict]),
          verdict: report.verdict,
          views: report.views.map(({ operations, latency, rto, downtime_us, outages }) => ({
            ...{ operations, latency, downtime_us },
            rto: [rto.state, rto.value_us, rto.bounds],
            outages: outages.map(({ length_us, seenBy, notOk }) => [length_us, seenBy, notOk]),
          })),
          rpo: report.rpo.map(({ ledger: n, lost, rpo_us, stranded, lostInAll, lostInAll_us, phantom }) => ({
            ...{ n, lost, rpo_us, stranded, lostInAll, lostInAll_us, phantom },
          })),
        };
      };
      expect(await lengths(shifted(sketch, 3_600_000_000))).toEqual(await lengths(sketch));
    }),
    parametersFor(0.2),
  );
});
