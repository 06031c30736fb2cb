import { join } from 'node:path';
import { messageOf } from '../../errors.ts';
import type { ProcessTarget } from '../platform.ts';
import { doUndo, type LastingKind, type Undo, type UndoTable } from '../undo.ts';
import { apiPassword } from './api.ts';
import { QuotaEffects, SignInEffects } from './api-effects.ts';
import type { Backups } from './backups/backups.ts';
import { DataEffects } from './backups/data-effects.ts';
import { IndexEffects } from './backups/index-effects.ts';
import { type MakeApart, RestoreTests } from './backups/restore-tests.ts';
import type { Snapshots } from './backups/snapshots.ts';
import { ClockEffects } from './clock-effects.ts';
import { CompactionEffects } from './compaction-effects.ts';
import type { LocalConfig } from './config.ts';
import { CpuEffects } from './cpu-effects.ts';
import { Damage } from './damage.ts';
import { DiskEffects } from './disk-effects.ts';
import { DiskSpeedEffects } from './disk-speed-effects.ts';
import type { Inventory } from './inventory.ts';
import { requireDisk } from './io-limits.ts';
import { MemoryEffects } from './memory-effects.ts';
import { MemoryGroups } from './memory-groups.ts';
import { NetworkEffects } from './network-effects.ts';
import { ProcessEffects } from './process-effects.ts';
import type { ProcessGroups } from './process-groups.ts';
import { QueryEffects } from './query-effects.ts';
import type { UndoGuard } from './register.ts';
import { SiteNames } from './site-names.ts';
import { TopicEffects } from './topic-effects.ts';

/** What lasts until it is undone, by the id of the fault that made it. */
export interface LastingEffect {
  inForce(): readonly string[] | Promise<readonly string[]>;
  /** None of this id: nothing to do. */
  undo(id: string): Promise<void> | void;
  /** Ends one that no fault in the register would undo, where its undo alone leaves something behind. */
  mend?(id: string): Promise<void>;
}

/** Standard output of some nodes of a site, or of all, one after the other. */
export type Nodetool = (
  site: string,
  args: readonly string[],
  timeoutMs?: number,
  nodes?: readonly number[],
) => Promise<string>;

/** What the supervisor lends to the effects. */
export interface Surroundings {
  readonly config: LocalConfig;
  readonly inventory: Inventory;
  /** Each effect is made under it. */
  readonly guard: UndoGuard;
  /** Where what is damaged is kept. */
  readonly directory: string;
  /** Null: processes are in no control groups here. */
  readonly groups: ProcessGroups | null;
  /** Processes have clocks that can be set. */
  readonly adjustable: boolean;
  readonly nodetool: Nodetool;
  readonly backups: Backups;
  readonly snapshots: Snapshots;
  readonly makeApart: MakeApart;
  readonly onEvent: (type: string, what: string) => void;
}

/** Everything that can be done to the platform, and how each of it is undone. */
export class Effects {
  readonly network: NetworkEffects;
  readonly processes: ProcessEffects;
  readonly disks: DiskEffects;
  readonly clocks: ClockEffects;
  readonly names: SiteNames;
  readonly damage: Damage;
  readonly queries: QueryEffects;
  readonly compaction: CompactionEffects;
  readonly memory: MemoryEffects;
  readonly diskSpeed: DiskSpeedEffects;
  readonly cpu: CpuEffects;
  readonly data: DataEffects;
  readonly restoreTests: RestoreTests;
  readonly indexes: IndexEffects;
  readonly topics: TopicEffects;
  readonly quotas: QuotaEffects;
  readonly signIn: SignInEffects;
  private readonly lasting: { readonly [K in LastingKind]: LastingEffect };
  private readonly undoes: UndoTable;

