import { expect, test } from 'vitest';
import { exampleReports } from '../report/testing-all.ts';
import type { Declared } from '../scenario/drill-file.ts';
import { classify } from './dora-classification.ts';
import type { Dora } from './dora-schema.ts';
import type { Interval, Report } from './report-schema.ts';
import type { RunRecord } from './run-record.ts';

type Classification = Dora['classification'];

const HOUR = 3_600_000_000;
const passing = exampleReports().passing as Report;

/** The passing example, with so much downtime of its one service, so many lost writes, and the fault gone so late. */
function classified({
  function: said = { critical: true, memberStates: ['FR', 'DE'] },
  downtime = { lower: 0, upper: 0 },
  lost = { lower: 0, upper: 0 },
  change = {},
  goneUs = 200_000_000,
  backlogUs = 210_000_000,
}: {
  function?: Declared['function'];
  downtime?: Interval;
  lost?: Interval | null;
  change?: Partial<Report>;
  goneUs?: number | null;
  backlogUs?: number | null;
} = {}): Classification {
  const view = passing.views.find(({ service }) => service === 'ledger');
  if (!view) throw new Error('expected a view of ledger');
  const was = downtime.lower > 0;
  const outage = { ...view.outages[0], down_us: 100_000_000, start: { notBefore_us: 99_000_000, notAfter_us: null } };
  const at = (us: number) => ({ notBefore_us: us, notAfter_us: us + 1_000_000 });
  const record = {
    plan: { declared: { sha256: '', function: said } },
    faults: [{ report: { effective: at(100_000_000), gone: goneUs === null ? null : at(goneUs) }, unproven: null }],
    failovers: [],
    suspendedUs: 0,
  } as unknown as RunRecord;
  const rpo = passing.rpo.map((row) => ({ ...row, lost, lostInAll: lost }));
  const { integrity: _, ...rest } = passing;
  return classify(record, {
    ...rest,
    views: [
      {
        ...view,
        downtime_us: downtime,
        outages: was ? [outage as (typeof view.outages)[0]] : [],
        violatingWindows: [],
      },
    ],
    rpo,
    backlogCleared_us: backlogUs,
    ...change,
  } as Report);
}

const reached = ({ criteria }: Classification, words: string): boolean | null | undefined =>
  criteria.find(({ criterion }) => criterion.includes(words))?.reached;

test('downtime counts until the backlog is cleared, and is at least the outages', () => {
  const long = classified({ downtime: { lower: HOUR, upper: HOUR }, backlogUs: 100_000_000 + 3 * HOUR });
  expect(long.downtime_us).toEqual({ lower: HOUR, upper: 3 * HOUR + 1_000_000 });
  expect(reached(long, 'downtime')).toBeNull();
});

test('more than two hours for certain is reached, whatever the backlog was; of a function that is not critical it is not', () => {
  const downtime = { lower: 3 * HOUR, upper: 3 * HOUR };
  expect(reached(classified({ downtime, backlogUs: null }), 'downtime')).toBe(true);
  expect(reached(classified({ downtime, function: { critical: false } }), 'downtime')).toBe(false);
  expect(reached(classified({ downtime, function: {} }), 'downtime')).toBeNull();
});

test('what was not seen to end is not below a threshold', () => {
  expect(reached(classified({ downtime: { lower: HOUR, upper: null } }), 'downtime')).toBeNull();
  expect(reached(classified({ goneUs: null }), 'Duration')).toBeNull();
  expect(reached(classified({ backlogUs: null }), 'Duration')).toBeNull();
  expect(reached(classified({ goneUs: 100_000_000 + 25 * HOUR }), 'Duration')).toBe(true);
});

test('no downtime in a run that did not go through is no downtime that was seen', () => {
  const { downtime_us } = classified({ change: { run: { ...passing.run, outcome: 'aborted' } } });
  expect(downtime_us).toEqual({ lower: 0, upper: null });
});

