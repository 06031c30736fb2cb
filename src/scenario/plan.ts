import { z } from 'zod';
import { BACKUP_MODES } from '../history/backup.ts';
import { plannedDeclarationSchema } from './drill-file.ts';

/** Microseconds, whole, never negative. */
const us = z.int().min(0);
const ratio = z.number().min(0).max(1);
const json: z.ZodType<Json> = z.json();
type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** `before` no fault yet; `outage` from requested to up or gone; `failed-over` until gone; `after` from then on. */
export const SERVICE_PHASES = ['before', 'outage', 'failed-over', 'after'] as const;
export type ServicePhase = (typeof SERVICE_PHASES)[number];

/** `client` of what is on no site. */
export const OUTSIDE = 'outside';

const comparison = z.enum(['<', '<=']);

/** One thing that is judged. `id` is unique in a plan, such as `rto/ledger`. `service` is null where all services are judged together. */
export const objectiveSchema = z.discriminatedUnion('metric', [
  z.strictObject({ id: z.string(), metric: z.literal('rto'), service: z.string(), op: comparison, target_us: us }),
  /** `<= 0` is "no loss" and is judged on lost in all. */
  z.strictObject({
    id: z.string(),
    metric: z.literal('rpo'),
    service: z.string().nullable(),
    op: comparison,
    target_us: us,
  }),
  z.strictObject({
    id: z.string(),
    metric: z.literal('latency'),
    service: z.string(),
    quantile: ratio,
    phase: z.enum(SERVICE_PHASES),
    op: comparison,
    target_us: us,
  }),
  /** Judged on the share of the period's budget, (1 − target) · over_us, that the run's downtime consumed: at most 1. */
  z.strictObject({
    id: z.string(),
    metric: z.literal('availability'),
    service: z.string(),
    target: ratio,
    over_us: us,
  }),
  /** Of all the load together: what was acknowledged, in operations a second. */
  z.strictObject({
    id: z.string(),
    metric: z.literal('throughput'),
    service: z.null(),
    phase: z.enum(SERVICE_PHASES),
    op: z.enum(['>', '>=']),
    /** Operations a second. */
    target: z.number().positive(),
  }),
]);
export type Objective = z.infer<typeof objectiveSchema>;

const latencySlo = z.strictObject({ quantile: ratio, op: comparison, target_us: us });

/** What makes load. */
const generator = z.literal('k6');

const timetableSchema = z.strictObject({
  probe: z.string(),
  /** Empty for a site's own probe. */
  service: z.string(),
  /** Empty for a service's. */
  site: z.string(),
  client: z.string(),
  /** Operations a second. */
  rate: z.number().positive(),
  timeout_us: us.positive(),
  writes: z.array(z.string()),
  params: z.record(z.string(), json),
  /** Who makes its operations; absent: the harness's own clients. */
  generator: generator.optional(),
});
export type Timetable = z.infer<typeof timetableSchema>;

const serviceSchema = z.strictObject({
  probe: z.string(),
  /** In the order in which the client prefers them. */
  sites: z.array(z.string()).min(1),
  client: z.string(),
  rate: z.number().positive(),
  timeout_us: us.positive(),
  /** What a window must meet, beside success; null: success alone. */
  latency: latencySlo.nullable(),
  params: z.record(z.string(), json),
  /** As its timetable's. */
  generator: generator.optional(),
});
export type Service = z.infer<typeof serviceSchema>;

const plannedFaultSchema = z.strictObject({
  /** Unique in the plan: the type and a number, such as `site-loss-1`, or what the scenario calls it. */
  id: z.string(),
  type: z.string(),
  site: z.string(),
  disaster: z.boolean(),
  /** After the end of the steady state. */
  at_us: us,
  /** Held at least so long. */
  for_us: us,
  params: z.record(z.string(), json),
  /** At its end processes are started by who ends it, a stand-in for the platform's own restarter; absent: none is. */
  restarts: z.literal(true).optional(),
  /** Which entry of the scenario's timeline it comes from, from 0; absent: that of its own place. */
  entry: z.int().min(0).optional(),
  /** What was picked by the plan's seed, by field, each with what it was picked among; absent: nothing was. */
  pickedAmong: z.record(z.string(), z.array(z.string())).optional(),
});
export type PlannedFault = z.infer<typeof plannedFaultSchema>;

const siteSchema = z.strictObject({
  name: z.string(),
  /** The Cassandra datacenter of the site. */
  datacenter: z.string(),
  /** Component name → where its clients reach it. */
  endpoints: z.record(
    z.string(),
    z.array(z.strictObject({ host: z.string(), port: z.int(), address: z.string().optional() })),
  ),
  /** Who knows the addresses of hosts that are names; absent: the hosts are addresses, or the machine knows. */
  resolver: z.string().optional(),
  /** Component name → what the platform calls it, such as `context/namespace/StatefulSet/name`. */
  objects: z.record(z.string(), z.array(z.string())).optional(),
});
export type PlannedSite = z.infer<typeof siteSchema>;

