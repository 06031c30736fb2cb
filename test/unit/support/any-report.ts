import fc from 'fast-check';
import type { Interval, Report } from '../../../src/check/report-schema.ts';
import { exampleReports } from '../../../src/report/testing-all.ts';

const { hostile: _, ...EXAMPLES } = exampleReports();

const verdict = fc.constantFrom('pass' as const, 'fail' as const, 'unknown' as const);
/** Mostly where words are chosen: nothing, none, one, no bound, bounds that differ. */
const interval = fc.constantFrom<Interval | null>(
  null,
  { lower: 0, upper: 0 },
  { lower: 0, upper: 1 },
  { lower: 0, upper: null },
  { lower: 1, upper: 1 },
  { lower: 12, upper: 40 },
);
const time = interval.map((of) => of && { lower: of.lower * 410_220, upper: of.upper && of.upper * 410_220 });

/** Reports that agree neither with a run nor with themselves, so that every sentence is reached; of no production platform. */
export const anyReport: fc.Arbitrary<Report> = fc
  .record({
    base: fc.constantFrom(...Object.values(EXAMPLES)),
    verdict,
    environment: fc.constantFrom('laboratory', 'development', 'test', 'staging'),
    outcome: fc.constantFrom('completed' as const, 'aborted' as const, 'failed' as const),
    withoutShed: verdict,
    objectives: fc.array(fc.record({ verdict, measured: time }), { minLength: 8, maxLength: 8 }),
    rpo: fc.array(
      fc.record({
        ledger: fc.constantFrom(0, 1, 942),
        lost: interval,
        rpo_us: time,
        afterRecovery: interval,
        afterRepair: interval,
        lostInAll: interval,
        lostInAll_us: time,
        phantom: fc.constantFrom(null, 0, 3),
      }),
      { minLength: 4, maxLength: 4 },
    ),
    rto: fc.record({
      state: fc.constantFrom('measured' as const, 'none' as const, 'open' as const, 'unknown' as const),
      value_us: fc.constantFrom(null, 0, 2_100_000),
      bounds: time,
    }),
    undone: fc.constantFrom(0, 1, 312),
    reasons: fc.boolean(),
  })
  .map(({ base, ...of }) => ({
    ...base,
    verdict: of.verdict,
    run: { ...base.run, environment: of.environment, outcome: of.outcome },
    reasons: of.reasons ? base.reasons : [],
    objectives: base.objectives.map((one, i) => ({ ...one, ...of.objectives[i] })),
    rpo: base.rpo.map((row, i) => ({ ...row, ...of.rpo[i] })),
    views: base.views.map((view) => ({ ...view, rto: { ...view.rto, ...of.rto } })),
    quality: { ...base.quality, withoutShed: of.withoutShed },
    ...(base.lastWriteWins && { lastWriteWins: base.lastWriteWins.map((row) => ({ ...row, undone: of.undone })) }),
  }));
