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
const RESTORE_MS = 600_000;

interface Lost {
  readonly sites: readonly string[];
  readonly backup: string;
}

/**
 * How far it is, on disk before the next step. `armed`: nothing was taken away; others damage what is there. `taking`: being taken away. `taken`: all of
 * it is aside. `restored`, `put-back`: what is to stay is in its place, and only has to be started.
 */
type Stage = 'armed' | 'taking' | 'taken' | 'restored' | 'put-back';

interface LossInHand extends Lost {
  readonly stage: Stage;
  readonly restored: readonly NodeRestore[] | null;
  readonly failure: string;
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
  /** Whether something was, and is in force. */
  readonly isDamaged: (id: string) => boolean;
}

/**
 * Sites whose Cassandra has lost everything. The way back is a backup. Where that cannot be had, what was taken away is put back: a platform is never
 * left without its data because a backup was bad.
 */
export class DataEffects implements LastingEffect {
  private readonly inventory: Inventory;
  private readonly guard: UndoGuard;
  private readonly kept: Kept<LossInHand>;
  private readonly backups: DataSurroundings['backups'];
  private readonly start: DataSurroundings['start'];
  private readonly onRestored: DataSurroundings['onRestored'];
  private readonly isDamaged: DataSurroundings['isDamaged'];
  private readonly turns = new Turns();

  constructor({ inventory, guard, directory, backups, start, onRestored, isDamaged }: DataSurroundings) {
    this.inventory = inventory;
    this.guard = guard;
    mkdirSync(directory, { recursive: true });
    this.kept = new Kept(directory);
    this.backups = backups;
    this.start = start;
    this.onRestored = onRestored;
    this.isDamaged = isDamaged;
  }

  /** Refused where the backup is not whole: nobody could come back. */
  arm(id: string, lost: Lost): Promise<void> {
    return this.guard.under(undoOf(id, lost), () => this.keep(id, lost, 'armed'), this.turns);
  }

  /** The same, and everything that the sites have is taken away. */
  lose(id: string, lost: Lost): Promise<void> {
    const work = async (): Promise<void> => {
      await this.keep(id, lost, 'taking');
      await this.end(lost);
      this.takeAway(id);
    };
    return this.guard.under(undoOf(id, lost), work, this.turns);
  }

  private async keep(id: string, lost: Lost, stage: Stage): Promise<void> {
    if (this.inForce().length > 0) throw new PlatformError(`${id}: data is lost already`);
    for (const one of this.nodesOf(lost)) await this.backups.verify(one, lost.backup);
    this.kept.keep(id, { ...lost, stage, restored: null, failure: '' });
  }

  private takeAway(id: string): void {
    const lost = this.to(id, { stage: 'taking' });
    for (const one of this.nodesOf(lost)) move(one.directory, asideOf(one, id));
    this.to(id, { stage: 'taken' });
  }

  /** On disk when it returns. */
  private to(id: string, change: Partial<LossInHand>): LossInHand {
    const lost = { ...(this.kept.find(id)?.what as LossInHand), ...change };
    this.kept.keep(id, lost);
    return lost;
  }

  /** Null: nothing was lost under this id. */
  observe(id: string): LostData | null {
    const kept = this.kept.find(id);
    if (!kept) return null;
    const { what, inForce } = kept;
    const { sites, backup, restored, failure } = what;
    const nodes = this.nodesOf(what);
    const empty = nodes.filter((one) => !hasData(one.directory)).length;
    return { id, sites, backup, inForce, empty, of: nodes.length, restored, failure };
  }

  inForce(): readonly string[] {
    return this.kept.inForce();
  }

  /** Whether a site has not got back what it is to have: whoever starts its databases now starts them on nothing. */
  isLost(site: string): boolean {
    return this.inForce().some((id) => this.kept.find(id)?.what.sites.includes(site));
  }

  /** A new run has faults of the same names. */
  forgetSettled(): void {
    this.kept.forgetSettled();
  }

  /**
   * Restores from the backup, once, however often it is tried; nothing of this id: nothing to do. What was never lost as a whole is put back. A
   * PlatformError where the backup cannot be restored, once everything is as it was before the loss.
   */
  undo(id: string): Promise<void> {
    return this.turns.take(async () => {
      const kept = this.kept.find(id);
      if (!kept?.inForce) return;
      const { stage } = kept.what;
      if (stage === 'taking') await this.putBack(id, '');
      else if (stage === 'armed' && !this.isDamaged(id)) this.to(id, { stage: 'put-back' });
      else if (stage === 'armed' || stage === 'taken') await this.restoreAll(id);
      const lost = this.kept.find(id)?.what as LossInHand;
      await this.startAll(lost);
      this.kept.settle(id);
      for (const one of this.nodesOf(lost)) rmSync(asideOf(one, id), { recursive: true, force: true });
      if (stage !== 'put-back' && lost.failure !== '') throw new PlatformError(lost.failure);
    });
  }

  /** What is to stay is in its place when it returns. */
  private async restoreAll(id: string): Promise<void> {
    const lost = this.kept.find(id)?.what as LossInHand;
    await this.end(lost);
    if (lost.stage === 'armed') this.takeAway(id);
    const restores = await Promise.allSettled(this.nodesOf(lost).map((one) => this.restore(one, lost.backup)));
    const failed = restores.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') {
      await this.putBack(id, `${messageOf(failed.reason)}; what was there before was put back`);
      return;
    }
    const restored = restores.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    this.to(id, { stage: 'restored', restored });
    this.onRestored(id);
  }

  private async restore(one: ManagedComponent, backup: string): Promise<NodeRestore> {
    const { site, node, directory } = one;
    // What an attempt that broke off left there: what was lost is aside.
    clear(directory);
    const limit = AbortSignal.timeout(RESTORE_MS);
    const { files, bytes, tookUs: copiedUs } = await this.backups.restore(one, backup, 'itself', limit);
    const from = performance.now();
    await this.start({ site, components: ['cassandra'], node });
    return { site, node, files, bytes, copiedUs, startedUs: microsecondsSince(from) };
  }

  /** Whatever is aside takes its place again. */
  private async putBack(id: string, failure: string): Promise<void> {
    const lost = this.to(id, { failure });
    await this.end(lost);
    for (const one of this.nodesOf(lost)) moveBack(asideOf(one, id), one.directory);
    this.to(id, { stage: 'put-back' });
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

/** What a node has goes aside. */
function move(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of DIRECTORIES) if (existsSync(join(from, name))) renameSync(join(from, name), join(to, name));
}

/** What is aside, and nothing else, takes the place of what is there. */
function moveBack(from: string, to: string): void {
  for (const name of DIRECTORIES) {
    if (!existsSync(join(from, name))) continue;
    rmSync(join(to, name), { recursive: true, force: true });
    renameSync(join(from, name), join(to, name));
  }
}

function clear(directory: string): void {
  for (const name of DIRECTORIES) rmSync(join(directory, name), { recursive: true, force: true });
}

/** Of any table. */
function hasData(directory: string): boolean {
  const data = join(directory, 'data');
  return existsSync(data) && readdirSync(data, { recursive: true }).some((name) => String(name).endsWith(DATA_FILE));
}
