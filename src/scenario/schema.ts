import { z } from 'zod';
import type { FaultType } from '../faults/fault.ts';
import { CANARY_SERVICE } from '../history/operation.ts';
import type { ProbeType } from '../probes/probe.ts';
import { backupsField } from './backup-schema.ts';
import { MAX_ENTRIES, timelineEntry } from './fault-schema.ts';
import { MAX_SEED } from './picks.ts';
import { OUTSIDE, SERVICE_PHASES } from './plan.ts';
import { name, parameters, sentence, siteName, some, text } from './shapes.ts';
import {
  bound,
  duration,
  failures,
  lossBound,
  percentage,
  positiveDuration,
  promisedDuration,
  rate,
  rateBound,
} from './values.ts';

/** What a scenario needs to know of a kind of probe. */
export type KnownProbe = Pick<
  ProbeType,
  'probe' | 'summary' | 'params' | 'component' | 'settings' | 'census' | 'apart' | 'load' | 'notMeasured'
>;
/** What a scenario needs to know of a kind of fault. */
export type KnownFault = Pick<
  FaultType,
  'type' | 'summary' | 'params' | 'needs' | 'alsoNeeds' | 'restarts' | 'only' | 'on' | 'onlyItsEndHelps' | 'notMeasured'
>;

/** Every kind of probe and fault that a scenario may name. */
export interface Registries {
  readonly probes: ReadonlyMap<string, KnownProbe>;
  readonly faults: ReadonlyMap<string, KnownFault>;
}

const serviceName = () => {
  const error = `expected a service's name in lower case such as ledger; ${CANARY_SERVICE} is reserved`;
  return z
    .string({ error })
    .max(60)
    .regex(new RegExp(`^(?!${CANARY_SERVICE}$)[a-z][a-z0-9-]*$`), { error });
};
const count = () => z.int().min(1).max(100_000);

const serviceShape = {
  rate: rate().describe('Operations a second, open loop: 100/s.'),
  timeout: positiveDuration().prefault('2s').describe('Deadline of one attempt.'),
  sites: z.array(siteName()).min(1).describe('In the order in which its clients prefer them.'),
  client: siteName().default(OUTSIDE).describe(`Where its clients are: ${OUTSIDE}, or the name of a site.`),
};

const phase = z.enum(SERVICE_PHASES);
const phases = () =>
  z
    .union([phase, z.array(phase).min(1)], { error: `expected ${SERVICE_PHASES.join(', ')}, or a list of these` })
    .default('after')
    .describe('Where it is judged, one objective each: before the fault, outage, failed-over, after it is gone.');
const latency = (quantile: string) =>
  z
    .strictObject({ target: bound().describe('Such as 100ms: less than that.'), phase: phases() })
    .optional()
    .describe(`${quantile} of the response time of ok operations.`);

const objectivesShape = {
  rto: bound().optional().describe('From effective to SLO restored, for every service: 30m, "< 30m", "<= 30m".'),
  rpo: lossBound().optional().describe('Lost acknowledged writes, in time; 0: none at all, at any site.'),
  p50: latency('Median'),
  p90: latency('90th percentile'),
  p95: latency('95th percentile'),
  p99: latency('99th percentile'),
  availability: z
    .strictObject({
      target: percentage().describe('Such as 99.99%.'),
      over: positiveDuration().prefault('30d').describe('The period of which that is a budget.'),
    })
    .optional()
    .describe("The run's downtime uses at most the period's whole budget."),
};
const oneObjective = z.strictObject(objectivesShape);

