import { PlatformError } from '../errors.ts';
import type { BackupMode } from '../history/backup.ts';
import { PLATFORM } from '../scenario/fixtures.ts';
import type { Backup, CorruptIndex, LostData, RestoredCopy } from './backups.ts';
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

/** What of a fake platform snapshots have to do with. */
type Indexed = Pick<BackedUp, 'log' | 'taken'> & { readonly corrupted: Map<string, CorruptIndex> };

export const snapshotAbilities = (platform: Indexed) =>
  ({
    snapshots: {
      take: async (name: string): Promise<Backup> => {
        platform.log.push(`take the snapshot ${name}`);
        platform.taken.add(name);
        return { name, mode: 'full', tool: 'Fake 1.0', nodes: [] };
      },
      corrupt: async (
        id: string,
        { places, ...what }: { site: string; index: string; backup: string; places: number },
      ): Promise<void> => {
        if (!platform.taken.has(what.backup)) throw new PlatformError(`there is no backup ${what.backup}`);
        platform.log.push(`corrupt ${places} places of ${what.index} at ${what.site}`);
        const seen = {
          inForce: true,
          damaged: places,
          of: places,
          health: 'red' as const,
          restored: null,
          failure: '',
        };
        platform.corrupted.set(id, { id, ...what, ...seen });
      },
      observe: async (id: string): Promise<CorruptIndex | null> => platform.corrupted.get(id) ?? null,
      inForce: async (): Promise<readonly string[]> =>
        [...platform.corrupted.values()].flatMap((one) => (one.inForce ? [one.id] : [])),
      mend: async (id: string): Promise<void> => endCorruption(platform, id),
    },
  }) satisfies Partial<Abilities>;

/** As a restore does it. */
export function endCorruption(platform: Indexed, id: string): void {
  const index = platform.corrupted.get(id);
  if (!index?.inForce) return;
  const restored = [{ site: index.site, node: 0, files: 7, bytes: 700, copiedUs: 500, startedUs: 800 }];
  platform.corrupted.set(id, { ...index, inForce: false, damaged: 0, health: 'green', restored });
}
