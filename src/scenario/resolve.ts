import { InputError } from '../errors.ts';
import type { PlatformFacts } from '../platform/platform.ts';
import type { PlannedDeclaration } from './drill-file.ts';
import { everyService, loadRate, withLoadRate } from './every-service.ts';
import { expandTimeline, picksAnything } from './expand.ts';
import { type Finding, planFindings } from './findings.ts';
import type { LoadedScenario } from './load.ts';
import { requireComponents } from './needed-components.ts';
import { notMeasuredBy } from './not-measured.ts';
import { resolveObjectives, windowLatency } from './objectives.ts';
import { drawSeed } from './picks.ts';
import { type Plan, type PlannedSite, planSchema, type Service } from './plan.ts';
import { fitProblems, requireAbilities } from './platform-fit.ts';
import { problemsError } from './problem.ts';
import { resolveAfter, resolveFailbackUs } from './recovery.ts';
import type { Registries, Scenario } from './schema.ts';
import { resolveDrivers, resolveTimetables } from './timetables.ts';
import { IN_FLIGHT_LIMIT, inFlightNeeded } from './windows.ts';

interface ResolveInput extends Registries {
  readonly loaded: LoadedScenario;
  readonly platform: PlatformFacts;
  readonly options?: {
    /** Added to the first fault's instant, whole µs. */
    readonly jitterUs?: number;
    /** Of the random picks, in the place of the scenario's own; where there is none, one is drawn. */
    readonly seed?: number | undefined;
    /** Operations of load a second, in the place of the scenario's own; null: those. */
    readonly loadRate?: number | null;
    /** What people declared, from the scenario's drill file; null: nothing. */
    readonly declared?: PlannedDeclaration | null;
  };
}

/** A plan, and what it shows before it runs (no errors among it). */
interface Resolved {
  readonly plan: Plan;
  readonly findings: readonly Finding[];
}

/** The plan of a scenario on a platform: see `resolveScenario`. */
export function resolvePlan(input: ResolveInput): Plan {
  return resolveScenario(input).plan;
}

/**
 * The plan of a scenario on a platform, every default filled in. Pure, but for the seed that it draws where something is to be picked and none is
 * given. An InputError lists everything that does not fit together, with its
 * place in the file; a PlatformError lists every ability that the platform lacks.
 */
export function resolveScenario({ loaded: written, platform, probes, faults, options = {} }: ResolveInput): Resolved {
  const { positions } = written;
  const scenario = withLoadRate(written.scenario, options.loadRate ?? null);
  const loaded = { ...written, scenario };
  requireComponents(scenario, platform, { probes, faults });
  const misfits = [...fitProblems(scenario, platform, { probes, faults }, positions), ...crowded(loaded)];
  if (misfits.length > 0) throw problemsError(misfits);
  requireAbilities(scenario, platform, { faults });

  const jitterUs = checkedJitter(options.jitterUs ?? 0);
  const seed = picksAnything(scenario.timeline) ? (options.seed ?? scenario.seed ?? drawSeed()) : null;
  const { timeline, misfits: unpicked } = expandTimeline(scenario, platform, { faults }, seed ?? 0);
  if (unpicked.length > 0) throw problemsError(unpicked.map(({ path, text }) => positions.atValue(path, text)));
  const { plan, notes } = build(loaded, platform, { probes, faults }, { timeline, seed, jitter_us: jitterUs });
  const findings = [...notes, ...seedFindings(scenario), ...planFindings(plan, { probes, faults })];
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length > 0)
    throw problemsError(
      errors.map(({ path, text }) => positions.atValue(path, text)),
      seed === null ? undefined : `this is what the seed ${seed} picks; another one (--seed) may do`,
    );
  // A probe's settings and parameters come from elsewhere: what is no JSON is a defect, and shows here.
  const { declared } = options;
  const notMeasured = [...otherLoad(written.scenario, scenario), ...plan.notMeasured];
  return { plan: planSchema.parse({ ...plan, notMeasured, ...(declared && { declared }) }), findings };
}

