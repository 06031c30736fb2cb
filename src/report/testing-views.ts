import type { LatencyQuantiles, PhaseLatency } from '../check/latency-schema.ts';
import type { Outage } from '../check/outage-schema.ts';
import type { RtoClock, Series, View } from '../check/report-schema.ts';

/** The instants of an example run, microseconds from its origin. */
export interface ExampleTimes {
  readonly lengthUs: number;
  readonly beforeUs: number;
  readonly requestedUs: number;
  readonly effectiveUs: number;
  readonly goneUs: number;
}

export const EXAMPLE_TIMES: ExampleTimes = {
  lengthUs: 348_000_000,
  beforeUs: 42_000_000,
  requestedUs: 84_311_204,
  effectiveUs: 85_020_377,
  goneUs: 214_870_112,
};

/** The same numbers between 0 and 1 every time, from a seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function exampleQuantiles(n: number, medianUs: number): LatencyQuantiles {
  if (n === 0) return { n: 0, p50: null, p90: null, p95: null, p99: null, p999: null, max: null };
  const times = (factor: number): number => Math.round(medianUs * factor);
  return { n, p50: times(1), p90: times(2.1), p95: times(2.9), p99: times(6.7), p999: times(19.2), max: times(34.4) };
}

function phase(operations: number, ok: number, medianUs: number): PhaseLatency {
  const missed = operations - ok > operations * 0.05;
  return {
    operations,
    ok,
    response: exampleQuantiles(ok, medianUs),
    all: missed
      ? { ...exampleQuantiles(operations, medianUs), p95: 2_000_000, p99: 2_000_000, p999: 2_000_914, max: 2_001_311 }
      : exampleQuantiles(operations, medianUs),
    service: exampleQuantiles(ok, medianUs * 0.94),
  };
}

export interface ExampleView {
  readonly probe: string;
  readonly service: string;
  readonly site: string;
  readonly rate: number;
  readonly medianUs: number;
  readonly timeoutUs: number;
  /** Client-visible outage; null: none. `up` null: open. */
  readonly outage: { readonly downUs: number; readonly upUs: number | null } | null;
}

function outageOf(view: ExampleView, times: ExampleTimes): Outage[] {
  if (view.outage === null) return [];
  const { downUs, upUs } = view.outage;
  const operations = Math.round((((upUs ?? times.lengthUs) - downUs) / 1_000_000) * view.rate);
  const refused = Math.round(operations * 0.3);
  return [
    {
      seenBy: 'runs',
      down_us: downUs,
      up_us: upUs,
      length_us: upUs === null ? null : upUs - downUs,
      start: { notBefore_us: downUs - 14_211, notAfter_us: downUs + view.timeoutUs + 1_204 },
      end: upUs === null ? null : { notBefore_us: upUs - 121_003, notAfter_us: upUs - 1_950 },
      operations,
      notOk: operations - (upUs === null ? 0 : 3),
      errors: { timeout: operations - refused, refused },
    },
  ];
}

function clocksOf(view: ExampleView, times: ExampleTimes): RtoClock[] {
  const at = (notBefore_us: number, notAfter_us: number): RtoClock['at'] => ({ notBefore_us, notAfter_us });
  const { requestedUs, effectiveUs } = times;
  const requested: RtoClock = { clock: 'requested', at: at(requestedUs, requestedUs), observer: 'harness', note: '' };
  const effective: RtoClock = {
    clock: 'effective',
    at: at(effectiveUs - 690_000, effectiveUs),
    observer: 'platform',
    note: '',
  };
  const missing = (clock: RtoClock['clock'], note: string): RtoClock => ({ clock, at: null, observer: '', note });
  if (view.outage === null) {
    return [
      requested,
      effective,
      missing('detected', 'no outage seen'),
      missing('failover decided', 'no failover'),
      missing('first success', 'no outage seen'),
      { clock: 'SLO restored', at: at(effectiveUs - 690_000, effectiveUs), observer: 'client', note: 'never lost' },
      missing('reconciled', 'not this view'),
      missing('failed back', 'not this view'),
    ];
  }
  const { upUs, downUs } = view.outage;
  const decided = downUs + view.timeoutUs + 48_000;
  if (upUs === null) {
    const open = 'the outage is open at the end of the record';
    return [
      requested,
      effective,
      { clock: 'detected', at: at(decided - 20_000, decided), observer: 'derived', note: 'third consecutive failure' },
      missing('failover decided', 'no failover'),
      missing('first success', open),
      missing('SLO restored', open),
      missing('reconciled', 'the read-back was not done'),
      missing('failed back', 'not reached'),
    ];
  }
  return [
    requested,
    effective,
    { clock: 'detected', at: at(decided - 20_000, decided), observer: 'derived', note: 'third consecutive failure' },
    { clock: 'failover decided', at: at(decided, decided), observer: 'client', note: 'paris to london: 5 failures' },
    { clock: 'first success', at: at(upUs - 121_003, upUs), observer: 'client', note: '' },
    {
      clock: 'SLO restored',
      at: at(upUs - 121_003, upUs + 1_400_000),
      observer: 'client',
      note: '5 windows held for 30 s',
    },
    { clock: 'reconciled', at: at(291_000_000, 292_420_118), observer: 'harness', note: 'after repair' },
    { clock: 'failed back', at: at(308_112_400, 309_004_000), observer: 'client', note: '' },
  ];
}