  constructor({
    config,
    inventory,
    guard,
    directory,
    groups,
    adjustable,
    nodetool,
    backups,
    snapshots,
    makeApart,
    onEvent,
  }: Surroundings) {
    const { commitLogDisk } = config.cassandra;
    const processes = new ProcessEffects(inventory, guard, onEvent, (site) => this.data.isLost(site));
    const restart = (target: ProcessTarget): Promise<void> => processes.restart(target);
    this.processes = processes;
    this.network = new NetworkEffects(config, guard);
    this.disks = new DiskEffects(inventory, guard, commitLogDisk !== undefined, restart);
    this.clocks = new ClockEffects(inventory, guard, adjustable);
    this.names = new SiteNames(config, guard);
    this.damage = new Damage(config, directory, guard);
    this.queries = new QueryEffects(inventory, guard);
    this.compaction = new CompactionEffects(inventory, guard, nodetool, (problem) =>
      onEvent('defect', messageOf(problem)),
    );
    this.memory = new MemoryEffects(inventory, guard, groups?.has('memory') ? new MemoryGroups(groups) : null);
    this.diskSpeed = new DiskSpeedEffects(inventory, guard, groups, () => requireDisk(directory));
    this.cpu = new CpuEffects(inventory, guard, groups);
    this.data = new DataEffects({
      inventory,
      guard,
      directory: join(directory, 'lost-data'),
      backups,
      start: (target) => processes.startNow(target),
      onRestored: (id) => this.damage.forget(id),
      isDamaged: (id) => this.damage.inForce().includes(id),
    });
    this.restoreTests = new RestoreTests({
      config,
      guard,
      directory: join(directory, 'restore-test'),
      backups,
      make: makeApart,
    });
    this.indexes = new IndexEffects({
      inventory,
      guard,
      directory: join(directory, 'corrupt-indexes'),
      snapshots,
      start: (target) => processes.startNow(target),
      restart,
    });
    this.topics = new TopicEffects(inventory, guard);
    const ofApi = { config, inventory, guard, password: () => apiPassword(directory) };
    this.quotas = new QuotaEffects(ofApi);
    this.signIn = new SignInEffects(ofApi);
    this.lasting = {
      network: this.network,
      loop: this.processes,
      names: this.names,
      queries: this.queries,
      compaction: this.compaction,
      memory: this.memory,
      'disk-speed': this.diskSpeed,
      cpu: this.cpu,
      disk: this.disks,
      storage: this.damage,
      restore: this.data,
      index: this.indexes,
      'restore-test': this.restoreTests,
      topics: this.topics,
      quota: this.quotas,
      'sign-in': this.signIn,
      clock: this.clocks,
    };
    this.undoes = {
      network: ({ id }) => this.network.undo(id),
      loop: ({ id }) => this.processes.undo(id),
      names: ({ id }) => this.names.undo(id),
      queries: ({ id }) => this.queries.undo(id),
      compaction: ({ id }) => this.compaction.undo(id),
      memory: ({ id }) => this.memory.undo(id),
      'disk-speed': ({ id }) => this.diskSpeed.undo(id),
      cpu: ({ id }) => this.cpu.undo(id),
      disk: ({ id }) => this.disks.undo(id),
      storage: ({ id }) => this.damage.undo(id),
      restore: ({ id }) => this.data.undo(id),
      index: ({ id }) => this.indexes.undo(id),
      'restore-test': ({ id }) => this.restoreTests.undo(id),
      topics: ({ id }) => this.topics.undo(id),
      quota: ({ id }) => this.quotas.undo(id),
      'sign-in': ({ id }) => this.signIn.undo(id),
      clock: ({ id }) => this.clocks.undo(id),
      restart,
      processes: (target) => processes.start(target),
    };
  }

  undo(undo: Undo): Promise<void> {
    return doUndo(this.undoes, undo);
  }

  /** The ids under which something of a kind stands, whoever made it. */
  async inForce(kind: LastingKind): Promise<readonly string[]> {
    return this.lasting[kind].inForce();
  }

  /** Ends what no fault in the register would undo. */
  async mend(kind: LastingKind, id: string): Promise<void> {
    const effect = this.lasting[kind];
    await (effect.mend ? effect.mend(id) : effect.undo(id));
  }
}
