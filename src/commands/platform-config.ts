import { type LocalConfig, loadLocalConfig, withStores } from '../platform/local/config.ts';
import type { LoadedScenario } from '../scenario/load.ts';
import { needsBackups, storesNeeded } from '../scenario/stores.ts';
import { REGISTRIES } from './registries.ts';

/** What a platform would be started with for these scenarios: what the file says (absent: the default), and the stores and backups that they need beside. */
export function configFor(
  file: string | undefined,
  scenarios: readonly Pick<LoadedScenario, 'scenario'>[],
): LocalConfig {
  const stores = scenarios.flatMap(({ scenario }) => storesNeeded(scenario, REGISTRIES));
  const config = withStores(loadLocalConfig(file), stores);
  return scenarios.some(({ scenario }) => needsBackups(scenario)) ? { ...config, backups: 'medusa' } : config;
}

/** Whether a platform is what a configuration says, whatever further stores it has, and whether or not it has backups: one that lacks what a scenario needs is refused by its plan. */
export function isOtherThan(up: LocalConfig, wanted: LocalConfig): boolean {
  const same = (config: LocalConfig): string => JSON.stringify({ ...config, stores: [], backups: 'none' });
  return same(up) !== same(wanted);
}