function build(
  { scenario, sha256 }: LoadedScenario,
  platform: PlatformFacts,
  { probes, faults }: Registries,
  { timeline, seed, jitter_us }: Pick<Plan, 'timeline' | 'seed' | 'jitter_us'>,
): { plan: Plan; notes: readonly Finding[] } {
  const objectives = resolveObjectives(scenario);
  const services = resolveServices(scenario, objectives);
  const sites = platform.sites.map(plannedSite);
  const settings = {
    downAfter: scenario.settings.downAfter,
    upAfter: scenario.settings.upAfter,
    floor: scenario.settings.floor,
    sustain_us: scenario.settings.sustain,
    windowOperations: scenario.settings.windowOperations,
  };
  const siteRate = scenario.siteProbes === false ? null : scenario.siteProbes.rate;
  const timetables = resolveTimetables(services, sites, probes, siteRate);
  const { recovery, readBack } = scenario;
  const after = resolveAfter(recovery, { services, settings, objectives, timeline });
  const plan = {
    schema: 'drill/plan/1' as const,
    scenario: {
      name: scenario.name,
      title: scenario.title,
      tier: scenario.tier ?? null,
      hypothesis: scenario.hypothesis,
      tags: scenario.tags,
      dora: scenario.dora ?? null,
      sha256,
    },
    platform: {
      name: platform.name,
      environment: platform.environment,
      sites,
      nodesPerSite: platform.nodesPerSite,
      replicationFactor: platform.replicationFactor,
      versions: { ...platform.versions },
      tuning: { ...platform.tuning },
      abilities: [...platform.abilities],
    },
    settings,
    services,
    timetables,
    failover: {
      after: scenario.failover.after,
      retry_us: scenario.failover.retry,
      halfOpen: scenario.failover.halfOpen,
      failback: scenario.failover.failback,
    },
    retry: resolveRetry(scenario),
    steadyState: { for_us: scenario.steadyState.for, within_us: scenario.steadyState.within },
    timeline,
    backups: resolveBackups(scenario),
    seed,
    recovery: {
      within_us: recovery.within,
      repair: recovery.repair,
      hints_us: recovery.hints,
      after_us: after.afterUs,
      failback: recovery.failback,
      failback_us: recovery.failback ? resolveFailbackUs({ services, settings }) : 0,
    },
    readBack: {
      rate: readBack.rate,
      within_us: readBack.within,
      attempts: readBack.attempts,
      infoSettle_us: readBack.infoSettle,
    },
    detectors: resolveDetectors(scenario),
    promises: resolvePromises(scenario),
    stop: { downtime_us: scenario.stop.downtime ?? null, otherSite_us: scenario.stop.otherSite },
    guard: { lastSite: scenario.guard.lastSite !== undefined },
    integrity: { scan: resolveScan(scenario, platform, probes) },
    canary: {
      rate: scenario.canary.rate,
      outage_us: scenario.canary.outage,
      deleted: scenario.canary.deleted,
    },
    objectives,
    drivers: resolveDrivers(services, timetables, sites, probes),
    jitter_us,
  };
  const struck = scenario.timeline.flatMap(({ fault }) => faults.get(fault.type) ?? []);
  const used = Object.values(services).flatMap(({ probe }) => probes.get(probe) ?? []);
  const probed = new Set<string>(used.map(({ component }) => component));
  const components = new Set(sites.flatMap(({ endpoints }) => Object.keys(endpoints)));
  const unprobed = [...components].filter((component) => !probed.has(component));
  return { plan: { ...plan, notMeasured: notMeasuredBy(plan, struck, used, unprobed) }, notes: after.notes };
}

function resolvePromises({ promises: { detection, normal, backup, restore } }: Scenario): Plan['promises'] {
  return {
    detection_us: detection ?? null,
    normal_us: normal ?? null,
    backup_us: backup ?? null,
    restore_us: restore ?? null,
  };
}

