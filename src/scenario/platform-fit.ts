import { PlatformError } from '../errors.ts';
import type { AbilityName, PlatformFacts } from '../platform/platform.ts';
import { everyService } from './every-service.ts';
import { didYouMean } from './nearest.ts';
import { isPick } from './picks.ts';
import { OUTSIDE } from './plan.ts';
import type { Positions } from './positions.ts';
import type { Path, Problem } from './problem.ts';
import type { Registries, Scenario } from './schema.ts';

/** What a scenario names that the platform does not have: sites, clients, components. */
export function fitProblems(
  scenario: Scenario,
  platform: PlatformFacts,
  { probes }: Registries,
  positions: Positions,
): readonly Problem[] {
  const { timeline, requires } = scenario;
  const problems: Problem[] = [];
  const sites = platform.sites.map(({ name }) => name);
  const components = [...new Set(platform.sites.flatMap(({ endpoints }) => Object.keys(endpoints)))];
  const oneOf = (path: Path, what: string, value: string, known: readonly string[]): void => {
    if (known.includes(value)) return;
    const text = `expected ${what} of the platform ${platform.name} (${known.join(', ')}), got ${JSON.stringify(value)}`;
    problems.push(positions.atValue(path, `${text}${didYouMean(value, known)}`));
  };
  const has = (path: Path, site: string, component: string): void => {
    const found = platform.sites.find(({ name }) => name === site);
    if (!found || endpointsOf(found, component).length > 0) return;
    problems.push(positions.atValue(path, `expected a site with ${component}, got ${site}, which has none`));
  };

  const settings: Readonly<Record<string, string>> = {
    ...platform.tuning,
    'nodes a site': String(platform.nodesPerSite),
  };
  for (const [setting, wanted] of Object.entries(requires)) {
    const found = Object.hasOwn(settings, setting) ? settings[setting] : undefined;
    if (found === wanted) continue;
    const known = Object.keys(settings);
    const got = found === undefined ? `no such setting${didYouMean(setting, known)}` : JSON.stringify(found);
    problems.push(
      positions.atValue(
        ['requires', setting],
        `expected a platform with ${setting} ${JSON.stringify(wanted)}, got ${got}: on this one the scenario would show nothing; start another (--config)`,
      ),
    );
  }
  for (const { path, service } of everyService(scenario)) {
    service.sites.forEach((site, i) => {
      oneOf([...path, 'sites', i], 'a site', site, sites);
      has([...path, 'sites', i], site, probes.get(service.probe)?.component ?? '');
    });
    if (probes.get(service.probe)?.apart && sites.length > 1)
      problems.push(
        positions.atValue(
          [...path, 'probe'],
          `expected a platform with one site, because the ${service.probe} of each keeps what it was told to itself, got ${sites.join(', ')}: reading back at the others would report a loss of what was never to be there; start another (--config)`,
        ),
      );
    oneOf(
      [...path, 'client'],
      platform.clientPlaces ? 'a place of clients' : 'outside or a site',
      service.client,
      platform.clientPlaces ?? [OUTSIDE, ...sites],
    );
  }
  for (const [i, alert] of (scenario.detectors?.alerts?.expect ?? []).entries())
    oneOf(['detectors', 'alerts', 'expect', i], 'an alert', alert, platform.pager?.alerts ?? [alert]);
  for (const [name, { restoreTest }] of Object.entries(scenario.backups)) {
    if (restoreTest === undefined) continue;
    oneOf(['backups', name, 'restoreTest'], 'a site', restoreTest, sites);
    for (const { path, service } of everyService(scenario)) {
      const component = probes.get(service.probe)?.component;
      if (component === 'cassandra' || component === 'janusgraph') continue;
      problems.push(
        positions.atValue(
          [...path, 'probe'],
          `expected services on Cassandra or JanusGraph where a backup is tested (${name}): nothing else is restored, got ${service.probe}`,
        ),
      );
    }
  }
  for (const [i, { fault }] of timeline.entries()) {
    const at: Path = ['timeline', i, 'fault'];
    const named = everyName([...at, 'site'], fault.site);
    for (const { path, name } of named) oneOf(path, 'a site', name, sites);
    // Three names mean the same in every kind of fault: `from` and `also` other sites, `component` what runs in the site.
    const { from, component, also } = fault.params;
    const others = typeof from === 'string' ? [] : everyName([...at, 'from'], from);
    for (const { path, name } of [...others, ...everyName([...at, 'also'], also)]) {
      oneOf(path, 'a site', name, sites);
      // What is picked is another one in any case.
      if (!isPick(from) && named.some((own) => own.name === name))
        problems.push(positions.atValue(path, "expected another site than the fault's own"));
    }
    for (const { path, name } of everyName([...at, 'component'], component)) {
      if (name === 'all') continue;
      oneOf(path, 'a component', name, components);
      if (components.includes(name)) for (const own of named) has(path, own.name, name);
    }
  }
  return problems;
}

