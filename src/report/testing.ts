import type { LostKey, ObjectiveResult, Report, Rpo, Verdict, View } from '../check/report-schema.ts';
import { EXAMPLE_TIMES, type ExampleTimes, type ExampleView, exampleSeries, exampleView } from './testing-views.ts';

const { requestedUs: REQUESTED, effectiveUs: EFFECTIVE, goneUs: GONE } = EXAMPLE_TIMES;
const SITES = ['paris', 'london', 'dublin'];

function viewsOf(ledgerUp: number | null, graphUp: number | null): ExampleView[] {
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

function rpoRow(service: string | null, ledger: number, lost: number): Rpo {
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

function objectives(views: readonly View[], rpo: readonly Rpo[]): ObjectiveResult[] {
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

function faultsAndTimeline(
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

function build(lost: number, ledgerUp: number | null, verdict: Verdict): Report {
  const examples = viewsOf(ledgerUp, ledgerUp === null ? null : EFFECTIVE + 9_120_000);
  const views = examples.map((view) => exampleView(view));
  const rpo = [rpoRow(null, 942, lost), rpoRow('ledger', 628, lost), rpoRow('graph', 314, 0)];
  const judged = objectives(views, rpo);
  return {
    schema: 'drill/report/1',
    harness: '0.1.0',
    run: {
      id: '20260131T120000Z-7f3a91c2',
      scenario: 'site-failover',
      title: 'Paris is lost; clients fail over to London, and come back',
      hypothesis:
        'When all of Paris stops at once, London serves within the objective, no acknowledged write is missing beyond the RPO, and nothing is missing anywhere once Paris is back.',
      tier: 1,
      environment: 'laboratory',
      started: '2026-01-31T12:00:00.000Z',
      length_us: EXAMPLE_TIMES.lengthUs,
      outcome: 'completed',
      reason: '',
      journalHead: '9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab',
      defects: [],
    },
    verdict,
    reasons: judged
      .filter((result) => result.verdict !== 'pass')
      .map((result) => ({ verdict: result.verdict, subject: result.statement, text: result.reason })),
    objectives: judged,
    ...faultsAndTimeline(examples, rpo[0] as Rpo, EXAMPLE_TIMES),
    views,
    rpo,
    backlogCleared_us: 292_420_118,
    readBack: (['at-failover', 'after-recovery', 'after-repair', 'after-failback'] as const).flatMap((stage) =>
      (stage === 'at-failover' ? ['london'] : stage === 'after-failback' ? ['paris'] : SITES).map((site) => ({
        stage,
        fault: 'site-loss-1',
        site,
        probe: 'cql',
        rows: 628,
        counts: stage === 'at-failover' && lost > 0 ? { present: 628 - lost, absent: lost } : { present: 628 },
      })),
    ),
    canary: {
      verdict: 'pass',
      proofs: ['cql', 'gremlin'].map((probe) => ({
        probe,
        client: 'outside',
        loss: { deleted: 7, found: 7, wrong: 0 },
        outage: {
          truth: { lower: 2_000_112, upper: 2_000_112 },
          measured: { lower: 1_990_431, upper: 2_008_220 },
          error_us: 8_108,
        },
        verdict: 'pass' as const,
        note: '',
      })),
    },
    quality: {
      stalls: [{ client: 'outside', from_us: 131_400_000, to_us: 131_522_000, cause: 'gc' }],
      clients: [
        {
          client: 'outside',
          lateness_us: { n: 61_200, p50: 84, p99: 1_240, max: 122_000 },
          loop_us: { n: 34_800, p50: 1_060, p99: 2_310, max: 122_400 },
          gc_us: 412_000,
          cpu_us: 18_240_000,
          operations: 61_200,
        },
      ],
      suspended_us: 0,
      clockOffset_us: { lower: -180, upper: 240 },
      machine: { steal: 0.004, busy: 0.61, load1: 3.42 },
      withoutShed: verdict,
    },
    facts: [
      { fact: 'replication factor', value: '1 in each of 3 datacenters' },
      { fact: 'nodes a site', value: '1' },
      { fact: 'standby', value: 'warm: probes visited every site before the fault' },
      { fact: 'consistency', value: 'LOCAL_QUORUM' },
      { fact: 'Cassandra', value: '5.0.6' },
      { fact: 'JanusGraph', value: '1.1.0' },
    ],
    notMeasured: [
      { what: 'loss of what the disk had not synced', why: 'processes are killed, the machine keeps running' },
      { what: 'people', why: 'the failover is the client\u2019s policy; no decision of a person is in the RTO' },
    ],
  };
}

/** Every objective met, nothing lost. */
export function passingReport(): Report {
  return build(0, EFFECTIVE + 2_410_000, 'pass');
}

/** 527 of 942 acknowledged writes lost at failover; the RPO of the ledger is missed. */
export function failingReport(): Report {
  return build(527, EFFECTIVE + 2_410_000, 'fail');
}

/** The read-back was not done, an outage is open, the canary was not found. */
export function unknownReport(): Report {
  const report = build(0, null, 'unknown');
  const unread = report.rpo.map(
    (row): Rpo => ({
      ...row,
      lost: null,
      rpo_us: null,
      recoveryPoint_us: null,
      byState: {},
      afterRecovery: null,
      afterRepair: null,
      lostInAll: null,
      lostInAll_us: null,
      stranded: { total: 61, found: null, missing: null },
      indeterminate: { total: 31, found: null, notFound: null },
      phantom: null,
      failback: null,
      note: 'the stage at-failover was not done',
    }),
  );
  return {
    ...report,
    rpo: unread,
    objectives: report.objectives.map((result) =>
      result.objective.metric === 'rpo'
        ? { ...result, measured: null, verdict: 'unknown', reason: 'the writes were not read back' }
        : result,
    ),
    reasons: [
      { verdict: 'unknown', subject: 'canary', text: 'the instrument did not find 2 of the 7 rows that were deleted' },
      ...report.reasons,
    ],
    canary: {
      verdict: 'unknown',
      proofs: report.canary.proofs.map((proof) => ({
        ...proof,
        loss: { deleted: 7, found: 5, wrong: 0 },
        verdict: 'unknown',
        note: '2 deleted rows were not found to be lost',
      })),
    },
    readBack: [],
    backlogCleared_us: null,
    timeline: { ...report.timeline, lost: [] },
  };
}

/** Stopped by a person while the fault was in force; some keys could not be read. */
export function abortedReport(): Report {
  const report = build(12, EFFECTIVE + 2_410_000, 'unknown');
  return {
    ...report,
    run: {
      ...report.run,
      outcome: 'aborted',
      reason: 'SIGINT',
      defects: ['history.csv: the last row is torn and was ignored'],
    },
    rpo: report.rpo.map((row, i) =>
      i < 2
        ? {
            ...row,
            lost: { lower: 12, upper: 40 },
            byState: { present: row.ledger - 40, absent: 12, unreadable: 28 },
            lostInAll: null,
            lostInAll_us: null,
          }
        : row,
    ),
    reasons: [{ verdict: 'unknown', subject: 'run', text: 'aborted: SIGINT' }, ...report.reasons],
    faults: report.faults.map((fault) => ({
      ...fault,
      gone: null,
      observed: { ...fault.observed, gone: '' },
      lapsed: [{ notBefore_us: 120_000_000, notAfter_us: 121_000_000 }],
    })),
  };
}

/** A run that ended before it had begun: nothing of anything. */
export function emptyReport(): Report {
  const report = build(0, null, 'unknown');
  return {
    ...report,
    run: { ...report.run, outcome: 'failed', reason: 'the platform stopped', hypothesis: '', tier: null, length_us: 0 },
    reasons: [],
    objectives: [],
    faults: [],
    views: [],
    rpo: [],
    backlogCleared_us: null,
    readBack: [],
    facts: [],
    notMeasured: [],
    canary: { verdict: 'unknown', proofs: [] },
    quality: { stalls: [], clients: [], suspended_us: 0, clockOffset_us: null, machine: null, withoutShed: 'unknown' },
    timeline: { bucket_us: 1_000_000, phases: [], events: [], series: [], lost: [] },
  };
}

/** Text that would break out of HTML, SVG, XML, a terminal, or a template, if any place forgot to escape it. */
export const HOSTILE = `<script>alert(1)</script>]]>"'&{b}{a|x}\u001b[31m\u0000\ud800<img src=x onerror=alert(2)>`;

/** A report in which every text that comes from outside is hostile. */
export function hostileReport(): Report {
  const report = failingReport();
  const named = <T extends { service: string; site: string; probe: string }>(row: T): T => ({
    ...row,
    probe: HOSTILE,
    ...(row.service === '' ? { site: HOSTILE } : { service: HOSTILE }),
  });
  return {
    ...report,
    run: {
      ...report.run,
      id: HOSTILE,
      scenario: HOSTILE,
      title: HOSTILE,
      hypothesis: HOSTILE,
      environment: HOSTILE,
      reason: HOSTILE,
      started: HOSTILE,
      journalHead: HOSTILE,
      defects: [HOSTILE],
    },
    reasons: [{ verdict: 'fail', subject: HOSTILE, text: HOSTILE }],
    objectives: report.objectives.map((result) => ({
      ...result,
      objective: { ...result.objective, id: `${HOSTILE}${result.objective.id}`, service: HOSTILE },
      statement: HOSTILE,
      reason: HOSTILE,
    })),
    faults: report.faults.map((fault) => ({
      ...fault,
      id: HOSTILE,
      type: HOSTILE,
      target: HOSTILE,
      observed: { effective: HOSTILE, gone: HOSTILE },
    })),
    views: report.views.map((view) => ({
      ...named(view),
      client: HOSTILE,
      errors: { [HOSTILE]: 3 },
      bySite: { [HOSTILE]: 4 },
      outages: view.outages.map((outage) => ({ ...outage, errors: { [HOSTILE]: 3 } })),
    })),
    rpo: report.rpo.map((row) => ({
      ...row,
      service: row.service === null ? null : HOSTILE,
      byState: { [HOSTILE]: 1 },
      note: HOSTILE,
      lostKeys: row.lostKeys.slice(0, 3).map((key) => ({ ...named(key), key: HOSTILE, state: HOSTILE })),
    })),
    readBack: report.readBack.map((row) => ({
      ...row,
      fault: HOSTILE,
      site: HOSTILE,
      probe: HOSTILE,
      counts: { [HOSTILE]: 1 },
    })),
    canary: {
      ...report.canary,
      proofs: report.canary.proofs.map((proof) => ({ ...proof, probe: HOSTILE, client: HOSTILE, note: HOSTILE })),
    },
    quality: {
      ...report.quality,
      stalls: report.quality.stalls.map((stall) => ({ ...stall, client: HOSTILE, cause: HOSTILE })),
      clients: report.quality.clients.map((client) => ({ ...client, client: HOSTILE })),
    },
    facts: [{ fact: HOSTILE, value: HOSTILE }],
    notMeasured: [{ what: HOSTILE, why: HOSTILE }],
    timeline: {
      ...report.timeline,
      phases: report.timeline.phases.map((p) => ({ ...p, phase: HOSTILE })),
      events: report.timeline.events.map((e) => ({ ...e, type: HOSTILE, text: HOSTILE })),
      series: report.timeline.series.map(named),
    },
  };
}

/** Every example by its name. */
export function exampleReports(): Record<string, Report> {
  return {
    passing: passingReport(),
    failing: failingReport(),
    unknown: unknownReport(),
    aborted: abortedReport(),
    empty: emptyReport(),
    hostile: hostileReport(),
  };
}
