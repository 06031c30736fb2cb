import { PlatformError } from '../errors.ts';
import type { AbilityName, PlatformFacts } from '../platform/platform.ts';
import { didYouMean } from './nearest.ts';
import { OUTSIDE } from './plan.ts';
import type { Positions } from './positions.ts';
import type { Path, Problem } from './problem.ts';
import type { Registries, Scenario } from './schema.ts';

/** What a scenario names that the platform does not have: sites, clients, components. */
export function fitProblems(
  { services, timeline, requires }: Scenario,
  platform: PlatformFacts,
  { probes }: Registries,
  positions: Positions,
): readonly Problem[] {
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
  for (const [name, { probe, sites: own, client }] of Object.entries(services)) {
    own.forEach((site, i) => {
      oneOf(['services', name, 'sites', i], 'a site', site, sites);
      has(['services', name, 'sites', i], site, probes.get(probe)?.component ?? '');
    });
    oneOf(['services', name, 'client'], 'outside or a site', client, [OUTSIDE, ...sites]);
  }
  for (const [i, { fault }] of timeline.entries()) {
    const at: Path = ['timeline', i, 'fault'];
    oneOf([...at, 'site'], 'a site', fault.site, sites);
    // Two names mean the same in every kind of fault: `from` other sites, `component` what runs in the site.
    const { from, component } = fault.params;
    if (Array.isArray(from)) {
      from.map(String).forEach((other, j) => {
        oneOf([...at, 'from', j], 'a site', other, sites);
        if (other === fault.site)
          problems.push(positions.atValue([...at, 'from', j], "expected another site than the fault's own"));
      });
    }
    if (typeof component === 'string' && component !== 'all') {
      oneOf([...at, 'component'], 'a component', component, components);
      if (components.includes(component)) has([...at, 'component'], fault.site, component);
    }
  }
  return problems;
}

/** The abilities that a scenario needs, each with what needs it. */
function abilitiesNeeded(
  { timeline, recovery }: Pick<Scenario, 'timeline' | 'recovery'>,
  { faults }: Pick<Registries, 'faults'>,
): ReadonlyMap<AbilityName, readonly string[]> {
  const needed = new Map<AbilityName, string[]>();
  const need = (ability: AbilityName, who: string) => needed.set(ability, [...(needed.get(ability) ?? []), who]);
  for (const { fault } of timeline) {
    for (const ability of faults.get(fault.type)?.needs ?? []) need(ability, `the fault ${fault.type}`);
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
  const list = lacking.map(([ability, who]) => `${ability} (for ${[...new Set(who)].join(', ')})`);
  throw new PlatformError(`${scenario.name}: the platform ${platform.name} lacks ${list.join(' and ')}`, {
    hint: `it has ${platform.abilities.join(', ') || 'no abilities'}; choose a platform that has them, or another fault`,
  });
}

/** Where clients reach a component of a site; empty when the site has none. */
function endpointsOf(site: PlatformFacts['sites'][number], component: string) {
  return Object.entries(site.endpoints).find(([name]) => name === component)?.[1] ?? [];
}