test('where nothing was lost the threshold of data is not reached; a loss, or what was not read back, leaves it to a person (Art. 9(5)(a))', () => {
  expect(reached(classified(), 'Data')).toBe(false);
  expect(reached(classified({ lost: { lower: 1, upper: 1 } }), 'Data')).toBeNull();
  expect(reached(classified({ lost: { lower: 0, upper: 3 } }), 'Data')).toBeNull();
  expect(reached(classified({ lost: null }), 'Data')).toBeNull();
  const damaged = { state: 'damaged', acknowledgedDamaged: 0, places: [], found: [] } as unknown as Report['integrity'];
  const hurt = classified({ change: { integrity: damaged } as Partial<Report> });
  expect(reached(hurt, 'Data')).toBeNull();
  expect(hurt.criteria.find(({ criterion }) => criterion.includes('Data'))?.measured).toBe('1 lost or damaged');
});

test('member states count where something was seen to hurt them', () => {
  const downtime = { lower: 1, upper: 1 };
  expect(reached(classified({ downtime }), 'spread')).toBe(true);
  expect(reached(classified(), 'spread')).toBe(false);
  expect(reached(classified({ downtime, function: { critical: true, memberStates: ['FR'] } }), 'spread')).toBe(false);
  expect(reached(classified({ downtime, function: { critical: true } }), 'spread')).toBeNull();
});

test('major: a critical function, and two other thresholds; unknown as long as unknown ones could make two', () => {
  const two = { downtime: { lower: 3 * HOUR, upper: 3 * HOUR } };
  expect(classified(two)).toMatchObject({
    conclusion: 'would be',
    why: '2 of 6 other thresholds reached, 3 unknown; two are needed',
  });
  expect(classified({ ...two, function: { memberStates: ['FR', 'DE'] } }).conclusion).toBe('unknown');
  expect(classified({ ...two, function: { critical: false } }).conclusion).toBe('would not be');
  expect(classified().conclusion).toBe('unknown');
});

test('length and downtime are one threshold (Art. 9(3)): both of them together do not make an incident major', () => {
  const both = { downtime: { lower: 3 * HOUR, upper: 3 * HOUR }, goneUs: 100_000_000 + 25 * HOUR };
  const alone = classified({ ...both, function: { critical: true, memberStates: ['FR'] } });
  expect([reached(alone, 'downtime'), reached(alone, 'Duration')]).toEqual([true, true]);
  expect(alone).toMatchObject({
    conclusion: 'unknown',
    why: '1 of 6 other thresholds reached, 3 unknown; two are needed',
  });
});

test('either of length and downtime reaches it, and it is unknown while one of them is', () => {
  const whyOf = (of: Parameters<typeof classified>[0]) =>
    classified({ function: { critical: true, memberStates: ['FR'] }, ...of }).why;
  expect(whyOf({ goneUs: 100_000_000 + 25 * HOUR })).toMatch(/^1 of 6 .* 3 unknown/);
  expect(whyOf({ goneUs: null })).toMatch(/^0 of 6 .* 4 unknown/);
  expect(whyOf({})).toMatch(/^0 of 6 .* 3 unknown/);
});

test.each([
  ['its instrument did not prove itself', { canary: { verdict: 'unknown', proofs: [] } }],
  ['its record has a defect', { run: { ...passing.run, defects: ['torn'] } }],
  ['it measured no service', { views: [] }],
] as const)('of a run nothing is said where %s', (_, change) => {
  const { conclusion, downtime_us, duration_us, criteria } = classified({
    change: change as unknown as Partial<Report>,
  });
  expect({ conclusion, downtime_us, duration_us }).toEqual({
    conclusion: 'unknown',
    downtime_us: null,
    duration_us: null,
  });
  expect(criteria.slice(1, 5).map(({ reached: one }) => one)).toEqual([null, null, null, null]);
});
