import { type LocalConfig, loadLocalConfig, withComponents } from '../platform/local/config.ts';
import type { LoadedScenario } from '../scenario/load.ts';
import { componentsNeeded, needsBackups } from '../scenario/needed-components.ts';
import { REGISTRIES } from './registries.ts';

/** What a platform would be started with for these scenarios: what the file says (absent: the default), and the further components and backups that they need. */
export function configFor(
  file: string | undefined,
  scenarios: readonly Pick<LoadedScenario, 'scenario'>[],
): LocalConfig {
  const components = scenarios.flatMap(({ scenario }) => componentsNeeded(scenario, REGISTRIES));
  const config = withComponents(loadLocalConfig(file), components);
  return scenarios.some(({ scenario }) => needsBackups(scenario)) ? { ...config, backups: 'medusa' } : config;
}

/** Whether a platform is what a configuration says, whatever further components it has, and whether or not it has backups: one that lacks what a scenario needs is refused by its plan. */
export function isOtherThan(up: LocalConfig, wanted: LocalConfig): boolean {
  const same = (config: LocalConfig): string => JSON.stringify({ ...config, components: [], backups: 'none' });
  return same(up) !== same(wanted);
}
