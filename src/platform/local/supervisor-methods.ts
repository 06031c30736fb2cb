import type { BackupMode } from '../../history/backup.ts';
import type { QueryWork } from '../lasting.ts';
import type { NameFailure } from '../names.ts';
import type { LineDelay, PacketRule, ProcessTarget } from '../platform.ts';
import type { GraphDamage, TableDamage } from '../storage.ts';
import type { LastingKind, Undo } from '../undo.ts';
import type { Backups } from './backups/backups.ts';
import type { Snapshots } from './backups/snapshots.ts';
import type { ManagedComponent } from './components.ts';
import type { LocalConfig } from './config.ts';
import type { Effects } from './effects.ts';
import type { Holders } from './holders.ts';
import type { Inventory } from './inventory.ts';
import type { Speed } from './io-limits.ts';
import type { Kernel } from './kernel.ts';
import type { Register } from './register.ts';

/** What the methods speak of. */
export interface Supervised {
  readonly config: LocalConfig;
  readonly owned: boolean;
  readonly inventory: Inventory;
  readonly effects: Effects;
  readonly backups: Backups;
  readonly snapshots: Snapshots;
  readonly register: Register;
  readonly holders: Holders;
  readonly kernel: () => Kernel;
  readonly started: () => boolean;
  readonly nodetool: (site: string, args: readonly string[]) => Promise<string>;
  /** What clients sign in with, by environment variable. */
  readonly credentials: () => Readonly<Record<string, string>>;
  readonly template: (directory: string) => Promise<void>;
  readonly stop: () => void;
}

interface OfFault {
  readonly id: string;
}
interface AtSite {
  readonly site: string;
}

