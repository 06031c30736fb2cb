import type { LostKey, ObjectiveResult, Report, Rpo, View } from '../check/report-schema.ts';
import { EXAMPLE_TIMES, type ExampleTimes, type ExampleView, exampleSeries } from './testing-views.ts';

const { requestedUs: REQUESTED, effectiveUs: EFFECTIVE, goneUs: GONE } = EXAMPLE_TIMES;
export const SITES = ['paris', 'london', 'dublin'];

/** Two services and a probe of each kind at each of three sites; null: an outage that is open. */
export function viewsOf(ledgerUp: number | null, graphUp: number | null): ExampleView[] {
  const services: ExampleView[] = [
    {
      probe: 'cql',
      service: 'ledger',
      site: '',
      rate: 100,
      medianUs: 2_380,
      timeoutUs: 2_000_000,
      outage: { downUs: EFFECTIVE - 640_000, upUs: ledgerUp },
    },
    {
      probe: 'gremlin',
      service: 'graph',
      site: '',
      rate: 50,
      medianUs: 8_910,
      timeoutUs: 5_000_000,
      outage: { downUs: EFFECTIVE - 640_000, upUs: graphUp },
    },
  ];
  const sites = ['cql', 'gremlin'].flatMap((probe, p): ExampleView[] =>
    SITES.map((site, s) => ({
      probe,
      service: '',
      site,
      rate: 10,
      medianUs: (p === 0 ? 2_100 : 8_300) * (1 + s * 0.4),
      timeoutUs: p === 0 ? 2_000_000 : 5_000_000,
      outage:
        site === 'paris'
          ? { downUs: EFFECTIVE - 600_000, upUs: ledgerUp === null ? null : GONE - 800_000 + p * 3_000_000 }
          : null,
    })),
  );
  return [...services, ...sites];
}

function lostKeys(count: number): LostKey[] {
  return Array.from({ length: Math.min(count, 1000) }, (_, i) => ({
    key: `7f3a91c2/ledger/${4_201 + i}`,
    probe: 'cql',
    service: 'ledger',
    site: 'paris',
    acknowledged_us: REQUESTED - 6_800_000 + i * 11_204,
    state: i % 97 === 5 ? 'corrupt' : 'absent',
  }));
}

/** A row of RPO with so many acknowledged and lost. */
export function rpoRow(service: string | null, ledger: number, lost: number): Rpo {
  const exactly = (n: number): { lower: number; upper: number } => ({ lower: n, upper: n });
  const earliest = REQUESTED - 6_800_000;
  return {
    service,
    ledger,
    lost: exactly(lost),
    rpo_us: exactly(lost === 0 ? 0 : EFFECTIVE - earliest),
    recoveryPoint_us: lost === 0 ? EFFECTIVE : earliest - 1,
    byState: lost === 0 ? { present: ledger } : { present: ledger - lost, absent: lost },
    afterRecovery: exactly(Math.round(lost * 0.1)),
    afterRepair: exactly(0),
    stranded: { total: lost === 0 ? 0 : 61, found: lost === 0 ? 0 : 61, missing: exactly(0) },
    lostInAll: exactly(0),
    lostInAll_us: exactly(0),
    indeterminate: { total: 31, found: 12, notFound: 19 },
    phantom: 0,
    failback: { asked: 5_480, found: 5_480, missing: exactly(0) },
    lostKeys: lostKeys(lost),
    lostKeysOmitted: Math.max(0, lost - 1000),
    note: '',
  };
}

