import type { Abilities, Component, ProcessTarget } from './platform.ts';
import type { LastingKind } from './undo.ts';

/** What an ability leaves in force until it is undone, by the id of the fault that made it. */
export interface Lasting {
  /** Whoever made it. */
  inForce(signal: AbortSignal): Promise<readonly string[]>;
  /** Ends what stands under an id that no fault in the register would undo. */
  mend(id: string, signal: AbortSignal): Promise<void>;
}

/** Whose effect each kind is, and what people call it. Healed in this order: what a database needs to start comes before what starts one. */
const LASTING: {
  readonly [K in LastingKind]: readonly [string, (abilities: Partial<Abilities>) => Lasting | undefined];
} = {
  network: ['rules', ({ network }) => network],
  names: ['failing name servers', ({ names }) => names],
  clock: ['wrong clocks', ({ clocks }) => clocks],
  loop: ['loops', ({ loops }) => loops],
  memory: ['limits of memory', ({ memory }) => memory],
  'disk-speed': ['slow disks', ({ diskSpeed }) => diskSpeed],
  cpu: ['quotas of the processor', ({ cpu }) => cpu],
  disk: ['full disks', ({ disks }) => disks],
  queries: ['queries', ({ queries }) => queries],
  compaction: ['lag of compaction', ({ compaction }) => compaction],
  storage: ['damage', ({ storage }) => storage],
  restore: ['losses of data', ({ data }) => data],
  index: ['corrupt indexes', ({ snapshots }) => snapshots],
  topics: ['topics that are closed', ({ topics }) => topics],
  quota: ['used up quotas', ({ quotas }) => quotas],
  'sign-in': ['clients that are locked out', ({ signIn }) => signIn],
  'restore-test': ['restored copies', ({ restoreTests }) => restoreTests],
};

/** Everything that lasts on a platform until it is undone, with what people call it. */
export function lastingOf(abilities: Partial<Abilities>): readonly (readonly [string, Lasting])[] {
  return Object.values(LASTING).flatMap(([what, of]) => {
    const lasting = of(abilities);
    return lasting ? [[what, lasting] as const] : [];
  });
}

/** What a query does that never ends by itself: keep a core busy, or a worker of the server without one. */
export const QUERY_WORKS = ['computes', 'waits'] as const;
export type QueryWork = (typeof QUERY_WORKS)[number];

/** Queries of one fault at a site's JanusGraph. */
export interface RunawayState {
  readonly id: string;
  readonly site: string;
  /** How many the server works on: it has sent something for each within the last two seconds. */
  readonly evaluating: number;
  /** How many it evaluates at most at the same time. */
  readonly workers: number;
  /** How many it has given up at its own time-out so far (status 598). */
  readonly timedOut: number;
  /** How many ended otherwise so far, and how the last of them did. */
  readonly failed: number;
  readonly lastFailure: string;
  /** No more are sent, and nobody has said yet that the server evaluates none. */
  readonly ending: boolean;
}

/** Queries that never end by themselves, at a site's JanusGraph: when one ends, the next is sent. */
export interface QueryAbility extends Lasting {
  begin(
    id: string,
    what: { readonly site: string; readonly parallel: number; readonly work: QueryWork },
    signal: AbortSignal,
  ): Promise<void>;
  observe(signal: AbortSignal): Promise<readonly RunawayState[]>;
}

/** Of a site whose nodes do not compact by themselves, or do so again and are not through. */
export interface CompactionState {
  readonly id: string;
  readonly site: string;
  /** What each node said last (`nodetool statusautocompaction`): `running`, `not running`, `partially running`; empty: nothing yet. */
  readonly automatic: readonly string[];
  /** Of all nodes, as they said last (`nodetool compactionstats`). */
  readonly pending: number;
  /** SSTables on disk of the table that has most, on any node; Cassandra's own tables apart. `before`: when it began. */
  readonly most: { readonly table: string; readonly sstables: number; readonly before: number };
  readonly flushes: number;
  /** Undone, and not through. */
  readonly ending: boolean;
}

/** Nodes that flush and do not compact. */
export interface CompactionAbility extends Lasting {
  /** The site's nodes compact nothing by themselves and flush so often, until it is undone. */
  hold(id: string, site: string, flushEveryMs: number, signal: AbortSignal): Promise<void>;
  /** What is held, or still catching up. */
  observe(signal: AbortSignal): Promise<readonly CompactionState[]>;
}

/** The memory of a process, where it is in a group of its own (cgroup). */
export interface MemoryState {
  readonly site: string;
  readonly component: Component;
  readonly node: number;
  /** What it may use; null: as much as there is. */
  readonly limitBytes: number | null;
  readonly usedBytes: number;
  /** How often something it asked for had to be found by taking something else from it, since its group was made. */
  readonly reclaims: number;
  /** Processes that the kernel ended for want of memory, since its group was made. */
  readonly killed: number;
}

/** Limits of the memory of processes, each under one fault at a time. */
export interface MemoryAbility extends Lasting {
  /**
   * From now on each process of the target may use this share of what it uses now, or what it cannot give back if that is more: it is not to be killed
   * by the limit itself, but by what it asks for afterwards.
   */
  limit(id: string, target: ProcessTarget, share: number, signal: AbortSignal): Promise<void>;
  observe(signal: AbortSignal): Promise<readonly MemoryState[]>;
}

/** What a node of Cassandra reads from and writes to its disk, where it is in a group of its own (cgroup). */
export interface DiskSpeedState {
  readonly site: string;
  readonly component: Component;
  readonly node: number;
  /** Bytes a second that it may read and write; null: as many as the disk takes. */
  readonly readBps: number | null;
  readonly writeBps: number | null;
  /** Through the disk, since it was limited; where it is not, since its group was made. */
  readonly readBytes: number;
  readonly writtenBytes: number;
  /** Threads that wait for the disk now, and whether any has since it was limited. */
  readonly waiting: number;
  readonly waited: boolean;
}

/** Limits of what processes read from and write to a disk, each under one fault at a time. */
export interface DiskSpeedAbility extends Lasting {
  /** From now on each process of the target reads and writes at most so many bytes a second; null: as many as the disk takes. */
  limit(
    id: string,
    target: ProcessTarget,
    speed: Pick<DiskSpeedState, 'readBps' | 'writeBps'>,
    signal: AbortSignal,
  ): Promise<void>;
  observe(signal: AbortSignal): Promise<readonly DiskSpeedState[]>;
}

/** The processor time of a process, where it is in a group of its own (cgroup). */
export interface CpuState {
  readonly site: string;
  readonly component: Component;
  readonly node: number;
  /** What it may take of one core, all its threads together; null: as much as there is. */
  readonly cores: number | null;
  /** Turns of the kernel since its quota was set; those in which it had to wait for the next; for how long, added up over processors. */
  readonly periods: number;
  readonly throttled: number;
  readonly throttledUs: number;
}

/** Quotas of the processor time of processes, each under one fault at a time. */
export interface CpuAbility extends Lasting {
  /** From now on each process of the target gets at most so much of a core. */
  limit(id: string, target: ProcessTarget, cores: number, signal: AbortSignal): Promise<void>;
  observe(signal: AbortSignal): Promise<readonly CpuState[]>;
}