function resolveBackups({ backups }: Scenario): Plan['backups'] {
  const all = Object.entries(backups).map(([name, { at, of, mode, restoreTest }]) => {
    return {
      name,
      at_us: at,
      ...(of === 'opensearch' && { of }),
      mode,
      ...(restoreTest !== undefined && { restoreTest }),
    };
  });
  return all.toSorted((a, b) => a.at_us - b.at_us);
}

function seedFindings({ seed, timeline }: Scenario): readonly Finding[] {
  if (seed === undefined || picksAnything(timeline)) return [];
  return [{ severity: 'note', path: ['seed'], text: 'nothing is picked at random: it changes nothing' }];
}

/** The load of the file was not asked for: what was, cannot show it. */
function otherLoad(written: Scenario, { load }: Scenario): Plan['notMeasured'] {
  const [own, asked] = [loadRate(written), loadRate({ load })];
  if (own === asked) return [];
  return [
    { what: `${own}/s of load, as the scenario has it`, why: `${asked}/s were asked for in its place (--load-rate)` },
  ];
}

function resolveServices(scenario: Scenario, objectives: Plan['objectives']): Record<string, Service> {
  return Object.fromEntries(
    everyService(scenario).map(({ name, service, generator }) => {
      const { probe, sites, client, rate, timeout, params } = service;
      const latency = windowLatency(objectives, name);
      const planned = { probe, sites, client, rate, timeout_us: timeout, latency, params: params as Service['params'] };
      return [name, { ...planned, ...(generator && { generator }) }];
    }),
  );
}

function resolveDetectors({ detectors }: Scenario): Plan['detectors'] {
  const { health, nodetool, alerts } = detectors ?? {};
  return {
    health: health ? { every_us: health.every, timeout_us: health.timeout, failures: health.failures } : null,
    driver: detectors?.driver ?? false,
    nodetool: nodetool ? { every_us: nodetool.every } : null,
    ...(alerts && { alerts: { expect: alerts.expect, deadMan_us: alerts.deadMan } }),
  };
}

/** A scan reads the whole store: on the bank's own graph it wants to be asked for. */
function resolveScan(scenario: Scenario, { environment }: PlatformFacts, probes: Registries['probes']): boolean {
  const { integrity } = scenario;
  const possible = everyService(scenario).some(({ service: { probe } }) => probes.get(probe)?.census);
  return possible && (integrity.scan ?? environment !== 'production');
}

function resolveRetry({ retry }: Scenario): Plan['retry'] {
  return retry ? { retries: retry.retries, base_us: retry.base, max_us: retry.max } : null;
}

function plannedSite({ name, datacenter, endpoints, resolver, objects }: PlatformFacts['sites'][number]): PlannedSite {
  const copied = Object.entries(endpoints).map(([component, list]) => [component, list.map((one) => ({ ...one }))]);
  return {
    name,
    datacenter,
    endpoints: Object.fromEntries(copied),
    ...(resolver !== undefined && { resolver }),
    ...(objects && { objects: Object.fromEntries(Object.entries(objects).map(([key, names]) => [key, [...names]])) }),
  };
}

/** Services with more operations in flight, when nothing answers, than a client process can hold: they would be shed. */
function crowded({ scenario, positions }: Pick<LoadedScenario, 'scenario' | 'positions'>) {
  return everyService(scenario).flatMap(({ path, service: { rate, timeout } }) => {
    const needed = inFlightNeeded(rate, timeout, resolveRetry(scenario));
    if (needed <= IN_FLIGHT_LIMIT) return [];
    const text =
      `expected at most ${IN_FLIGHT_LIMIT} operations in flight when nothing answers, got ${needed} ` +
      `(${rate}/s, each for its timeout and retries): lower the rate or the timeout`;
    return [positions.atValue([...path, 'rate'], text)];
  });
}

function checkedJitter(jitterUs: number): number {
  if (Number.isSafeInteger(jitterUs) && jitterUs >= 0) return jitterUs;
  throw new InputError(`jitter: expected whole microseconds, not negative, got ${jitterUs}`);
}
