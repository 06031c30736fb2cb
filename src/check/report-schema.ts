import { z } from 'zod';
import { READ_BACK_STAGES } from '../history/operation.ts';
import { objectiveSchema, SERVICE_PHASES } from '../scenario/plan.ts';
import { arrivalsSchema } from './arrivals-schema.ts';
import { backupsSchema } from './backups-schema.ts';
import { doraSchema } from './dora-schema.ts';
import { integritySchema } from './integrity-schema.ts';
import { phaseLatencySchema } from './latency-schema.ts';
import { laterSchema } from './later-schema.ts';
import { loadSchema } from './load-schema.ts';
import { outageSchema } from './outage-schema.ts';
import { lastWriteWinsSchema } from './overwrites-schema.ts';
import { count, us } from './schema-values.ts';

export const VERDICTS = ['pass', 'fail', 'unknown'] as const;
/** `fail` beats `unknown` beats `pass`. */
export type Verdict = (typeof VERDICTS)[number];

const verdict = z.enum(VERDICTS);

/** From `lower` to `upper`, both included; `upper` null: no bound is known. */
const intervalSchema = z.strictObject({ lower: z.number(), upper: z.number().nullable() });
export type Interval = z.infer<typeof intervalSchema>;

const instantSchema = z.strictObject({ notBefore_us: us, notAfter_us: us });
export type Instant = z.infer<typeof instantSchema>;

/** The clocks of RTO, in order. */
export const CLOCKS = [
  'requested',
  'effective',
  'detected',
  'failover decided',
  'first success',
  'SLO restored',
  'reconciled',
  'failed back',
] as const;

const clockSchema = z.strictObject({
  clock: z.enum(CLOCKS),
  /** Null: not reached, or not known; `note` says which and why. */
  at: instantSchema.nullable(),
  /** Who saw it: `harness`, `platform`, `client`, `derived`, `simulated`. */
  observer: z.string(),
  note: z.string(),
});
export type RtoClock = z.infer<typeof clockSchema>;

const rtoSchema = z.strictObject({
  /** `measured`; `none`: never down and no window violates; `open`: not restored when the record ends; `unknown`. */
  state: z.enum(['measured', 'none', 'open', 'unknown']),
  /** From notBefore of `effective` to SLO restored: what objectives are judged on. For `open`: so far. Null for `unknown`. */
  value_us: us.nullable(),
  /** The true one lies within: `lower` counts from notAfter of `effective`. */
  bounds: intervalSchema.nullable(),
  note: z.string(),
});
export type Rto = z.infer<typeof rtoSchema>;

const viewSchema = z.strictObject({
  probe: z.string(),
  /** Empty for a site's own probe. */
  service: z.string(),
  /** Empty for a service's. */
  site: z.string(),
  client: z.string(),
  rate: z.number(),
  timeout_us: us,
  operations: z.strictObject({
    total: count,
    ok: count,
    fail: count,
    info: count,
    shed: count,
    gaps: count,
    reads: count,
    writes: count,
    /** Rows: attempts of all operations. */
    attempts: count,
  }),
  errors: z.record(z.string(), count),
  /** Operations by the site to which they were sent. */
  bySite: z.record(z.string(), count),
  steadyState: z.strictObject({ verdict, note: z.string() }),
  outages: z.array(outageSchema),
  /** Windows that violate outside the outages, in the whole record. */
  violatingWindows: z.array(
    z.strictObject({ from_us: us, to_us: us, notOk: count, operations: count, quantile_us: us.nullable() }),
  ),
  clocks: z.array(clockSchema),
  rto: rtoSchema,
  latency: z.record(z.enum(SERVICE_PHASES), phaseLatencySchema),
  /** Sum of the client-visible outages and of violating windows outside them. `upper` null: an outage is open. */
  downtime_us: intervalSchema,
  /** Share of `ok` among all operations that were to be run, gaps and shed ones included. */
  successRatio: z.number().nullable(),
});
export type View = z.infer<typeof viewSchema>;

const lostKeySchema = z.strictObject({
  key: z.string(),
  probe: z.string(),
  service: z.string(),
  site: z.string(),
  acknowledged_us: us,
  state: z.string(),
});
export type LostKey = z.infer<typeof lostKeySchema>;

