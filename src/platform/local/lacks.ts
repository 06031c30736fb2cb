import type { FurtherComponent } from '../components.ts';
import type { AbilityName, Lack } from '../platform.ts';
import type { LocalConfig } from './config.ts';
import type { Kernel } from './kernel.ts';

/** Why some of its abilities are not there, and what would help. */
export function lacksOf(
  config: LocalConfig,
  { netem, memory, diskSpeed, cpu }: Kernel,
): Partial<Record<AbilityName, Lack>> {
  const start = (file: string): string => `start one that has: --config clusters/local/${file}.yaml`;
  return {
    ...(!config.cassandra.commitLogDisk && {
      disks: { why: 'its commit logs have no disks of their own', help: start('small-disks') },
    }),
    ...(!config.names && {
      names: { why: 'its services have addresses and no names', help: start('host-names') },
    }),
    ...(config.clocks === 'machine' && {
      clocks: { why: 'its processes have the clock of the machine', help: start('skewed-clocks') },
    }),
    ...(netem && { netem }),
    ...(!config.processGroups.includes('memory') && {
      memory: { why: 'its processes are in no groups with a limit of memory', help: start('memory-groups') },
    }),
    ...(config.processGroups.includes('memory') && memory && { memory }),
    ...(!config.processGroups.includes('disk') && {
      diskSpeed: { why: 'its processes are in no groups with a limit of the disk', help: start('slow-disks') },
    }),
    ...(config.processGroups.includes('disk') && diskSpeed && { diskSpeed }),
    ...(!config.processGroups.includes('cpu') && {
      cpu: { why: 'its processes are in no groups with a quota of the processor', help: start('cpu-quotas') },
    }),
    ...(config.processGroups.includes('cpu') && cpu && { cpu }),
    ...lackOfBackups(config),
    ...lackOfComponents(config),
  };
}

function lackOfBackups({ backups, cassandra }: LocalConfig): Partial<Record<AbilityName, Lack>> {
  const lack =
    backups === 'none'
      ? {
          why: 'it has no backups',
          help: 'npm run drill -- platform down: a run starts a platform with what it needs; or have one that stays, with backups: medusa in its file',
        }
      : cassandra.commitLogDisk
        ? { why: 'its commit logs have disks of their own', help: 'start one without commitLogDisk' }
        : null;
  return lack ? { backups: lack, data: lack, restoreTests: lack } : {};
}

function lackOfComponents({ components }: LocalConfig): Partial<Record<AbilityName, Lack>> {
  const lack = (component: FurtherComponent, name: string): Lack => ({
    why: `it has no ${name}`,
    help: `npm run drill -- platform down: a run starts a platform with what it needs; or have one that stays, with components: [${component}] in its file`,
  });
  const api = lack('api', 'Analytics API');
  return {
    ...(!components.includes('opensearch') && { snapshots: lack('opensearch', 'OpenSearch') }),
    ...(!components.includes('pulsar') && { topics: lack('pulsar', 'Pulsar') }),
    ...(!components.includes('api') && { quotas: api, signIn: api }),
  };
}
