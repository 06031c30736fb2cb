import fc from 'fast-check';
import type { Objective } from '../../../src/scenario/plan.ts';
import { objectivesArbitrary, settingsArbitrary, sloArbitrary, stagesArbitrary } from './arbitrary-parts.ts';
import type { Kind } from './attempts.ts';
import { SITES, slotAt } from './build-run.ts';
import { CANARY_END_US } from './canary.ts';
import type { Patch, Sketch, SketchEnd, SketchFault, SketchTimetable } from './sketch.ts';

const START = CANARY_END_US + 300_000;

/** Near a slot: exactly at it, a microsecond beside it, at a completion (an `ok` of 2 to 3 ms), or in between. */
const offset = fc.oneof(
  { weight: 4, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: fc.constantFrom(-1, 1, 100, 1_150, 2_000, 5_000) },
  { weight: 1, arbitrary: fc.integer({ min: -9_000, max: 9_000 }) },
);

/** A length in microseconds that often equals another one, or nothing at all. */
const length = fc.oneof(
  { weight: 2, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.constantFrom(1, 1_150, 10_000, 100_000, 500_000) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 2_000_000 }) },
);

const anyKind = fc.constantFrom<Kind>(
  ...(['ok', 'ok', 'fail', 'timeout', 'slow', 'late', 'gap', 'shed', 'half-open', 'retry-ok'] as const),
  ...(['retry-info', 'retry-fail', 'shed-then-fail', 'shed-twice', 'two-oks'] as const),
);

/** Runs of one kind, with single ones of others between them: just enough and just too few in a row come often. */
const pattern: fc.Arbitrary<Kind[]> = fc
  .array(fc.tuple(anyKind, fc.constantFrom(1, 1, 1, 2, 3, 4, 5, 8, 15, 30)), { minLength: 1, maxLength: 8 })
  .map((pieces) => pieces.flatMap(([kind, n]) => Array.from({ length: n }, () => kind)));

const scattered: fc.Arbitrary<Kind[]> = fc
  .tuple(fc.constantFrom<Kind>('fail', 'timeout', 'slow', 'shed', 'gap'), fc.integer({ min: 2, max: 6 }), fc.nat(40))
  .map(([kind, every, n]) => Array.from({ length: n }, (_, i) => (i % every === 0 ? kind : 'ok')));

interface Moments {
  readonly requested: number;
  readonly effective: number;
  readonly gone: number;
  readonly end: number;
}

function patchesArbitrary(
  table: Pick<SketchTimetable, 'start' | 'rate' | 'slots'>,
  at: Moments,
): fc.Arbitrary<Patch[]> {
  const slotOf = (instant: number): number => Math.round(((instant - table.start) * table.rate) / 1_000_000);
  const anchor = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(slotOf(at.requested), slotOf(at.effective)) },
    { weight: 2, arbitrary: fc.constantFrom(slotOf(at.gone), table.slots - 5, table.slots - 12) },
    { weight: 1, arbitrary: fc.nat(table.slots - 1) },
  );
  const patch = fc
    .tuple(
      anchor,
      fc.integer({ min: -4, max: 8 }),
      fc.oneof({ weight: 3, arbitrary: pattern }, { weight: 1, arbitrary: scattered }),
    )
    .map(([slot, shift, kinds]) => ({ at: Math.max(0, slot + shift), kinds }));
  const noise = fc.oneof(
    { weight: 2, arbitrary: fc.constant<Patch[]>([]) },
    { weight: 1, arbitrary: fc.array(patch, { maxLength: 3 }) },
  );
  // One hard outage behind the request, which ends in time for five windows that hold.
  const hard = fc
    .tuple(fc.constantFrom<Kind>('fail', 'timeout', 'retry-fail'), fc.integer({ min: 0, max: 6 }), fc.nat(30))
    .map(
      ([kind, shift, n]): Patch => ({ at: slotOf(at.requested) + shift, kinds: Array.from({ length: n }, () => kind) }),
    );
  return fc
    .tuple(fc.oneof(fc.constant([]), fc.array(hard, { maxLength: 1 })), noise)
    .map(([main, rest]) => [...main, ...rest]);
}

function faultArbitrary(id: string, disaster: boolean, from: number): fc.Arbitrary<SketchFault> {
  const hidden = fc.oneof({ weight: 20, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) });
  return fc
    .record({
      from: offset,
      asked: fc.constantFrom(0, 0, 0, 50),
      toEffective: length,
      effectiveWidth: length,
      held: fc.oneof(fc.integer({ min: 0, max: 5_000_000 }), length),
      goneWidth: length,
      hideEffective: hidden,
      hideGone: hidden,
      lapses: hidden,
    })
    .map((draw): SketchFault => {
      const requested = { notBefore: from + draw.from, notAfter: from + draw.from + draw.asked };
      const notBefore = requested.notAfter + draw.toEffective;
      const effective = { notBefore, notAfter: notBefore + draw.effectiveWidth };
      const at = effective.notAfter + draw.held;
      const lapsed = draw.lapses ? { notBefore: at, notAfter: at } : null;
      const gone = { notBefore: at, notAfter: at + draw.goneWidth };
      return {
        ...{ id, disaster, requested, lapsed },
        effective: draw.hideEffective ? null : effective,
        released: { notBefore: at, notAfter: at },
        gone: draw.hideGone ? null : gone,
      };
    });
}