/** What a platform that is up can be asked: the table of its connections. Each takes one object, and the connection it came on. */
export function supervisorMethods({
  config,
  owned,
  inventory,
  effects,
  backups,
  snapshots,
  register,
  holders,
  kernel,
  started,
  nodetool,
  credentials,
  template,
  stop,
}: Supervised) {
  const {
    network,
    processes,
    disks,
    clocks,
    names,
    damage,
    queries,
    compaction,
    memory,
    diskSpeed,
    cpu,
    data,
    restoreTests,
    indexes,
    topics,
    quotas,
    signIn,
  } = effects;
  const states = () => inventory.all.map((one) => one.state());
  return {
    status: () => ({
      config,
      kernel: kernel(),
      started: started(),
      components: states(),
      faults: register.list(),
      run: holders.run,
      owned,
    }),
    observe: states,
    logs: () => inventory.all.map((one) => ({ name: one.name.replaceAll(/[ /]/g, '-'), files: one.logs() })),
    nodetool: ({ site, args }: AtSite & { args: readonly string[] }) => nodetool(site, args),

    record: ({ fault, run, undo, ttlMs }: { fault: string; run: string; undo: readonly Undo[]; ttlMs: number }) =>
      register.record(fault, run, undo, ttlMs),
    renew: ({ faults, ttlMs }: { faults: readonly string[]; ttlMs: number }) => register.renew(faults, ttlMs),
    undo: ({ fault }: { fault: string }) => register.undo(fault),
    faults: () => register.list(),
    inForce: ({ kind }: { kind: LastingKind }) => effects.inForce(kind),
    mend: ({ kind, id }: OfFault & { kind: LastingKind }) => effects.mend(kind, id),

    end: ({ graceMs, ...target }: ProcessTarget & { graceMs: number }) => processes.end(target, graceMs),
    pause: (target: ProcessTarget) => processes.pause(target),
    crash: ({
      id,
      graceMs,
      againMs,
      ...target
    }: ProcessTarget & OfFault & { graceMs: number; againMs: number | null }) =>
      processes.crash(id, target, graceMs, againMs),
    starve: ({ id, share, ...target }: ProcessTarget & OfFault & { share: number }) =>
      processes.starve(id, target, share),
    loops: () => processes.list(),

    filter: ({ id, rules }: OfFault & { rules: readonly PacketRule[] }) => network.filter(id, rules),
    narrow: ({ id, site, bitsPerSecond }: OfFault & AtSite & { bitsPerSecond: number }) =>
      network.narrow(id, site, bitsPerSecond),
    delay: ({ id, site, ...how }: OfFault & AtSite & LineDelay) => network.delay(id, site, how),
    drops: ({ id }: OfFault) => network.observe(id),

    fill: ({ id, site }: OfFault & AtSite) => disks.fill(id, site),
    disks: () => disks.observe(),

    corrupt: async ({ id, site, ...table }: OfFault & AtSite & TableDamage) => {
      register.require({ kind: 'storage', params: { id } });
      // Outside its turn: no undo of another waits for it.
      await nodetool(site, ['flush', table.keyspace]);
      await damage.corrupt(id, inventory.of('cassandra', site)[0] as ManagedComponent, table);
    },
    damageGraph: ({ id, site, ...what }: OfFault & AtSite & GraphDamage) => damage.graph(id, site, what),
    damage: ({ id }: OfFault) => damage.observe(id),

    unload: ({ id, site, everyMs }: OfFault & AtSite & { everyMs: number }) => topics.unload(id, site, everyMs),
    topics: () => topics.list(),
    exhaust: ({ id, sites }: OfFault & { sites: readonly string[] }) => quotas.exhaust(id, sites),
    quotas: () => quotas.list(),
    revoke: ({ id, sites }: OfFault & { sites: readonly string[] }) => signIn.revoke(id, sites),
    signIn: ({ sites }: { sites: readonly string[] }) => signIn.observe(sites),
    credentials: () => credentials(),

    failNames: ({ id, site, how }: OfFault & AtSite & { how: NameFailure }) => names.fail(id, site, how),
    names: ({ site }: AtSite) => names.observe(site),

    setClock: ({ id, site, aheadMs }: OfFault & AtSite & { aheadMs: number }) => clocks.set(id, site, aheadMs),
    clocks: ({ site }: AtSite) => clocks.observe(site),

    beginQueries: ({ id, site, parallel, work }: OfFault & AtSite & { parallel: number; work: QueryWork }) =>
      queries.begin(id, site, parallel, work),
    queries: () => queries.list(),

    holdCompaction: ({ id, site, flushEveryMs }: OfFault & AtSite & { flushEveryMs: number }) =>
      compaction.hold(id, site, flushEveryMs),
    compaction: () => compaction.list(),

    limitMemory: ({ id, share, ...target }: ProcessTarget & OfFault & { share: number }) =>
      memory.limit(id, target, share),
    memory: () => memory.observe(),

    limitDisk: ({ id, readBps, writeBps, ...target }: ProcessTarget & OfFault & Speed) =>
      diskSpeed.limit(id, target, { readBps, writeBps }),
    diskSpeed: () => diskSpeed.observe(),

    limitCpu: ({ id, cores, ...target }: ProcessTarget & OfFault & { cores: number }) => cpu.limit(id, target, cores),
    cpu: () => cpu.observe(),

    takeBackup: ({ name, mode }: { name: string; mode: BackupMode }) => backups.take(name, mode),
    takeSnapshot: ({ name }: { name: string }) => snapshots.take(name),
    corruptIndex: ({ id, ...what }: OfFault & AtSite & { index: string; backup: string; places: number }) =>
      indexes.corrupt(id, what),
    corruptIndexes: ({ id }: OfFault) => indexes.observe(id),
    armData: ({ id, sites, backup }: OfFault & { sites: readonly string[]; backup: string }) =>
      data.arm(id, { sites, backup }),
    loseData: ({ id, sites, backup }: OfFault & { sites: readonly string[]; backup: string }) =>
      data.lose(id, { sites, backup }),
    lostData: ({ id }: OfFault) => data.observe(id),
    openRestoreTest: ({ id, site, backup }: OfFault & AtSite & { backup: string }) =>
      restoreTests.open(id, site, backup),

    lock: ({ run }: { run: string }, connection: object) => {
      holders.lock(run, connection);
      damage.forgetSettled();
      data.forgetSettled();
      indexes.forgetSettled();
      backups.newRun();
      snapshots.newRun();
    },
    unlock: (_: unknown, connection: object) => holders.unlock(connection),
    own: (_: unknown, connection: object) => holders.own(connection),
    /** Shuts everything down in order and makes a template of the data; the platform is of no use then. */
    template: ({ template: directory }: { template: string }) => template(directory),
    stop,
  };
}

export type SupervisorMethods = ReturnType<typeof supervisorMethods>;