/** `plan.json`: a scenario resolved against a platform, with every default filled in. All that check needs beside the records. */
export const planSchema = z.strictObject({
  schema: z.literal('drill/plan/1'),
  scenario: z.strictObject({
    name: z.string(),
    title: z.string(),
    tier: z.int().nullable(),
    hypothesis: z.string(),
    tags: z.array(z.string()),
    dora: z.strictObject({ class: z.string(), function: z.string(), owner: z.string() }).nullable(),
    /** SHA-256 of the scenario file's bytes. */
    sha256: z.string(),
  }),
  platform: z.strictObject({
    name: z.string(),
    /** `laboratory` unless the platform's own configuration says otherwise. */
    environment: z.string(),
    sites: z.array(siteSchema),
    nodesPerSite: z.int(),
    replicationFactor: z.int(),
    versions: z.record(z.string(), z.string()),
    tuning: z.record(z.string(), z.string()),
    abilities: z.array(z.string()),
  }),
  settings: z.strictObject({
    downAfter: z.int().positive(),
    upAfter: z.int().positive(),
    floor: ratio,
    sustain_us: us.positive(),
    windowOperations: z.int().positive(),
  }),
  services: z.record(z.string(), serviceSchema),
  /** Every timetable of the run but the canary's. */
  timetables: z.array(timetableSchema),
  failover: z.strictObject({
    /** Consecutive failures that open the circuit of a site. */
    after: z.int().positive(),
    /** How long an open circuit stays open. */
    retry_us: us.positive(),
    halfOpen: z.int().positive(),
    /** Who moves traffic back to the first site: a person in the phase `failback`, or the client as soon as a trial succeeds. */
    failback: z.enum(['operator', 'automatic']),
  }),
  /** The client's retries of one operation; null: none. */
  retry: z.strictObject({ retries: z.int().positive(), base_us: us, max_us: us }).nullable(),
  steadyState: z.strictObject({ for_us: us, within_us: us }),
  timeline: z.array(plannedFaultSchema),
  /** Of every site, in the order of time. Plans of before there were any have none. */
  backups: z
    .array(
      z.strictObject({
        name: z.string(),
        /** After the end of the steady state. */
        at_us: us,
        /** Absent: of Cassandra. */
        of: z.literal('opensearch').optional(),
        mode: z.enum(BACKUP_MODES),
        /** Of this site it is restored beside the platform at once, and read back; absent: it is not. */
        restoreTest: z.string().optional(),
      }),
    )
    .default([]),
  /** Of every random pick of the timeline; null: nothing is picked. */
  seed: z.int().min(0).nullable().default(null),
  recovery: z.strictObject({
    /** How long each of: the service restored at the survivor, the fault gone, may take before the run gives up waiting. */
    within_us: us,
    repair: z.boolean(),
    /** How long hints may take. */
    hints_us: us,
    /** How long the phase `after` lasts at least. */
    after_us: us,
    failback: z.boolean(),
    failback_us: us,
  }),
  readBack: z.strictObject({
    /** Keys a second, each site and probe. */
    rate: z.number().positive(),
    /** How long one stage may take. */
    within_us: us,
    /** Attempts at an unreadable key. */
    attempts: z.int().positive(),
    /** `info` writes are not judged before this long after the last of them: the longest retry inside the server. */
    infoSettle_us: us,
  }),
  /** Who looks whether something is wrong. Plans of before it was there have none. */
  detectors: z
    .strictObject({
      health: z
        .strictObject({ every_us: us.positive(), timeout_us: us.positive(), failures: z.int().positive() })
        .nullable(),
      driver: z.boolean(),
      nodetool: z.strictObject({ every_us: us.positive() }).nullable(),
      /** Absent: nobody looks for any. */
      alerts: z.strictObject({ expect: z.array(z.string()), deadMan_us: us.positive() }).optional(),
    })
    .default({ health: null, driver: false, nodetool: null }),
  /** What is promised beside the objectives, and no part of the verdict; null: nothing. */
  promises: z
    .strictObject({
      /** 0: at once. */
      detection_us: us.nullable(),
      normal_us: us.positive().nullable(),
      backup_us: us.positive().nullable().default(null),
      restore_us: us.positive().nullable().default(null),
    })
    .default({ detection_us: null, normal_us: null, backup_us: null, restore_us: null }),
  /** What breaks the run off. Plans of before it was there have the defaults. */
  stop: z
    .strictObject({
      /** A service below its level for so long in all; null: no limit. */
      downtime_us: us.positive().nullable(),
      /** A site that no fault strikes silent for so long. */
      otherSite_us: us.positive(),
    })
    .default({ downtime_us: null, otherSite_us: 30_000_000 }),
  /** The scenario says that the last site of a service may be taken. */
  guard: z.strictObject({ lastSite: z.boolean() }).default({ lastSite: false }),
  /** Whether the graph is looked over as a whole, before and after the run. Plans of before it was there do not. */
  integrity: z.strictObject({ scan: z.boolean() }).default({ scan: false }),
  canary: z.strictObject({ rate: z.number().positive(), outage_us: us, deleted: z.int().positive() }),
  objectives: z.array(objectiveSchema),
  /** What people declared before the run, from a drill file; absent: nothing. Part of the criteria that are hashed. */
  declared: plannedDeclarationSchema.optional(),
  /** What each driver was set to: timeouts, reconnection, contact points, policies. */
  drivers: z.record(z.string(), z.record(z.string(), json)),
  /** What this scenario and platform cannot show, said in every report. */
  notMeasured: z.array(z.strictObject({ what: z.string(), why: z.string() })),
  /** Added to the first fault's instant, so that repeated runs meet different phases of everything periodic. */
  jitter_us: us,
});
export type Plan = z.infer<typeof planSchema>;
