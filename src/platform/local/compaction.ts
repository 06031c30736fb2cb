import { setTimeout as sleep } from 'node:timers/promises';
import { PlatformError } from '../../errors.ts';
import type { CompactionState } from '../lasting.ts';
import { countSstables } from './sstables.ts';

/** Of a size-tiered strategy: so many of about one size are made one (Cassandra's default min_threshold). */
const MIN_THRESHOLD = 4;
/** nodetool is a JVM each time, on the machine that is measured. */
const ASK_HELD_MS = 15_000;
const LOOK_MS = 1_000;

/** A site's Cassandra, as this needs it. */
export interface CompactionTarget {
  readonly site: string;
  /** The directories of its nodes. */
  readonly directories: readonly string[];
  /** Standard output, of one node after the other. */
  readonly nodetool: (args: readonly string[]) => Promise<string>;
  /** The processes of its nodes: one that starts anew compacts by itself. */
  readonly pids: () => readonly (number | null)[];
}

interface Entry {
  readonly at: CompactionTarget;
  /** By table, when it began. */
  readonly before: Readonly<Record<string, number>>;
  readonly over: AbortController;
  automatic: readonly string[];
  pending: number;
  flushes: number;
  /** `ending`: its nodes compact by themselves again, and are not through. */
  state: 'held' | 'ending';
  done: Promise<void>;
}

/** Sites whose nodes flush and do not compact, or that catch up. */
export class CompactionLag {
  private readonly entries = new Map<string, Entry>();
  private readonly onProblem: (problem: unknown) => void;
  private readonly lookMs: number;

  /** `onProblem`: a node could not be asked, or told to flush. It is tried again. `lookMs`: how often one is looked at that catches up. */
  constructor(onProblem: (problem: unknown) => void, lookMs = LOOK_MS) {
    this.onProblem = onProblem;
    this.lookMs = lookMs;
  }

  /** Resolves when the nodes have been told not to compact by themselves; they flush every `everyMs` from then on. */
  async hold(id: string, at: CompactionTarget, everyMs: number): Promise<void> {
    if (this.entries.get(id)?.state === 'held') throw new PlatformError(`${id} is in force already`);
    const over = new AbortController();
    const entry: Entry = {
      at,
      before: mostOf(at.directories),
      over,
      automatic: [],
      pending: 0,
      flushes: 0,
      state: 'held',
      done: Promise.resolve(),
    };
    this.entries.set(id, entry);
    const told = at.nodetool(['disableautocompaction']);
    // Its end waits for this as well: what it told a node must not come after what the end tells it.
    entry.done = told.then(
      () => this.pileUp(entry, everyMs),
      () => {},
    );
    await told;
  }

  /**
   * No more flushes; the nodes compact by themselves again, and say so: a PlatformError when one does not. What has piled up is compacted after that, and
   * stays in `list` until it is. One that does not run compacts by itself once it is started.
   */
  async end(id: string): Promise<void> {
    const entry = this.entries.get(id);
    if (entry?.state !== 'held') return;
    entry.over.abort();
    await entry.done;
    const { nodetool, pids, site } = entry.at;
    if (pids().every((pid) => pid === null)) {
      this.entries.delete(id);
      return;
    }
    await nodetool(['enableautocompaction']);
    entry.automatic = parseAutomatic(await nodetool(['statusautocompaction']));
    if (entry.automatic.some((said) => said !== 'running'))
      throw new PlatformError(`${id}: automatic compaction in ${site} is ${entry.automatic.join(', ')}`);
    entry.state = 'ending';
    void this.catchUp(id, entry);
  }

  list(): readonly CompactionState[] {
    return [...this.entries].map(([id, { at, before, automatic, pending, flushes, state }]) => {
      const counts = Object.entries(mostOf(at.directories));
      const [table, sstables] = counts.toSorted(([, a], [, b]) => b - a)[0] ?? ['no table', 0];
      const most = { table, sstables, before: before[table] ?? 0 };
      return { id, site: at.site, automatic, pending, most, flushes, ending: state === 'ending' };
    });
  }

  /** Those that nothing but an undo ends. */
  held(): readonly string[] {
    return [...this.entries].flatMap(([id, { state }]) => (state === 'held' ? [id] : []));
  }

  private async pileUp(entry: Entry, everyMs: number): Promise<void> {
    let askedMs = Number.NEGATIVE_INFINITY;
    let pids = entry.at.pids().join();
    while (!entry.over.signal.aborted) {
      try {
        if (entry.at.pids().join() !== pids) {
          await entry.at.nodetool(['disableautocompaction']);
          pids = entry.at.pids().join();
          askedMs = Number.NEGATIVE_INFINITY;
        }
        await entry.at.nodetool(['flush']);
        entry.flushes += 1;
        if (performance.now() - askedMs > ASK_HELD_MS) {
          await ask(entry);
          askedMs = performance.now();
        }
      } catch (problem) {
        this.onProblem(problem);
      }
      await sleep(everyMs, undefined, { signal: entry.over.signal }).catch(() => {});
    }
  }

  /** Until nothing is pending and no table has many more SSTables than before; asked of the database only when the disk says so. */
  private async catchUp(id: string, entry: Entry): Promise<void> {
    const { directories, pids } = entry.at;
    for (;;) {
      if (pids().every((pid) => pid === null)) break;
      if (isBack(mostOf(directories), entry.before)) {
        const asked = await ask(entry).then(
          () => true,
          (problem: unknown) => {
            this.onProblem(problem);
            return false;
          },
        );
        if (asked && entry.pending === 0 && entry.automatic.every((said) => said === 'running')) break;
      }
      await sleep(this.lookMs);
    }
    if (this.entries.get(id) === entry) this.entries.delete(id);
  }
}

/** No table has as many SSTables more than before as its strategy makes one of. */
function isBack(now: Readonly<Record<string, number>>, before: Readonly<Record<string, number>>): boolean {
  return Object.entries(now).every(([table, count]) => count < (before[table] ?? 0) + MIN_THRESHOLD);
}

/** By table, what the node has that has most. */
function mostOf(directories: readonly string[]): Readonly<Record<string, number>> {
  const most: Record<string, number> = {};
  for (const counts of directories.map(countSstables)) {
    for (const [table, count] of Object.entries(counts)) most[table] = Math.max(most[table] ?? 0, count);
  }
  return most;
}

async function ask(entry: Entry): Promise<void> {
  const { nodetool } = entry.at;
  entry.automatic = parseAutomatic(await nodetool(['statusautocompaction']));
  entry.pending = parsePending(await nodetool(['compactionstats']));
}

/** What each node said to `statusautocompaction`. */
export function parseAutomatic(said: string): readonly string[] {
  return said
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
}

/** The sum of the `pending tasks` of each node, after which 5.0 has no colon and others do. A PlatformError when there is none: no answer is not nothing. */
export function parsePending(said: string): number {
  const found = [...said.matchAll(/^pending tasks:?\s+(\d+)/gm)];
  if (found.length === 0)
    throw new PlatformError(`nodetool compactionstats: expected "pending tasks", got ${said.slice(0, 200)}`);
  return found.reduce((sum, [, tasks]) => sum + Number(tasks), 0);
}