const rpoSchema = z.strictObject({
  /** Null: of every service and site probe together. */
  service: z.string().nullable(),
  /** Writes acknowledged before the disaster's notAfter. */
  ledger: count,
  /** At failover. `upper` counts unreadable keys as lost. Null: the stage was not done. */
  lost: intervalSchema.nullable(),
  /** Seconds view at failover, in microseconds. Null: not known. */
  rpo_us: intervalSchema.nullable(),
  /** Latest instant up to which nothing is missing at failover. */
  recoveryPoint_us: us.nullable(),
  byState: z.record(z.string(), count),
  afterRecovery: intervalSchema.nullable(),
  afterRepair: intervalSchema.nullable(),
  stranded: z.strictObject({ total: count, found: count.nullable(), missing: intervalSchema.nullable() }),
  /** After repair, at any site, stranded included: what "no loss" is judged on. */
  lostInAll: intervalSchema.nullable(),
  /** RPO of "no loss": from the earliest to the later of `effective` and the latest lost write. */
  lostInAll_us: intervalSchema.nullable(),
  indeterminate: z.strictObject({ total: count, found: count.nullable(), notFound: count.nullable() }),
  phantom: count.nullable(),
  failback: z.strictObject({ asked: count, found: count.nullable(), missing: intervalSchema.nullable() }).nullable(),
  /** The first 1000 lost writes by acknowledgement, at failover, then those lost in all that are not among them. */
  lostKeys: z.array(lostKeySchema),
  lostKeysOmitted: count,
  note: z.string(),
});
export type Rpo = z.infer<typeof rpoSchema>;

const faultSchema = z.strictObject({
  id: z.string(),
  type: z.string(),
  target: z.string(),
  /** Further sites that it strikes at once; absent: none. */
  also: z.array(z.string()).optional(),
  disaster: z.boolean(),
  requested: instantSchema.nullable(),
  effective: instantSchema.nullable(),
  lapsed: z.array(instantSchema),
  releaseRequested: instantSchema.nullable(),
  gone: instantSchema.nullable(),
  /** What was seen, in one line each. */
  observed: z.strictObject({ effective: z.string(), gone: z.string() }),
  /** How often it was observed while it should hold. */
  observations: count,
});
export type FaultReport = z.infer<typeof faultSchema>;

const objectiveResultSchema = z.strictObject({
  objective: objectiveSchema,
  /** As people say it: `RTO of ledger < 30 min`. */
  statement: z.string(),
  /** `us`; `ratio` for availability (share of the budget consumed); `per_s` for throughput. */
  unit: z.enum(['us', 'ratio', 'per_s']),
  /** What was measured, with its bounds; null: nothing. Judged on the worst end. */
  measured: intervalSchema.nullable(),
  verdict,
  /** Why, in one sentence; never empty when it is not `pass`. */
  reason: z.string(),
});
export type ObjectiveResult = z.infer<typeof objectiveResultSchema>;

const bucketSchema = z.strictObject({
  /** Start of the bucket. */
  t_us: us,
  ok: count,
  fail: count,
  info: count,
  shed: count,
  gaps: count,
  p50: us.nullable(),
  p95: us.nullable(),
  p99: us.nullable(),
  max: us.nullable(),
  /** Operations that were due and had no answer yet at the bucket's end; what had none within its timeout waits no longer. Absent: a report of before it was there. */
  waiting: count.optional(),
  /** Of a service: its operations by the site to which they were sent, gaps left out. Absent: as above. */
  bySite: z.record(z.string(), count).optional(),
});

const seriesSchema = z.strictObject({
  probe: z.string(),
  service: z.string(),
  site: z.string(),
  client: z.string(),
  /** By intended time; latency is the response time of `ok` operations. */
  buckets: z.array(bucketSchema),
});
export type Series = z.infer<typeof seriesSchema>;

/** What a report or a record whose names are masked says of that. */
export const maskedSchema = z.strictObject({
  /** Hex SHA-256 of `manifest.json` of the run whose report it is. */
  originalManifestSha256: z.string(),
  /** Hex SHA-256 over the names and their masks, with a salt: its owner can show them, nobody can guess them. */
  maskSha256: z.string(),
  /** How many different names, addresses and words are masked. */
  names: count,
  /** Members that are left out as a whole, by their path. */
  withheld: z.array(z.string()),
});