/** One objective of each kind, judged. */
export function objectives(views: readonly View[], rpo: readonly Rpo[]): ObjectiveResult[] {
  const rtoOf = (service: string): ObjectiveResult => {
    const view = views.find((v) => v.service === service);
    const bounds = view?.rto.bounds ?? null;
    const open = view?.rto.state === 'open';
    return {
      objective: { id: `rto/${service}`, metric: 'rto', service, op: '<', target_us: 1_800_000_000 },
      statement: `RTO of ${service} < 30 min`,
      unit: 'us',
      measured: bounds,
      verdict: open ? 'unknown' : 'pass',
      reason: open ? 'the outage is open at the end of the record, and has not lasted as long as the objective' : '',
    };
  };
  const lostRows = rpo[0];
  const lost = (lostRows?.lost?.lower ?? 0) > 0;
  return [
    rtoOf('ledger'),
    rtoOf('graph'),
    {
      objective: { id: 'rpo/ledger', metric: 'rpo', service: 'ledger', op: '<', target_us: 5_000_000 },
      statement: 'RPO of ledger < 5 s',
      unit: 'us',
      measured: rpo[1]?.rpo_us ?? null,
      verdict: lost ? 'fail' : 'pass',
      reason: lost ? 'the earliest lost write was acknowledged 7.51 s before the fault took effect' : '',
    },
    {
      objective: { id: 'no-loss', metric: 'rpo', service: null, op: '<=', target_us: 0 },
      statement: 'no acknowledged write lost in all',
      unit: 'us',
      measured: lostRows?.lostInAll_us ?? null,
      verdict: 'pass',
      reason: '',
    },
    {
      objective: {
        id: 'p95/ledger/after',
        metric: 'latency',
        service: 'ledger',
        quantile: 0.95,
        phase: 'after',
        op: '<',
        target_us: 100_000,
      },
      statement: 'P95 of ledger < 100 ms, after',
      unit: 'us',
      measured: { lower: 7_592, upper: 7_592 },
      verdict: 'pass',
      reason: '',
    },
    {
      objective: {
        id: 'p95/graph/after',
        metric: 'latency',
        service: 'graph',
        quantile: 0.95,
        phase: 'after',
        op: '<',
        target_us: 100_000,
      },
      statement: 'P95 of graph < 100 ms, after',
      unit: 'us',
      measured: { lower: 99_970, upper: 99_970 },
      verdict: 'pass',
      reason: '',
    },
    {
      objective: {
        id: 'availability/ledger',
        metric: 'availability',
        service: 'ledger',
        target: 0.9999,
        over_us: 2_592_000_000_000,
      },
      statement: 'availability of ledger 99.99 % over 30 d',
      unit: 'ratio',
      measured: { lower: 0.0164, upper: 0.0171 },
      verdict: 'pass',
      reason: '',
    },
  ];
}

/** One site lost, and what happened around it. */
export function faultsAndTimeline(
  views: readonly ExampleView[],
  rpo: Rpo,
  times: ExampleTimes,
): Pick<Report, 'faults' | 'timeline'> {
  const at = (us: number, beforeUs = us): { notBefore_us: number; notAfter_us: number } => ({
    notBefore_us: beforeUs,
    notAfter_us: us,
  });
  const phases: [string, number][] = [
    ['canary', 2_000_000],
    ['steady-state', 42_000_000],
    ['before', 72_000_000],
    ['during', 84_311_204],
    ['read-back', 146_000_000],
    ['recovery', 164_000_000],
    ['after', 232_000_000],
    ['failback', 296_000_000],
    ['cleanup', 332_000_000],
  ];
  const events: [number, string, string][] = [
    [REQUESTED, 'fault-requested', 'site-loss-1 on paris'],
    [EFFECTIVE, 'fault-effective', 'site-loss-1: 2 processes gone'],
    [EFFECTIVE + 1_410_000, 'failover', 'ledger: paris to london, 5 failures'],
    [EFFECTIVE + 4_520_000, 'failover', 'graph: paris to london, 5 failures'],
    [163_101_000, 'read-back-done', 'at-failover: london, 942 keys'],
    [164_004_000, 'fault-release-requested', 'site-loss-1'],
    [GONE, 'fault-gone', 'site-loss-1: a write and a read were served in paris'],
    [308_112_400, 'failback', 'ledger: london to paris'],
  ];
  const lost = Array.from({ length: 44 }, (_, i) => {
    const t_us = 42_000_000 + i * 1_000_000;
    const [acknowledged, inLoss] = [21, t_us >= REQUESTED - 7_000_000];
    return { t_us, acknowledged, lost: (rpo.lost?.lower ?? 0) > 0 && inLoss ? 20 : 0 };
  });
  return {
    faults: [
      {
        id: 'site-loss-1',
        type: 'site-loss',
        target: 'paris',
        disaster: true,
        requested: at(REQUESTED),
        effective: at(EFFECTIVE, EFFECTIVE - 690_000),
        lapsed: [],
        releaseRequested: at(164_004_000),
        gone: at(GONE, GONE - 1_004_000),
        observed: {
          effective: 'cassandra (pid 4711) and janusgraph (pid 4790) are gone; the drop rule counted 214 packets',
          gone: 'the rule is not there; a write and a read were served by paris',
        },
        observations: 79,
      },
    ],
    timeline: {
      bucket_us: 1_000_000,
      phases: phases.map(([phase, from_us], i) => ({ phase, from_us, to_us: phases[i + 1]?.[1] ?? times.lengthUs })),
      events: events.map(([at_us, type, text]) => ({ at_us, type, text })),
      series: views.map((view, i) => exampleSeries(view, i + 1)),
      lost,
    },
  };
}
