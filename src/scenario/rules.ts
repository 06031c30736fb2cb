import { basename, extname } from 'node:path';
import { WATCHDOG } from '../platform/components.ts';
import { backupProblems } from './backup-rules.ts';
import { everyService } from './every-service.ts';
import { didYouMean } from './nearest.ts';
import type { Positions } from './positions.ts';
import type { Problem } from './problem.ts';
import type { Registries, Scenario, ServiceObjectives } from './schema.ts';
import { timelineProblems } from './timeline-rules.ts';

/** What is wrong with a scenario that is well-formed, whatever platform it will meet. */
export function ruleProblems(scenario: Scenario, registries: Registries, positions: Positions): readonly Problem[] {
  return [
    ...nameProblems(scenario, positions),
    ...serviceProblems(scenario, registries, positions),
    ...loadProblems(scenario, positions),
    ...timelineProblems(scenario, registries, positions),
    ...backupProblems(scenario, registries, positions),
    ...alertProblems(scenario, positions),
    ...objectiveProblems(scenario, positions),
    ...waitProblems(scenario, positions),
  ];
}

/** Alerts that are expected twice, or of which it is the absence that says something. */
function alertProblems({ detectors }: Scenario, positions: Positions): readonly Problem[] {
  const expected = detectors?.alerts?.expect ?? [];
  return expected.flatMap((alert, i) => {
    const at = ['detectors', 'alerts', 'expect', i];
    if (alert === WATCHDOG)
      return [
        positions.atValue(at, `expected another than ${WATCHDOG}, which always fires: deadMan looks for its absence`),
      ];
    return expected.indexOf(alert) === i ? [] : [positions.atValue(at, `expected each alert once, got ${alert} again`)];
  });
}

function nameProblems({ name }: Scenario, positions: Positions): readonly Problem[] {
  const expected = basename(positions.file, extname(positions.file));
  if (name === expected) return [];
  return [
    positions.atValue(['name'], `expected the file's name ${JSON.stringify(expected)}, got ${JSON.stringify(name)}`),
  ];
}

function serviceProblems(scenario: Scenario, { probes }: Registries, positions: Positions): readonly Problem[] {
  if (Object.keys(scenario.services).length === 0)
    return [positions.atValue(['services'], 'expected at least one service, got none')];
  return everyService(scenario).flatMap(({ path, service: { probe, sites, params } }) => [
    ...sites.flatMap((site, i) =>
      sites.indexOf(site) === i
        ? []
        : [positions.atValue([...path, 'sites', i], `expected each site once, got ${site} again`)],
    ),
    // Spreading a shape into the schema leaves the rules between a probe's parameters behind.
    ...(probes.get(probe)?.params.safeParse(params).error?.issues ?? []).map((issue) =>
      positions.atValue([...path, ...issue.path.map(String)], issue.message),
    ),
  ]);
}

function loadProblems({ services, load, objectives }: Scenario, positions: Positions): readonly Problem[] {
  const problems = Object.entries(load).flatMap(([name, { rate }]) => [
    ...(Object.hasOwn(services, name)
      ? [positions.atKey(['load', name], `expected another name than that of a service, got ${name}`)]
      : []),
    ...(Number.isInteger(rate)
      ? []
      : [positions.atValue(['load', name, 'rate'], 'expected a whole number of operations a second')]),
  ]);
  if (objectives.throughput && Object.keys(load).length === 0)
    problems.push(positions.atKey(['objectives', 'throughput'], 'expected no throughput where there is no load'));
  return problems;
}

function objectiveProblems(
  { objectives, services, load, timeline }: Scenario,
  positions: Positions,
): readonly Problem[] {
  const problems: Problem[] = [];
  const { services: own, throughput, ...all } = objectives;
  const groups: [readonly string[], ServiceObjectives][] = [[['objectives'], all]];
  for (const [name, one] of Object.entries(own)) {
    groups.push([['objectives', 'services', name], one]);
    if (!Object.hasOwn(services, name) && !Object.hasOwn(load, name))
      problems.push(
        positions.atKey(
          ['objectives', 'services', name],
          `expected a service of this scenario, got ${JSON.stringify(name)}${didYouMean(name, [...Object.keys(services), ...Object.keys(load)])}`,
        ),
      );
  }
  if (!throughput && groups.every(([, group]) => Object.values(group).every((value) => value === undefined)))
    problems.push(positions.atKey(['objectives'], 'expected at least one objective, got none'));
  if (timeline.length > 0) return problems;
  for (const [path, group] of groups) {
    for (const metric of ['rto', 'rpo'] as const) {
      if (group[metric] !== undefined)
        problems.push(
          positions.atKey([...path, metric], `expected no ${metric} where nothing happens: the timeline is empty`),
        );
    }
    for (const quantile of QUANTILE_KEYS) {
      const phases = group[quantile] === undefined ? [] : [group[quantile].phase].flat();
      if (phases.some((phase) => phase !== 'before'))
        problems.push(
          positions.atKey(
            [...path, quantile],
            'expected phase: before, the only one there is when the timeline is empty',
          ),
        );
    }
  }
  if (throughput && [throughput.phase].flat().some((phase) => phase !== 'before'))
    problems.push(
      positions.atKey(
        ['objectives', 'throughput'],
        'expected phase: before, the only one there is when the timeline is empty',
      ),
    );
  return problems;
}

/** The latency objectives that a scenario may state, with their quantiles. */
export const QUANTILES = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 } as const;
export const QUANTILE_KEYS = Object.keys(QUANTILES) as (keyof typeof QUANTILES)[];

function waitProblems({ steadyState, retry, canary, settings }: Scenario, positions: Positions): readonly Problem[] {
  const problems: Problem[] = [];
  if (steadyState.within < steadyState.for)
    problems.push(positions.atValue(['steadyState', 'within'], 'expected at least as long as steadyState.for'));
  if (retry && retry.max < retry.base)
    problems.push(positions.atValue(['retry', 'max'], 'expected at least as long as retry.base'));
  const refused = Math.floor((canary.outage / 1_000_000) * canary.rate);
  if (refused < settings.downAfter)
    problems.push(
      positions.atKey(
        ['canary'],
        `expected an outage that refuses at least ${settings.downAfter} operations (settings.downAfter), got ${refused}: it would not be seen`,
      ),
    );
  return problems;
}
