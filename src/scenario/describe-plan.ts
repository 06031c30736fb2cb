import { formatDuration } from '../duration.ts';
import { expectedPhases } from './expected-duration.ts';
import type { Finding } from './findings.ts';
import type { Objective, Plan, Timetable } from './plan.ts';
import { formatPath } from './problem.ts';
import type { Registries } from './schema.ts';
import { hitAtWorst } from './strikes.ts';
import { struckSites } from './struck-sites.ts';
import { inFlightNeeded } from './windows.ts';

const WIDTH = 100;

/** What `plan NAME` prints: plain text, at most 100 columns, no trailing line break. It looks at the plan alone and touches nothing. */
export function describePlan(plan: Plan, findings: readonly Finding[], registries: Registries): string {
  const { scenario, platform } = plan;
  const tier = scenario.tier === null ? [] : [`Tier ${scenario.tier}. `];
  const sections: [string, readonly string[]][] = [
    [`${scenario.name}: ${scenario.title}`, [`${tier.join('')}${scenario.hypothesis}`]],
    [
      `platform ${platform.name} (${platform.environment})`,
      [
        `sites ${platform.sites.map(({ name, datacenter }) => `${name} (${datacenter})`).join(', ')}`,
        `${platform.nodesPerSite} node(s) a site, ${platform.replicationFactor} cop${platform.replicationFactor === 1 ? 'y' : 'ies'} in each`,
        ...platform.sites.flatMap(({ name, objects = {} }) =>
          Object.entries(objects).map(([component, names]) => `${component} of ${name} is ${names.join(', ')}`),
        ),
        `abilities ${platform.abilities.join(', ') || 'none'}`,
      ],
    ],
    ['services', Object.entries(plan.services).flatMap(([name, one]) => describeService(name, one, plan))],
    ['sites on their own', siteProbes(plan.timetables)],
    ['client policy', [describePolicy(plan)]],
    ...(plan.backups.length > 0 ? [backupSection(plan)] : []),
    ['faults, after the end of the steady state', describeTimeline(plan)],
    ['blast radius', describeBlast(plan, registries)],
    ['breaks off and heals when', describeStop(plan)],
    ['objectives', plan.objectives.map(describeObjective)],
    ...(plan.declared ? [declaredSection(plan.declared)] : []),
    ['drivers', Object.entries(plan.drivers).map(([name, settings]) => `${name}: ${describeSettings(settings)}`)],
    ['expected duration', describeDurations(plan, registries)],
    ['findings', findings.map(({ severity, path, text }) => `${severity}: ${formatPath(path)}: ${text}`)],
    ['not measured', plan.notMeasured.map(({ what, why }) => `${what}: ${why}`)],
  ];
  return sections.map(([title, lines]) => [...wrap(title, ''), ...listed(lines)].join('\n')).join('\n\n');
}

