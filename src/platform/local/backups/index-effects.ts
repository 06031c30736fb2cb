import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, PlatformError } from '../../../errors.ts';
import type { CorruptIndex, NodeRestore } from '../../backups.ts';
import type { ProcessTarget } from '../../platform.ts';
import type { Undo } from '../../undo.ts';
import type { LastingEffect } from '../effects.ts';
import type { Inventory } from '../inventory.ts';
import { Kept } from '../kept.ts';
import type { UndoGuard } from '../register.ts';
import { bytesOf, mendFiles, observeFiles, type SpoiltByte, spoil } from '../spoilt-files.ts';
import { Turns } from '../turns.ts';
import type { Snapshots } from './snapshots.ts';

const ASK_MS = 5_000;
const PUT_BACK_MS = 120_000;
/** Until the segments that were just written are left alone by a merge. */
const CHOOSE_TRIES = 5;
const CHOOSE_AGAIN_MS = 200;
/** What a shard writes anew all the time, or holds no document. */
const NO_DATA = /^(?:write\.lock|segments_\w+|corrupted_.+|.+\.tmp)$/;
/** What a shard leaves that has met corruption: none of its name opens its files again. */
const MARKER = /^corrupted_/;

interface Target {
  readonly site: string;
  readonly index: string;
  readonly backup: string;
}

/**
 * How far it is, on disk before the next step. `armed`: bytes may be flipped. `spoilt`: all of them were. `restoring`: what was there may be deleted.
 * `restored`, `put-back`: what is to stay is there.
 */
interface IndexInHand extends Target {
  readonly stage: 'armed' | 'spoilt' | 'restoring' | 'restored' | 'put-back';
  readonly bytes: readonly SpoiltByte[];
  readonly restored: readonly NodeRestore[] | null;
  readonly failure: string;
}

/** What is lent to it. */
export interface IndexSurroundings {
  readonly inventory: Inventory;
  readonly guard: UndoGuard;
  /** Where it keeps what is in force. */
  readonly directory: string;
  readonly snapshots: Pick<Snapshots, 'ask' | 'verify' | 'restore' | 'untilGreen'>;
  readonly start: (target: ProcessTarget) => Promise<void>;
  readonly restart: (target: ProcessTarget) => Promise<void>;
}

/** Indexes whose files are spoilt under OpenSearch. The way back is a snapshot; where that is not whole, the files become what they were. */
export class IndexEffects implements LastingEffect {
  private readonly inventory: Inventory;
  private readonly guard: UndoGuard;
  private readonly kept: Kept<IndexInHand>;
  private readonly snapshots: IndexSurroundings['snapshots'];
  private readonly start: IndexSurroundings['start'];
  private readonly restart: IndexSurroundings['restart'];
  private readonly turns = new Turns();

  constructor({ inventory, guard, directory, snapshots, start, restart }: IndexSurroundings) {
    this.inventory = inventory;
    this.guard = guard;
    mkdirSync(directory, { recursive: true });
    this.kept = new Kept(directory);
    this.snapshots = snapshots;
    this.start = start;
    this.restart = restart;
  }

  /** Refused where the snapshot is not whole: nobody could come back. */
  corrupt(id: string, { places, ...target }: Target & { readonly places: number }): Promise<void> {
    const work = async (): Promise<void> => {
      if (this.inForce().length > 0) throw new PlatformError(`${id}: an index is corrupt already`);
      const limit = AbortSignal.timeout(PUT_BACK_MS);
      await this.snapshots.verify(target.site, target.backup);
      const bytes = await this.choose(target, places, id, limit);
      this.kept.keep(id, { ...target, stage: 'armed', bytes, restored: null, failure: '' });
      spoil(bytes);
      this.to(id, { stage: 'spoilt' });
      await this.meet(target, limit);
    };
    return this.guard.under(undoOf(id, target), work, this.turns);
  }

  /** Of every copy of every shard as many as of any other, once everything that was written is in their files. */
  private async choose(
    { site, index }: Target,
    places: number,
    id: string,
    limit: AbortSignal,
  ): Promise<readonly SpoiltByte[]> {
    for (let left = CHOOSE_TRIES; ; left -= 1) {
      await this.snapshots.ask(site, { method: 'POST', path: `/${index}/_flush?force=true` }, limit);
      const copies = await this.copiesOf(site, index, limit);
      try {
        return copies.flatMap((files, number) => bytesOf(files, places, `${id}\u0000${number}`));
      } catch (error) {
        // A merge has deleted a file after it was listed.
        if (left === 0) throw error;
        await sleep(CHOOSE_AGAIN_MS, undefined, { signal: limit });
      }
    }
  }

  /** The files of every copy of every shard. A PlatformError where there is none. */
  private async copiesOf(site: string, index: string, limit: AbortSignal): Promise<readonly (readonly string[])[]> {
    const path = `/${index}/_settings/index.uuid?flat_settings=true`;
    const settings = await this.snapshots.ask(site, { method: 'GET', path }, limit);
    const { settings: flat } = (settings[index] ?? {}) as { settings?: Readonly<Record<string, unknown>> };
    const uuid = flat?.['index.uuid'];
    if (typeof uuid !== 'string') throw new PlatformError(`OpenSearch of ${site} does not say where ${index} is`);
    const copies = this.shardsOf(site, uuid)
      .map((shard) =>
        readdirSync(shard)
          .filter((name) => !NO_DATA.test(name))
          .map((name) => join(shard, name)),
      )
      .filter((files) => files.length > 0);
    if (copies.length === 0)
      throw new PlatformError(`there is no file of ${index} at ${site}: nothing was written yet`);
    return copies;
  }