function endArbitrary(at: Moments): fc.Arbitrary<SketchEnd> {
  const instant = fc.oneof(
    fc.integer({ min: START, max: at.end }),
    fc
      .constantFrom(at.requested, at.effective, at.gone)
      .chain((anchor) => fc.nat(1_000_000).map((more) => anchor + more)),
  );
  return fc.oneof(
    { weight: 20, arbitrary: fc.constant<SketchEnd>({ kind: 'completed' }) },
    { weight: 1, arbitrary: instant.map((when): SketchEnd => ({ kind: 'aborted', at: when })) },
    { weight: 2, arbitrary: instant.map((when): SketchEnd => ({ kind: 'killed', at: when })) },
    { weight: 1, arbitrary: instant.map((when): SketchEnd => ({ kind: 'client-died', at: when })) },
  );
}

interface Frame {
  readonly rate: number;
  readonly beforeSlots: number;
  readonly afterSlots: number;
  readonly jitter: number;
  readonly slo: SketchTimetable['slo'];
  readonly readEvery: number;
  readonly timeout: number;
  readonly generator: SketchTimetable['generator'];
}

const frame: fc.Arbitrary<Frame> = fc
  .record({
    rate: fc.constantFrom(10, 10, 10, 12.5, 20, 33, 50),
    before: fc.constantFrom(7, 7, 8, 3),
    after: fc.oneof(
      { weight: 3, arbitrary: fc.integer({ min: 9, max: 16 }) },
      { weight: 1, arbitrary: fc.integer({ min: 2, max: 9 }) },
    ),
    jitter: fc.constantFrom(0, 0, 1, 77_777),
    slo: sloArbitrary,
    readEvery: fc.constantFrom(0, 2, 3),
    timeout: fc.constantFrom(100_000, 200_000, 1_000_000),
    generator: fc.constantFrom(undefined, undefined, 'k6' as const),
  })
  .map(({ before, after, ...rest }) => ({
    ...rest,
    beforeSlots: Math.ceil(before * rest.rate),
    afterSlots: Math.ceil(after * rest.rate),
  }));

/** What runs beside the service: nothing, a site's own probe, another service. */
const BESIDE = [
  ...[null, null, null],
  ...SITES.map((site) => ({ probe: 'cql', service: '', site })),
  { probe: 'gremlin', service: 'graph', site: '' },
];

/** Whole runs with small numbers, in which the rules of measurement.md meet each other. */
export const sketchArbitrary: fc.Arbitrary<Sketch> = frame.chain((it) => {
  const { rate, timeout, slo, readEvery, generator } = it;
  const start = START + it.jitter;
  const base = { start, rate, slots: it.beforeSlots + it.afterSlots };
  const second = fc.record({ delta: fc.constantFrom(-2_000_000, 300_000, 1_000_000, 4_000_000) });
  const middle = slotAt(base, it.beforeSlots);
  const others = fc.oneof(
    { weight: 5, arbitrary: fc.constant<SketchFault[]>([]) },
    {
      weight: 1,
      arbitrary: second
        .chain(({ delta }) => faultArbitrary('site-loss-2', false, middle + delta))
        .map((fault) => [fault]),
    },
  );
  return fc.tuple(faultArbitrary('site-loss-1', true, middle), others).chain(([disaster, rest]) => {
    const at: Moments = {
      requested: disaster.requested?.notBefore ?? middle,
      effective: disaster.effective?.notBefore ?? middle,
      gone: disaster.gone?.notAfter ?? middle,
      end: slotAt(base, base.slots),
    };
    const over = at.end + timeout + 100_000;
    const timetable = (id: { probe: string; service: string; site: string }): fc.Arbitrary<SketchTimetable> =>
      patchesArbitrary(base, at).map((patches) => ({
        ...base,
        ...id,
        timeout,
        slo,
        readEvery,
        patches,
        spread: 1_000,
        generator: id.service === '' ? undefined : generator,
      }));
    const beside = fc
      .constantFrom(...BESIDE)
      .chain((id) => (id === null ? fc.constant<SketchTimetable[]>([]) : timetable(id).map((other) => [other])));
    const failback = fc.oneof(
      { weight: 2, arbitrary: fc.constant(null) },
      { weight: 1, arbitrary: fc.constantFrom(at.gone, at.gone + 500_000, at.gone + 6_000_000) },
    );
    return fc.record({
      settings: settingsArbitrary,
      timetables: fc
        .tuple(timetable({ probe: 'cql', service: 'ledger', site: '' }), beside)
        .map(([service, own]) => [service, ...own]),
      faults: fc.constant([disaster, ...rest]),
      failoverAt: fc.oneof(
        fc.constant(null),
        length.map((more) => at.requested + 50 + more),
      ),
      phases: failback.map((when) => [
        { phase: 'steady-state' as const, at: start },
        { phase: 'during' as const, at: at.requested },
        ...(when === null ? [] : [{ phase: 'failback' as const, at: when }]),
      ]),
      stages: stagesArbitrary(over),
      objectives: objectivesArbitrary as fc.Arbitrary<Objective[]>,
      end: endArbitrary(at),
      canary: fc.constant(true),
      repair: fc.constantFrom(true, true, true, false),
      shuffle: fc.constantFrom(0, 1, 2, 3),
    });
  });
});