/** What people declare, from the drill file. */
function declaredSection({ sha256, ...said }: NonNullable<Plan['declared']>): [string, readonly string[]] {
  const lines = Object.entries(said).map(
    ([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return ['declared before the run, and hashed with its criteria', [...lines, `drill file: SHA-256 ${sha256}`]];
}

function backupSection({ backups }: Plan): [string, readonly string[]] {
  const lines = backups.map(({ name, at_us, of, mode, restoreTest }) => {
    const test =
      restoreTest === undefined ? '' : `; that of ${restoreTest} is restored beside the platform, and read back`;
    const whose = of === 'opensearch' ? 'OpenSearch at every site' : 'every site';
    return `${formatDuration(at_us)}: ${name}, ${mode}, of ${whose}${test}`;
  });
  const whose = backups.some(({ of }) => of === 'opensearch') ? 'backups' : 'backups of Cassandra';
  return [`${whose}, after the end of the steady state`, lines];
}

/** `RTO of ledger < 30 min`. */
export function describeObjective(objective: Objective): string {
  switch (objective.metric) {
    case 'rto':
      return `RTO of ${objective.service} ${objective.op} ${formatDuration(objective.target_us)}`;
    case 'rpo': {
      const whose = objective.service === null ? 'RPO' : `RPO of ${objective.service}`;
      return objective.target_us === 0
        ? `${whose}: no acknowledged write is lost`
        : `${whose} ${objective.op} ${formatDuration(objective.target_us)}`;
    }
    case 'latency':
      return `P${objective.quantile * 100} of ${objective.service} ${objective.op} ${formatDuration(objective.target_us)} in ${objective.phase}`;
    case 'availability':
      return `availability of ${objective.service} ${percent(objective.target)} over ${formatDuration(objective.over_us)}`;
    case 'throughput':
      return `throughput of the load ${objective.op} ${objective.target}/s in ${objective.phase}`;
  }
}

function describeService(name: string, service: Plan['services'][string], { retry }: Plan): readonly string[] {
  const { probe, sites, client, rate, timeout_us, latency, params, generator } = service;
  const slo =
    latency === null
      ? 'success alone'
      : `P${latency.quantile * 100} ${latency.op} ${formatDuration(latency.target_us)}`;
  return [
    `${name}: ${probe} ${rate}/s${generator ? `, made by ${generator},` : ''} from ${client} to ${sites.join(', then ')}; timeout ${formatDuration(timeout_us)}; windows meet ${slo}; ` +
      `at most ${inFlightNeeded(rate, timeout_us, retry)} in flight${Object.keys(params).length === 0 ? '' : `; ${describeSettings(params)}`}`,
  ];
}

function siteProbes(timetables: readonly Timetable[]): readonly string[] {
  const own = timetables.filter(({ service }) => service === '');
  return own.map(({ probe, site, client, rate, timeout_us }) => {
    return `${site}: ${probe} ${rate}/s from ${client}; timeout ${formatDuration(timeout_us)}`;
  });
}

function describePolicy({ failover, retry }: Plan): string {
  const retries =
    retry === null
      ? 'no retries'
      : `${retry.retries} retries, ${formatDuration(retry.base_us)} doubled each time, at most ${formatDuration(retry.max_us)}`;
  return (
    `the circuit of a site opens after ${failover.after} failures for ${formatDuration(failover.retry_us)}, then ` +
    `${failover.halfOpen} trial; failback by ${failover.failback === 'operator' ? 'an operator' : 'the client itself'}; ${retries}`
  );
}

function describeTimeline({ timeline, jitter_us, seed }: Plan): readonly string[] {
  const late = jitter_us > 0 && timeline.length > 0;
  return [
    ...(late ? [`the first one ${formatDuration(jitter_us)} later than it says here, at random`] : []),
    ...(seed === null ? [] : [`picked at random with the seed ${seed}; the same again: --seed ${seed}`]),
    ...timeline.map(({ id, site, disaster, at_us, for_us, params, pickedAmong = {} }) => {
      const settings = Object.keys(params).length === 0 ? '' : `, ${describeSettings(params)}`;
      const picks = Object.entries(pickedAmong).map(([field, among]) => `${field} picked among ${among.join(', ')}`);
      const picked = picks.length === 0 ? '' : ` (${picks.join('; ')})`;
      return `${formatDuration(at_us)}: ${id} of ${site}${settings}${picked}, for at least ${formatDuration(for_us)}${disaster ? ' (the disaster)' : ''}`;
    }),
  ];
}

/** Who is hit, and who is left. */
function describeBlast({ services, timeline, platform }: Plan, { probes, faults }: Registries): readonly string[] {
  const struck = new Set(timeline.flatMap(struckSites));
  if (struck.size === 0) return ['nothing: there is no fault'];
  const untouched = platform.sites.map(({ name }) => name).filter((name) => !struck.has(name));
  return [
    `struck ${[...struck].join(', ')}; untouched ${untouched.join(', ') || 'none'}`,
    ...Object.entries(services).map(([name, { sites, rate, probe }]) => {
      const { ever, worst } = hitAtWorst(timeline, probes.get(probe)?.component, sites, faults);
      if (ever.length === 0) return `${name}: not hit`;
      const left = sites.filter((site) => !worst.includes(site)).join(', ') || 'no site';
      const what = ever.includes(sites[0] as string)
        ? `${rate}/s of ${sites[0]} hit`
        : `its reserve ${ever.join(', ')} hit`;
      const inTurn = ever.length > worst.length ? `, ${ever.join(' and ')} in turn: at the worst` : ',';
      return `${name}: ${what}${inTurn} ${left} left`;
    }),
  ];
}

function describeStop({ stop, timetables }: Plan): readonly string[] {
  const watched = timetables.some(({ service }) => service === '');
  return [
    ...(watched ? [`a site that no fault strikes answers nothing for ${formatDuration(stop.otherSite_us)}`] : []),
    ...(stop.downtime_us === null
      ? []
      : [`a service is below its level for ${formatDuration(stop.downtime_us)} in all`]),
    'somebody pulls the lever: drill stop REASON',
  ];
}

function describeDurations(plan: Plan, { faults }: Registries): readonly string[] {
  const phases = expectedPhases(plan, faults);
  const total = phases.reduce((sum, { us }) => sum + us, 0);
  const lines = phases.map(
    ({ phase, us, atLeast }) => `${phase}: ${atLeast ? 'at least' : 'about'} ${formatDuration(us)}`,
  );
  return [...lines, `in all: about ${formatDuration(total)}, without starting the platform`];
}

function describeSettings(settings: Readonly<Record<string, unknown>>): string {
  return Object.entries(settings)
    .map(([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}

/** 0.9999 as `99.99 %`: no digit that floating point made. */
function percent(ratio: number): string {
  return `${Number((ratio * 100).toFixed(6))} %`;
}

function listed(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? ['  none'] : lines.flatMap((line) => wrap(line, '  '));
}

/** Lines of at most `WIDTH` columns; what follows the first is indented further. A word longer than a line is cut. */
function wrap(text: string, indent: string): readonly string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(/\s+/).flatMap(pieces)) {
    const joined = line.trim() === '' ? `${line}${word}` : `${line} ${word}`;
    if (joined.length <= WIDTH) line = joined;
    else {
      lines.push(line);
      line = `${indent}    ${word}`;
    }
  }
  return [...lines, line];
}

function pieces(word: string): readonly string[] {
  return word.match(new RegExp(`.{1,${WIDTH - 10}}`, 'gu')) ?? [word];
}