  /** Where the copies of its shards are. */
  private shardsOf(site: string, uuid: string): readonly string[] {
    return this.inventory.of('opensearch', site).flatMap(({ directory }) => {
      const index = join(directory, 'data/nodes/0/indices', uuid);
      const numbers = existsSync(index) ? readdirSync(index).filter((name) => /^\d+$/.test(name)) : [];
      return numbers.map((number) => join(index, number, 'index')).filter((one) => existsSync(one));
    });
  }

  /** A merge reads every file and compares its digest, as the next one would that takes them; what it says of it is what is looked at afterwards. */
  private async meet({ site, index }: Target, limit: AbortSignal): Promise<void> {
    const path = `/${index}/_forcemerge?max_num_segments=1`;
    await this.snapshots.ask(site, { method: 'POST', path }, limit).catch(() => {});
  }

  /** Null: nothing was done under this id. */
  async observe(id: string): Promise<CorruptIndex | null> {
    const kept = this.kept.find(id);
    if (!kept) return null;
    const { site, index, backup, bytes, restored, failure } = kept.what;
    const { damaged, of } = observeFiles(bytes);
    const health = await this.healthOf(site, index);
    return { id, site, index, backup, inForce: kept.inForce, damaged, of, health, restored, failure };
  }

  private async healthOf(site: string, index: string): Promise<CorruptIndex['health']> {
    try {
      const path = '/_cluster/health?level=indices&local=true';
      const limit = AbortSignal.timeout(ASK_MS);
      const { indices } = await this.snapshots.ask(site, { method: 'GET', path }, limit);
      const said = (indices as Readonly<Record<string, { status?: unknown }>>)[index]?.status ?? 'gone';
      return said === 'green' || said === 'yellow' || said === 'red' || said === 'gone' ? said : 'unknown';
    } catch {
      return 'unknown';
    }
  }

  inForce(): readonly string[] {
    return this.kept.inForce();
  }

  /** A new run has faults of the same names. */
  forgetSettled(): void {
    this.kept.forgetSettled();
  }

  /**
   * Restores the index from the snapshot, once, however often it is tried; nothing of this id: nothing to do. Where the snapshot is no longer whole, the
   * files are what they were before, and it is a PlatformError.
   */
  undo(id: string): Promise<void> {
    return this.turns.take(async () => {
      const kept = this.kept.find(id);
      if (!kept?.inForce) return;
      // One that starts on a corrupt index does not serve before that is restored: what comes next says whether it can be.
      await this.start(nodesOf(kept.what)).catch(() => {});
      if (kept.what.stage === 'armed') await this.putBack(id, '');
      if (kept.what.stage === 'spoilt') await this.verifyOrPutBack(id);
      if (this.inHand(id).stage === 'restoring') await this.restore(id);
      this.kept.settle(id);
      const { failure } = this.inHand(id);
      if (failure !== '') throw new PlatformError(failure);
    });
  }

  private async verifyOrPutBack(id: string): Promise<void> {
    const { site, backup } = this.inHand(id);
    const problem = await this.snapshots.verify(site, backup).then(() => null, messageOf);
    if (problem === null) this.to(id, { stage: 'restoring' });
    else await this.putBack(id, `${problem}; the files of the index were made what they were before`);
  }

  private async restore(id: string): Promise<void> {
    const { site, backup, index } = this.inHand(id);
    const from = await this.snapshots.verify(site, backup);
    const times = await this.snapshots.restore(site, backup, index);
    this.to(id, { stage: 'restored', restored: [{ site, node: 0, ...from, ...times }] });
  }

  /** Nodes that start anew open them again, and take what was written since from their translogs: while it runs a cluster remembers which copies it could not open. */
  private async putBack(id: string, failure: string): Promise<void> {
    const { site, index, bytes } = this.to(id, { failure });
    mendFiles(bytes);
    for (const shard of new Set(bytes.map(({ path }) => join(path, '..'))))
      if (existsSync(shard))
        for (const name of readdirSync(shard)) if (MARKER.test(name)) rmSync(join(shard, name), { force: true });
    await this.restart(nodesOf({ site }));
    await this.snapshots.untilGreen(site, index, AbortSignal.timeout(PUT_BACK_MS));
    this.to(id, { stage: 'put-back' });
  }

  private inHand(id: string): IndexInHand {
    const kept = this.kept.find(id);
    if (!kept) throw new PlatformError(`${id}: nothing is kept of it`);
    return kept.what;
  }

  /** On disk when it returns. */
  private to(id: string, change: Partial<IndexInHand>): IndexInHand {
    const what = { ...this.inHand(id), ...change };
    this.kept.keep(id, what);
    return what;
  }
}

function nodesOf({ site }: Pick<Target, 'site'>): ProcessTarget {
  return { site, components: ['opensearch'] };
}

function undoOf(id: string, { site, index, backup }: Target): Undo {
  return { kind: 'index', params: { id, site, index, backup } };
}
