import type { Later, LaterWrites } from '../check/later-schema.ts';
import type { LastWriteWinsReport } from '../check/overwrites-schema.ts';
import type { Report, Rpo, Verdict } from '../check/report-schema.ts';
import { exampleIntegrity } from './testing-integrity.ts';
import { faultsAndTimeline, objectives, rpoRow, SITES, viewsOf } from './testing-parts.ts';
import { EXAMPLE_TIMES, exampleView } from './testing-views.ts';

const { effectiveUs: EFFECTIVE } = EXAMPLE_TIMES;

const OVERWRITES: LastWriteWinsReport = {
  probe: 'register',
  registers: 16,
  acknowledged: 2_750,
  kept: 2_410,
  undone: 312,
  unproven: 28,
  sites: [
    { site: 'paris', acknowledged: 1_830, undone: 0 },
    { site: 'london', acknowledged: 920, undone: 312 },
  ],
  undoneFrom_us: EFFECTIVE + 410_220,
  undoneTo_us: EFFECTIVE + 118_204_112,
  wrongInTheEnd: 3,
  list: [
    {
      key: '7f3a91c2/register.@london.outside/1204',
      register: 10,
      site: 'london',
      acknowledged_us: EFFECTIVE + 410_220,
      read_us: EFFECTIVE + 510_104,
      winner: { key: '7f3a91c2/register.balances.outside/2388', site: 'paris', acknowledged_us: EFFECTIVE - 1_220 },
    },
  ],
  omitted: 311,
};

const ALL_LATER: LaterWrites = {
  service: null,
  during: { acknowledged: 1_204, missing: { lower: 2, upper: 3 } },
  after: { acknowledged: 2_310, missing: { lower: 0, upper: 0 } },
  repeated: 4,
  missing_us: { lower: 18_220, upper: 4_120_441 },
  byState: { absent: 2, present: 3_511, unreadable: 1 },
  missingKeys: [18_220, 36_440, 4_138_661].map((us, index) => ({
    key: `7f3a91c2/cql.ledger.outside/${2_204 + 2 * index}`,
    probe: 'cql',
    service: 'ledger',
    site: 'london',
    acknowledged_us: EFFECTIVE + us,
    state: index === 2 ? 'unreadable' : 'absent',
  })),
};

const LATER: Later = {
  writes: [ALL_LATER, { ...ALL_LATER, service: 'ledger' }],
  places: ['paris', 'london'].map((site) => ({
    site,
    probe: 'cql',
    asked: 3_514,
    again: site === 'paris' ? 41 : 0,
    complete: true,
    counts: site === 'paris' ? { absent: 2, present: 3_511, unreadable: 1 } : { present: 3_514 },
  })),
};

const ARRIVALS: NonNullable<Report['arrivals']>[number] = {
  service: 'ledger',
  firstLook_us: 20_000,
  phases: {
    before: arrivalsOf(600, 0, 0.08),
    outage: arrivalsOf(112, 97, 6.4),
    'failed-over': arrivalsOf(900, 0, 0.11),
    after: arrivalsOf(0, 0, 0),
  },
};

function arrivalsOf(awaited: number, notSeen: number, p95: number): (typeof ARRIVALS)['phases']['before'] {
  const n = awaited - notSeen;
  const at = (share: number): number | null => (n === 0 ? null : Math.round(p95 * share * 1_000_000));
  const elapsed = { n, p50: at(0.5), p90: at(0.9), p95: at(1), p99: at(1.2), p999: at(1.5), max: at(1.6) };
  return { awaited, notSeen, elapsed, longestAwaited_us: notSeen === 0 ? null : 10_018_220 };
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
    promises: [
      {
        promise: 'ledger: detection',
        promised_us: 30_000_000,
        measured_us: { lower: 141_002_113, upper: 141_612_408 },
        observer: 'simulated',
        kept: 'unknown',
        note: 'health check of cassandra (paris): 5 failures in a row, 30 s apart',
      },
      {
        promise: 'cql at paris: back to normal',
        promised_us: 30_000_000,
        measured_us: { lower: 18_220_417, upper: 18_220_417 },
        observer: 'client',
        kept: 'kept',
        note: '',
      },
    ],
    ...faultsAndTimeline(examples, rpo[0] as Rpo, EXAMPLE_TIMES),
    views,
    rpo,
    ...(lost > 0 && { later: LATER, lastWriteWins: [OVERWRITES], arrivals: [ARRIVALS] }),
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
    integrity: exampleIntegrity(lost > 0),
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