/** `report.json`, version 1: everything that any rendering shows. A pure function of the run directory and the harness's version. */
export const reportSchema = z.strictObject({
  schema: z.literal('drill/report/1'),
  harness: z.string(),
  /** Absent: nothing is masked. Else names are, and what is withheld is empty. */
  masked: maskedSchema.optional(),
  run: z.strictObject({
    id: z.string(),
    scenario: z.string(),
    title: z.string(),
    hypothesis: z.string(),
    tier: z.int().nullable(),
    environment: z.string(),
    /** Wall clock of the run's origin, ISO 8601: a label. */
    started: z.string(),
    length_us: us,
    outcome: z.enum(['completed', 'aborted', 'failed']),
    reason: z.string(),
    /** Hash of the last whole event of the journal. */
    journalHead: z.string(),
    /** What is torn, missing or contradictory in the record. A record that contradicts itself is invalid. */
    defects: z.array(z.string()),
  }),
  verdict,
  /** Everything that made the verdict what it is, worst first. */
  reasons: z.array(z.strictObject({ verdict, subject: z.string(), text: z.string() })),
  objectives: z.array(objectiveResultSchema),
  /** What the platform promises beside the objectives; absent: nothing. No part of the verdict. */
  promises: z
    .array(
      z.strictObject({
        promise: z.string(),
        /** 0: at once, which is no time and is neither kept nor broken. */
        promised_us: us,
        measured_us: intervalSchema.nullable(),
        observer: z.string(),
        /** What a stand-in of ours detected keeps no promise: `unknown`. */
        kept: z.enum(['kept', 'broken', 'unknown']),
        note: z.string(),
      }),
    )
    .optional(),
  faults: z.array(faultSchema),
  /** Services first, then the sites' own probes, in the order of the plan. */
  views: z.array(viewSchema),
  /** Absent: the run has no load. */
  load: loadSchema.optional(),
  /** Absent: the plan has no backups. */
  backups: backupsSchema.optional(),
  /** All together first (service null), then each service. */
  rpo: z.array(rpoSchema),
  /** What was acknowledged since the disaster and no stage of RPO asks for at every site; absent: nobody looked. */
  later: laterSchema.optional(),
  /** What last-write-wins did to acknowledged overwrites of registers, each probe that has some; absent: none has. No part of RPO, nor of the verdict. */
  lastWriteWins: z.array(lastWriteWinsSchema).optional(),
  /** How long events were on their way to where they are read, each service that has such; absent: none has. No part of the verdict. */
  arrivals: z.array(arrivalsSchema).optional(),
  /** When the read-back was complete at every site; null: not measured. */
  backlogCleared_us: us.nullable(),
  readBack: z.array(
    z.strictObject({
      stage: z.enum(READ_BACK_STAGES),
      fault: z.string(),
      site: z.string(),
      probe: z.string(),
      counts: z.record(z.string(), count),
      rows: count,
    }),
  ),
  /** Absent: the scenario does not ask for it. */
  integrity: integritySchema.optional(),
  canary: z.strictObject({
    verdict,
    proofs: z.array(
      z.strictObject({
        probe: z.string(),
        client: z.string(),
        loss: z.strictObject({ deleted: count, found: count, wrong: count }),
        outage: z.strictObject({ truth: intervalSchema, measured: intervalSchema.nullable(), error_us: us.nullable() }),
        verdict,
        note: z.string(),
      }),
    ),
  }),
  quality: z.strictObject({
    stalls: z.array(z.strictObject({ client: z.string(), from_us: us, to_us: us, cause: z.string() })),
    clients: z.array(
      z.strictObject({
        client: z.string(),
        lateness_us: z.strictObject({ n: count, p50: us, p99: us, max: us }),
        loop_us: z.strictObject({ n: count, p50: us, p99: us, max: us }),
        gc_us: us,
        cpu_us: us,
        nice: z.int().min(-20).max(19).optional(),
        operations: count,
      }),
    ),
    suspended_us: us,
    clockOffset_us: intervalSchema.nullable(),
    machine: z.strictObject({ steal: z.number(), busy: z.number(), load1: z.number() }).nullable(),
    /** What the verdict is without shed operations and gaps, where it differs. */
    withoutShed: verdict,
  }),
  /** Facts that each report says: replication factor, nodes a site, warm or cold standby, contention. */
  facts: z.array(z.strictObject({ fact: z.string(), value: z.string() })),
  notMeasured: z.array(z.strictObject({ what: z.string(), why: z.string() })),
  /** What an exercise under (EU) 2022/2554 must show; absent in reports of before it was there. */
  dora: doraSchema.optional(),
  timeline: z.strictObject({
    bucket_us: us,
    phases: z.array(z.strictObject({ phase: z.string(), from_us: us, to_us: us })),
    events: z.array(z.strictObject({ at_us: us, type: z.string(), text: z.string() })),
    series: z.array(seriesSchema),
    /** Lost writes by acknowledgement time, per bucket, at failover. */
    lost: z.array(z.strictObject({ t_us: us, lost: count, acknowledged: count })),
  }),
});
export type Report = z.infer<typeof reportSchema>;