const scenarioShape = {
  name: name('a name').describe("Equals the file's name."),
  title: sentence().describe('One line.'),
  tier: z.int().min(1).max(4).optional().describe('Of what it tests: 1 to 4.'),
  tags: z.array(name('a tag')).default([]).describe('To select scenarios by.'),
  hypothesis: sentence().describe('What is expected to be true.'),
  siteProbes: z
    .union([z.literal(false), z.strictObject({ rate: rate().prefault('20/s').describe('For each site.') })])
    .prefault({})
    .describe('Every probe and client of the services also probes every site on its own; false: not.'),
  failover: z
    .strictObject({
      after: failures().prefault('5 failures').describe('Consecutive failures that open the circuit of a site.'),
      retry: positiveDuration().prefault('30s').describe('How long an open circuit stays open.'),
      halfOpen: z.int().min(1).max(100).default(1).describe('Trial calls after that.'),
      failback: z
        .enum(['operator', 'automatic'])
        .default('operator')
        .describe('Who moves traffic back: a person in the phase failback, or the client after a trial that succeeds.'),
    })
    .prefault({})
    .describe("The circuit breaker of the services' clients."),
  retry: z
    .strictObject({
      retries: z.int().min(1).max(10).default(3).describe('Attempts after the first.'),
      base: positiveDuration().prefault('1s').describe('Before the first retry; doubled each time.'),
      max: positiveDuration().prefault('30s').describe('At most between two.'),
    })
    .optional()
    .describe(
      "How often the services' clients try one operation again; absent: never. Site probes and canaries never do.",
    ),
  steadyState: z
    .strictObject({
      for: positiveDuration().prefault('30s').describe('How long it must hold: five windows, at least.'),
      within: positiveDuration().prefault('3m').describe('Given up after this.'),
    })
    .prefault({})
    .describe('What must hold before the first fault.'),
  backups: backupsField,
  recovery: z
    .strictObject({
      within: positiveDuration().prefault('10m').describe('The service at the survivor, and the fault gone: each.'),
      repair: z.boolean().default(true).describe('Repair after the recovery, and read back again.'),
      hints: duration().prefault('60s').describe('How long hints may take: none for 21 s says that none is left.'),
      after: positiveDuration().prefault('15s').describe('How long the phase after lasts; lengthened where too short.'),
      failback: z.boolean().default(true).describe('Move the services back to their first site.'),
    })
    .prefault({})
    .describe('What happens when the faults end.'),
  readBack: z
    .strictObject({
      rate: rate().prefault('1000/s').describe('Keys a second, each site and probe.'),
      within: positiveDuration().prefault('5m').describe('How long one stage may take.'),
      attempts: z.int().min(1).max(20).default(5).describe('At an unreadable key.'),
      infoSettle: duration()
        .prefault('100s')
        .describe(
          "The longest retry inside the server (JanusGraph's storage.write-time): info writes are judged after it.",
        ),
    })
    .prefault({})
    .describe('Reading back every acknowledged write.'),
  integrity: z
    .strictObject({
      scan: z
        .boolean()
        .optional()
        .describe('Absent: where a service writes to the graph, and the environment is not production.'),
    })
    .prefault({})
    .describe("Looking over everything of the probe's in the graph and its indexes, before the run and after it."),
  canary: z
    .strictObject({
      rate: rate().prefault('50/s'),
      outage: positiveDuration().prefault('1s').describe('How long the stub refuses.'),
      deleted: z.int().min(1).max(1_000).default(5).describe("Keys deleted behind the probe's back."),
    })
    .prefault({})
    .describe('The loss and the outage by which every run proves its instrument.'),
  seed: z
    .int()
    .min(0)
    .max(MAX_SEED)
    .optional()
    .describe('Of the random picks of the timeline (--seed overrides it); absent: drawn anew for each run.'),
  requires: z
    .record(text(60), text(200))
    .default({})
    .describe(
      'How the platform must be set, as `plan` shows it, for the scenario to show anything: another one is refused.',
    ),
  detectors: z
    .strictObject({
      health: z
        .strictObject({
          every: positiveDuration().prefault('30s').describe('From one check to the next.'),
          timeout: positiveDuration().prefault('10s').describe('Of one check.'),
          failures: failures().prefault('5 failures').describe('In a row that raise the alarm.'),
        })
        .optional()
        .describe(
          'A health check of every component of every site, as an orchestrator has it: a stand-in (simulated).',
        ),
      driver: z
        .literal(true)
        .optional()
        .describe('What a driver at each other site is told of hosts that are down: the word of their gossip.'),
      nodetool: z
        .strictObject({ every: positiveDuration().prefault('10s').describe('A JVM each time.') })
        .optional()
        .describe('What nodetool status says at another site.'),
      alerts: z
        .strictObject({
          expect: z
            .array(text(100))

            .max(50)
            .describe(
              'Names of the alerts that are to fire, each of which detects the fault; [] for none. Any other is told beside them.',
            ),
          deadMan: positiveDuration()
            .prefault('3m')
            .describe(
              "How long the alert that always fires (Watchdog) may be silent before our stand-in of a dead man's switch (simulated) raises an alarm.",
            ),
        })
        .optional()
        .describe(
          'What Prometheus and Alertmanager of the platform notify whoever is on call of, by the alert rules of the platform.',
        ),
    })
    .optional()
    .describe('Who would notice, and when: the first alarm is the clock "detected".'),
  promises: z
    .strictObject({
      detection: promisedDuration()
        .optional()
        .describe(
          'From the effect to the first alarm: 30s; or at once, which is no time: what was measured is shown beside it.',
        ),
      normal: positiveDuration().optional().describe('From the end of the fault to its site serving as before: 30s.'),
      backup: positiveDuration().optional().describe('How long each backup takes: 2h.'),
      restore: positiveDuration().optional().describe('From the order to restore to everything serving again: 4h.'),
    })
    .prefault({})
    .describe(
      'What the plan of the platform promises beside the objectives; shown beside what was measured, and no part of the verdict.',
    ),
  stop: z
    .strictObject({
      downtime: positiveDuration()
        .optional()
        .describe('A service was below its level for so long in all since the first fault: an error budget.'),
      otherSite: positiveDuration()
        .prefault('30s')
        .describe('A site that no fault strikes has answered nothing for so long.'),
    })
    .prefault({})
    .describe('What breaks a run off, so that it heals at once; as does the lever (drill stop REASON).'),
  guard: z
    .strictObject({
      lastSite: z
        .literal('may be taken')
        .optional()
        .describe('The explicit word without which no fault takes the last site of a service.'),
    })
    .prefault({})
    .describe('What is refused unless it is said here.'),
  settings: z
    .strictObject({
      downAfter: count().default(3).describe('Consecutive operations that are not ok.'),
      upAfter: count().default(10).describe('Consecutive ok operations.'),
      floor: percentage().prefault('95%').describe('Share of ok below which a window fails.'),
      sustain: positiveDuration().prefault('30s').describe('How long a restored SLO must last.'),
      windowOperations: count().default(200).describe('Operations in a window, at least.'),
    })
    .prefault({})
    .describe('Of the measurement; part of the definition of every number.'),
  objectives: z
    .strictObject({
      ...objectivesShape,
      throughput: z
        .strictObject({ target: rateBound().describe('Such as 1000/s: more than that.'), phase: phases() })
        .optional()
        .describe('Operations of all the load together that were acknowledged, a second.'),
      services: z.record(serviceName(), oneObjective).default({}).describe("In one service's place of those above."),
    })
    .describe('What is judged.'),
  dora: z
    .strictObject({
      class: sentence().describe('Of the scenario, such as switchover.'),
      function: sentence().describe('The critical or important function.'),
      owner: text(200).default('').describe('Who answers for it.'),
    })
    .optional()
    .describe('What an evidence report says of the exercise.'),
};

