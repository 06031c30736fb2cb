import { PlatformError } from '../errors.ts';
import type { BackupMode } from '../history/backup.ts';
import { PLATFORM } from '../scenario/fixtures.ts';
import type { Backup, LostData, RestoredCopy } from './backups.ts';
import { DATABASES } from './components.ts';
import type { Abilities, Component, ComponentState, Endpoint } from './platform.ts';

/** What of a fake platform backups have to do with. */
export interface BackedUp {
  readonly log: string[];
  readonly taken: Set<string>;
  readonly lost: Map<string, LostData>;
  readonly copied: Map<string, string>;
  readonly damaged: Map<string, number>;
  set(site: string, components: readonly Component[], state: ComponentState['state']): void;
  copyData(name: string): void;
  openCopy(name: string, site: string): Promise<Endpoint>;
  closeCopy(id: string): void;
  putData(sites: readonly string[], name: string | null): void;
}

export const backupAbilities = (platform: BackedUp) =>
  ({
    backups: {
      take: async (name: string, mode: BackupMode): Promise<Backup> => {
        platform.log.push(`take the backup ${name}`);
        platform.copyData(name);
        platform.taken.add(name);
        const nodes = PLATFORM.sites.map(({ name: site }) => ({ site, node: 0, files: 7, bytes: 700, tookUs: 900 }));
        return { name, mode, tool: 'Fake 1.0', nodes };
      },
    },
    restoreTests: {
      open: async (id: string, { site, backup }: { site: string; backup: string }): Promise<RestoredCopy> => {
        if (!platform.taken.has(backup)) throw new PlatformError(`there is no backup ${backup}`);
        platform.log.push(`restore ${backup} of ${site} beside the platform`);
        platform.copied.set(id, site);
        const endpoint = await platform.openCopy(backup, site);
        const nodes = [{ site, node: 0, files: 7, bytes: 700, copiedUs: 500, startedUs: 800 }];
        return {
          client: 'isolated',
          endpoints: { cassandra: [endpoint], janusgraph: [endpoint] },
          nodes,
          graphUs: 900,
        };
      },
      ...{ inForce: async () => [...platform.copied.keys()], mend: async (id: string) => platform.closeCopy(id) },
    },
    data: {
      arm: async (id: string, { sites, backup }: { sites: readonly string[]; backup: string }): Promise<void> => {
        if (!platform.taken.has(backup)) throw new PlatformError(`there is no backup ${backup}`);
        platform.log.push(`arm the restore of ${sites.join(' ')} from ${backup}`);
        const of = sites.length;
        platform.lost.set(id, { id, sites, backup, inForce: true, empty: 0, of, restored: null, failure: '' });
      },
      lose: async (id: string, { sites, backup }: { sites: readonly string[]; backup: string }): Promise<void> => {
        if (!platform.taken.has(backup)) throw new PlatformError(`there is no backup ${backup}`);
        platform.log.push(`lose the data of ${sites.join(' ')}`);
        for (const site of sites) platform.set(site, DATABASES, 'stopped');
        platform.putData(sites, null);
        const of = sites.length;
        platform.lost.set(id, { id, sites, backup, inForce: true, empty: of, of, restored: null, failure: '' });
      },
      observe: async (id: string): Promise<LostData | null> => platform.lost.get(id) ?? null,
      inForce: async (): Promise<readonly string[]> =>
        [...platform.lost.values()].flatMap((one) => (one.inForce ? [one.id] : [])),
      mend: async (id: string): Promise<void> => endLoss(platform, id, platform.lost.get(id)?.sites ?? []),
    },
  }) satisfies Partial<Abilities>;

/** As a restore does it: the sites have what their backup has, and serve. */
export function endLoss(platform: BackedUp, id: string, sites: readonly string[]): void {
  const lost = platform.lost.get(id);
  const restored = sites.map((site) => ({ site, node: 0, files: 7, bytes: 700, copiedUs: 500, startedUs: 800 }));
  if (lost?.inForce) {
    platform.lost.set(id, { ...lost, inForce: false, empty: 0, restored });
    platform.putData(sites, lost.backup);
    platform.damaged.delete(id);
  }
  for (const site of sites) platform.set(site, DATABASES, 'ready');
}