/** A view as check would give it, its counts in agreement with its outage. */
export function exampleView(view: ExampleView, times: ExampleTimes = EXAMPLE_TIMES): View {
  const { lengthUs, beforeUs, requestedUs, goneUs } = times;
  const inPhase = (fromUs: number, toUs: number): number =>
    Math.max(0, Math.round(((toUs - fromUs) / 1_000_000) * view.rate));
  const outages = outageOf(view, times);
  const outage = outages[0];
  const upUs = view.outage === null ? requestedUs : Math.min(view.outage.upUs ?? lengthUs, goneUs);
  const total = inPhase(beforeUs, lengthUs);
  const notOk = outage?.notOk ?? 0;
  const info = Math.round(notOk * 0.31);
  const overUs = Math.min(goneUs, lengthUs);
  const restoredUs = view.outage?.upUs == null ? null : view.outage.upUs + 1_400_000;
  const startUs = times.effectiveUs - 690_000;
  const rto: View['rto'] =
    view.outage === null
      ? {
          state: 'none',
          value_us: 0,
          bounds: { lower: 0, upper: 0 },
          note: `no outage seen at ${view.rate} operations a second`,
        }
      : restoredUs === null
        ? {
            state: 'open',
            value_us: lengthUs - startUs,
            bounds: { lower: lengthUs - times.effectiveUs, upper: null },
            note: 'the outage is open at the end of the record',
          }
        : {
            state: 'measured',
            value_us: restoredUs - startUs,
            bounds: { lower: restoredUs - times.effectiveUs, upper: restoredUs - startUs },
            note: '',
          };
  const lengthOfOutage = view.outage === null ? 0 : (view.outage.upUs ?? lengthUs) - view.outage.downUs;
  return {
    probe: view.probe,
    service: view.service,
    site: view.site,
    client: 'outside',
    rate: view.rate,
    timeout_us: view.timeoutUs,
    operations: {
      total,
      ok: total - notOk,
      fail: notOk - info,
      info,
      shed: 0,
      gaps: 0,
      reads: Math.floor(total / 2),
      writes: Math.ceil(total / 2),
      attempts: total,
    },
    errors: outage?.errors ?? {},
    bySite:
      view.service === ''
        ? { [view.site]: total }
        : { paris: Math.round(total * 0.45), london: total - Math.round(total * 0.45) },
    steadyState: { verdict: 'pass', note: '5 of 5 windows held' },
    outages,
    violatingWindows:
      view.service === 'graph' && view.outage !== null
        ? [{ from_us: goneUs + 4_000_000, to_us: goneUs + 8_000_000, notOk: 14, operations: 200, quantile_us: 141_200 }]
        : [],
    clocks: clocksOf(view, times),
    rto,
    latency: {
      before: phase(inPhase(beforeUs, requestedUs), inPhase(beforeUs, requestedUs), view.medianUs),
      outage: phase(inPhase(requestedUs, upUs), Math.max(0, inPhase(requestedUs, upUs) - notOk), view.medianUs * 2.2),
      'failed-over': phase(inPhase(upUs, overUs), inPhase(upUs, overUs), view.medianUs * 1.4),
      after: phase(inPhase(overUs, lengthUs), inPhase(overUs, lengthUs), view.medianUs * 1.1),
    },
    downtime_us: { lower: lengthOfOutage, upper: view.outage?.upUs === null ? null : lengthOfOutage },
    successRatio: total === 0 ? null : (total - notOk) / total,
  };
}

/** The first site until the outage is over, the second until the first is back. */
function sitesAt(view: ExampleView, t: number, times: ExampleTimes): Record<string, number> {
  const away = view.outage?.upUs != null && t + 500_000 > view.outage.upUs && t < times.goneUs + 90_000_000;
  return away ? { london: view.rate } : { paris: view.rate };
}

/** Buckets of one second that agree with the view's outage. */
export function exampleSeries(view: ExampleView, seed: number, times: ExampleTimes = EXAMPLE_TIMES): Series {
  const random = randomFrom(seed);
  const buckets: Series['buckets'] = [];
  for (let t = times.beforeUs; t + 1_000_000 <= times.lengthUs; t += 1_000_000) {
    const down =
      view.outage !== null && t + 500_000 > view.outage.downUs && t + 500_000 < (view.outage.upUs ?? times.lengthUs);
    const spike =
      !down && view.outage?.upUs != null && t >= view.outage.upUs - 500_000 && t < view.outage.upUs + 4_000_000;
    const info = down ? Math.round(view.rate * 0.3) : 0;
    const over = t > times.effectiveUs && t < times.goneUs ? 1.4 : 1;
    const p50 = Math.round(view.medianUs * over * (0.9 + random() * 0.25) * (spike ? 5 : 1));
    const p95 = Math.round(p50 * (2.2 + random()));
    const p99 = Math.round(p95 * (1.6 + random() * 1.4));
    const max = Math.round(p99 * (1.2 + random() * random() * 9));
    buckets.push({
      t_us: t,
      ok: down ? 0 : view.rate,
      fail: down ? view.rate - info : 0,
      info,
      shed: 0,
      gaps: 0,
      ...(down ? { p50: null, p95: null, p99: null, max: null } : { p50, p95, p99, max }),
      waiting: down ? Math.round((view.rate * view.timeoutUs) / 1_000_000) : 0,
      ...(view.service !== '' && { bySite: sitesAt(view, t, times) }),
    });
  }
  return { probe: view.probe, service: view.service, site: view.site, client: 'outside', buckets };
}