/**
 * The strict schema of a scenario's YAML. Durations become microseconds, rates operations a second, percentages ratios; every default is
 * filled in. An Error (a defect) when a probe's or fault's parameter has the name of a common field.
 */
export function scenarioSchema({ probes, faults }: Registries) {
  const service = ({ probe, params, summary }: KnownProbe) =>
    z
      .strictObject({
        probe: z.literal(probe),
        ...serviceShape,
        ...parameters(params.shape, serviceShape, `probe ${probe}`),
      })
      .describe(summary)
      .transform(({ probe, rate, timeout, sites, client, ...rest }) => {
        return { probe: probe as string, rate, timeout, sites, client, params: rest as Record<string, unknown> };
      });
  const services = [...probes.values()].map(service);
  const loads = [...probes.values()].filter(({ load }) => load).map(service);
  const load = loads.length === 0 ? z.never() : z.discriminatedUnion('probe', some(loads, 'probe'));
  return z
    .strictObject({
      ...scenarioShape,
      services: z
        .record(serviceName(), z.discriminatedUnion('probe', some(services, 'probe')))
        .describe('What clients use: a probe with its sites.'),
      load: z
        .record(serviceName(), load)
        .default({})
        .describe('Load, made by k6 from before the steady state to the end: services as well, each at its own rate.'),
      timeline: z
        .array(timelineEntry(faults))
        .max(MAX_ENTRIES)
        .describe('The faults, in the order of `at`; empty: nothing happens.'),
    })
    .describe('A scenario of drill.');
}

type Output = z.output<ReturnType<typeof scenarioSchema>>;
/** A scenario as it was read: durations in microseconds, rates a second, ratios; every default filled in. */
export type Scenario = Output & { readonly load: Output['services'] };
export type ServiceObjectives = z.output<typeof oneObjective>;
