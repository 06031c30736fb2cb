import { PlatformError } from '../errors.ts';
import { type FurtherComponent, withNeeds } from '../platform/components.ts';
import type { PlatformFacts } from '../platform/platform.ts';
import { isPick } from './picks.ts';
import type { Registries, Scenario } from './schema.ts';

type Needing = Pick<Scenario, 'services' | 'timeline' | 'detectors' | 'backups'>;

/** What raises alerts, and what notifies of them. */
const MONITORING = ['prometheus', 'alertmanager'] as const;

/** The further components that a scenario needs: behind the probes of its services, named by its faults, struck by them whatever they name, needed by any of these, of what backups are taken, and what raises the alerts that it looks for. It never has to say so itself. */
export function componentsNeeded(
  { services, timeline, detectors, backups }: Needing,
  { probes, faults }: Pick<Registries, 'probes' | 'faults'>,
): readonly FurtherComponent[] {
  const probed = Object.values(services).map(({ probe }) => probes.get(probe)?.component as string | undefined);
  const struck = timeline.flatMap(({ fault: { params } }): readonly unknown[] => {
    const { component } = params;
    return isPick(component) ? [component.pick].flat() : [component];
  });
  const struckAlways = timeline.map(({ fault: { type } }) => faults.get(type)?.on as string | undefined);
  const backedUp = Object.values(backups).map(({ of }) => of as string);
  const needed = [...probed, ...struck, ...struckAlways, ...backedUp, ...(detectors?.alerts ? MONITORING : [])];
  return withNeeds(needed.filter((one) => typeof one === 'string'));
}

/** Whether it takes backups of Cassandra: so does a platform that is started for it. */
export function needsBackups({ backups }: Pick<Scenario, 'backups'>): boolean {
  return Object.values(backups).some(({ of }) => of === 'cassandra');
}

/** A PlatformError when the platform has one of these at no site. */
export function requireComponents(
  scenario: Needing & Pick<Scenario, 'name'>,
  platform: Pick<PlatformFacts, 'name' | 'sites' | 'pager'>,
  registries: Pick<Registries, 'probes' | 'faults'>,
): void {
  const lacking = componentsNeeded(scenario, registries).filter((one) =>
    platform.sites.every(({ endpoints }) => (endpoints[one] ?? []).length === 0),
  );
  if (lacking.length === 0) {
    if (!scenario.detectors?.alerts || platform.pager) return;
    throw new PlatformError(
      `${scenario.name}: detectors.alerts: the platform ${platform.name} does not say where its Alertmanagers notify`,
    );
  }
  throw new PlatformError(`${scenario.name}: the platform ${platform.name} has no ${lacking.join(' and no ')}`, {
    hint: `npm run drill -- platform down: a run starts a platform with what it needs; or have one that stays: npm run drill -- platform up --config FILE, with components: [${lacking.join(', ')}] in it`,
  });
}