/** Each name that stands at a place: itself, those of a list, those of a list to pick from; none where it is left open. */
function everyName(path: Path, value: unknown): readonly { path: Path; name: string }[] {
  if (isPick(value)) return value.pick === 'any' ? [] : everyName([...path, 'pick'], value.pick);
  if (Array.isArray(value)) return value.map((one, j) => ({ path: [...path, j], name: String(one) }));
  return typeof value === 'string' ? [{ path, name: value }] : [];
}

/** The abilities that a scenario needs, each with what needs it. */
function abilitiesNeeded(
  { timeline, recovery, backups }: Pick<Scenario, 'timeline' | 'recovery' | 'backups'>,
  { faults }: Pick<Registries, 'faults'>,
): ReadonlyMap<AbilityName, readonly string[]> {
  const needed = new Map<AbilityName, string[]>();
  const need = (ability: AbilityName, who: string) => needed.set(ability, [...(needed.get(ability) ?? []), who]);
  for (const { fault } of timeline) {
    const { needs = [], alsoNeeds } = faults.get(fault.type) ?? {};
    const who = `the fault ${fault.type}`;
    for (const ability of [...needs, ...(alsoNeeds?.(fault.params) ?? [])]) need(ability, who);
  }
  for (const { of, restoreTest } of Object.values(backups)) {
    need(of === 'opensearch' ? 'snapshots' : 'backups', 'backups');
    if (restoreTest !== undefined) need('restoreTests', 'restoreTest');
  }
  if (timeline.length > 0 && recovery.repair) need('nodetool', 'recovery.repair');
  return needed;
}

/** A PlatformError that lists every ability the platform lacks, and what needs it. */
export function requireAbilities(
  scenario: Scenario,
  platform: PlatformFacts,
  registries: Pick<Registries, 'faults'>,
): void {
  const lacking = [...abilitiesNeeded(scenario, registries)].filter(
    ([ability]) => !platform.abilities.includes(ability),
  );
  if (lacking.length === 0) return;
  const list = lacking.map(([ability, who]) => {
    const why = platform.lacking?.[ability]?.why;
    return `${ability} (for ${[...new Set(who)].join(', ')}${why === undefined ? '' : `: ${why}`})`;
  });
  const help = lacking.flatMap(([ability]) => platform.lacking?.[ability]?.help ?? []);
  const has = `it has ${platform.abilities.join(', ') || 'no abilities'}; choose a platform that has them, or another fault`;
  throw new PlatformError(`${scenario.name}: the platform ${platform.name} lacks ${list.join(' and ')}`, {
    hint: [...help, ...(help.length < lacking.length ? [has] : [])].join('; '),
  });
}

/** Where clients reach a component of a site; empty when the site has none. */
function endpointsOf(site: PlatformFacts['sites'][number], component: string) {
  return Object.entries(site.endpoints).find(([name]) => name === component)?.[1] ?? [];
}
