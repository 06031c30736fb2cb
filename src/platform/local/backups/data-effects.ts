import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, PlatformError } from '../../../errors.ts';
import type { LostData, NodeRestore } from '../../backups.ts';
import type { ProcessTarget } from '../../platform.ts';
import type { Undo } from '../../undo.ts';
import type { ManagedComponent } from '../components.ts';
import type { LastingEffect } from '../effects.ts';
import type { Inventory } from '../inventory.ts';
import { Kept } from '../kept.ts';
import type { UndoGuard } from '../register.ts';
import { Turns } from '../turns.ts';
import { type Backups, microsecondsSince } from './backups.ts';

/** Everything that a node of Cassandra keeps on its disk. */
const DIRECTORIES = ['data', 'commitlog', 'hints', 'saved', 'cdc'] as const;
const DATA_FILE = '-Data.db';

interface Lost {
  readonly sites: readonly string[];
  readonly backup: string;
}

/** What is lent to it. */
export interface DataSurroundings {
  readonly inventory: Inventory;
  readonly guard: UndoGuard;
  /** Where it keeps what is in force. */
  readonly directory: string;
  readonly backups: Pick<Backups, 'verify' | 'restore'>;
  readonly start: (target: ProcessTarget) => Promise<void>;
  /** What else was done under this id went with what was there. */
  readonly onRestored: (id: string) => void;
}

/**
 * Sites whose Cassandra has lost everything. The way back is a backup. Where that cannot be had, what was taken away is put back: a platform is never
 * left without its data because a backup was bad.
 */
export class DataEffects implements LastingEffect {
  private readonly inventory: Inventory;
  private readonly guard: UndoGuard;
  private readonly kept: Kept<Lost>;
  private readonly backups: DataSurroundings['backups'];
  private readonly start: DataSurroundings['start'];
  private readonly onRestored: DataSurroundings['onRestored'];
  private readonly turns = new Turns();
  private readonly restored = new Map<string, readonly NodeRestore[]>();
  private readonly failures = new Map<string, string>();

  constructor({ inventory, guard, directory, backups, start, onRestored }: DataSurroundings) {
    this.inventory = inventory;
    this.guard = guard;
    mkdirSync(directory, { recursive: true });
    this.kept = new Kept(directory);
    this.backups = backups;
    this.start = start;
    this.onRestored = onRestored;
  }

  /** Refused where the backup is not whole: nobody could come back. */
  arm(id: string, lost: Lost): Promise<void> {
    return this.guard.under(undoOf(id, lost), () => this.keep(id, lost), this.turns);
  }

  /** The same, and everything that the sites have is taken away. */
  lose(id: string, lost: Lost): Promise<void> {
    const work = async (): Promise<void> => {
      await this.keep(id, lost);
      await this.end(lost);
      for (const one of this.nodesOf(lost)) move(one.directory, asideOf(one, id));
    };
    return this.guard.under(undoOf(id, lost), work, this.turns);
  }

  private async keep(id: string, lost: Lost): Promise<void> {
    if (this.inForce().length > 0) throw new PlatformError(`${id}: data is lost already`);
    for (const one of this.nodesOf(lost)) await this.backups.verify(one, lost.backup);
    this.restored.delete(id);
    this.failures.delete(id);
    this.kept.keep(id, lost);
  }

  /** Null: nothing was lost under this id. */
  observe(id: string): LostData | null {
    const kept = this.kept.find(id);
    if (!kept) return null;
    const nodes = this.nodesOf(kept.what);
    const empty = nodes.filter((one) => !hasData(one.directory)).length;
    const { what, inForce } = kept;
    return {
      id,
      ...what,
      inForce,
      empty,
      of: nodes.length,
      restored: this.restored.get(id) ?? null,
      failure: this.failures.get(id) ?? '',
    };
  }

  inForce(): readonly string[] {
    return this.kept.inForce();
  }

  /** A new run has faults of the same names. */
  forgetSettled(): void {
    this.kept.forgetSettled();
  }

  /**
   * Restores from the backup; nothing of this id: nothing to do. A PlatformError where that cannot be done, once everything is as it was before the
   * loss.
   */
  undo(id: string): Promise<void> {
    return this.turns.take(async () => {
      const kept = this.kept.find(id);
      if (!kept?.inForce) return;
      const lost = kept.what;
      await this.end(lost);
      for (const one of this.nodesOf(lost)) if (!existsSync(asideOf(one, id))) move(one.directory, asideOf(one, id));
      const restores = this.nodesOf(lost).map((one) => this.restore(one, lost.backup));
      const failure = (await Promise.allSettled(restores)).find(({ status }) => status === 'rejected');
      if (failure?.status === 'rejected') await this.putBack(id, lost, failure.reason);
      await this.startAll(lost);
      this.restored.set(id, await Promise.all(restores));
      this.onRestored(id);
      this.kept.settle(id);
      for (const one of this.nodesOf(lost)) rmSync(asideOf(one, id), { recursive: true, force: true });
    });
  }

  private async restore(one: ManagedComponent, backup: string): Promise<NodeRestore> {
    const { site, node, directory } = one;
    // What an attempt that broke off left there: what was lost is aside.
    clear(directory);
    const { files, bytes, tookUs: copiedUs } = await this.backups.restore(one, backup, 'itself');
    const from = performance.now();
    await this.start({ site, components: ['cassandra'], node });
    return { site, node, files, bytes, copiedUs, startedUs: microsecondsSince(from) };
  }

  /** What was being restored when this failed is thrown away, and so is the error of the restore. */
  private async putBack(id: string, lost: Lost, why: unknown): Promise<never> {
    await this.end(lost);
    for (const one of this.nodesOf(lost)) move(asideOf(one, id), one.directory);
    await this.startAll(lost);
    this.kept.settle(id);
    for (const one of this.nodesOf(lost)) rmSync(asideOf(one, id), { recursive: true, force: true });
    const failure = `${messageOf(why)}; what was there before was put back`;
    this.failures.set(id, failure);
    throw new PlatformError(failure, { cause: why });
  }

  private async startAll({ sites }: Lost): Promise<void> {
    await Promise.all(sites.map((site) => this.start({ site, components: ['cassandra', 'janusgraph'] })));
  }

  /** JanusGraph as well: what it remembers of the store, such as the ids that it has taken, the store may have forgotten. */
  private async end({ sites }: Lost): Promise<void> {
    const components = ['cassandra', 'janusgraph'] as const;
    const all = sites.flatMap((site) => this.inventory.targets({ site, components }));
    await Promise.all(all.map((one) => one.stop(0)));
  }

  private nodesOf({ sites }: Lost): readonly ManagedComponent[] {
    return sites.flatMap((site) => this.inventory.of('cassandra', site));
  }
}

function undoOf(id: string, lost: Lost): Undo {
  return { kind: 'restore', params: { id, sites: [...lost.sites], backup: lost.backup } };
}

/** Beside the directories of the node, on the same disk. */
function asideOf({ directory }: ManagedComponent, id: string): string {
  return join(directory, `lost-${encodeURIComponent(id)}`);
}

/** Gives `to` what `from` has, in the place of what it has. */
function move(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  clear(to);
  for (const name of DIRECTORIES) if (existsSync(join(from, name))) renameSync(join(from, name), join(to, name));
}

function clear(directory: string): void {
  for (const name of DIRECTORIES) rmSync(join(directory, name), { recursive: true, force: true });
}

/** Of any table. */
function hasData(directory: string): boolean {
  const data = join(directory, 'data');
  return existsSync(data) && readdirSync(data, { recursive: true }).some((name) => String(name).endsWith(DATA_FILE));
}
