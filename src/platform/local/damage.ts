import { PlatformError } from '../../errors.ts';
import type { DamageState, GraphDamage, TableDamage } from '../storage.ts';
import type { Undo } from '../undo.ts';
import type { ManagedComponent } from './components.ts';
import { type LocalConfig, siteNumber } from './config.ts';
import type { LastingEffect } from './effects.ts';
import { firstRefusal } from './first-refusal.ts';
import { Kept } from './kept.ts';
import type { UndoGuard } from './register.ts';
import { chooseBytes, mendFiles, observeFiles, type SpoiltByte, spoil } from './spoilt-files.ts';
import { chooseCells, type GraphCell, observeCells, putBack, takeAway } from './spoilt-graph.ts';
import { Turns } from './turns.ts';

interface Taken {
  /** Its number. */
  readonly site: number;
  readonly bytes: readonly SpoiltByte[];
  readonly cells: readonly GraphCell[];
}

/** Damage to what the databases have stored. One after the other: an undo that came in between would find nothing, and the damage would stay. */
export class Damage implements LastingEffect {
  private readonly config: LocalConfig;
  private readonly kept: Kept<Taken>;
  private readonly guard: UndoGuard;
  private readonly turns = new Turns();
  private readonly read: typeof firstRefusal;
  /** Of spoilt bytes: how a read of them was refused; null: none was. */
  private readonly refusals = new Map<string, string | null>();

  /** `directory`: where what is taken away is kept. `read`: another one in tests. */
  constructor(config: LocalConfig, directory: string, guard: UndoGuard, read = firstRefusal) {
    this.read = read;
    this.config = config;
    this.kept = new Kept(directory);
    this.guard = guard;
  }

  /** Spoils bytes of a table's data files of one node, which are flushed. */
  corrupt(id: string, node: ManagedComponent, table: TableDamage): Promise<void> {
    return this.under(id, async () => {
      const site = siteNumber(this.config, node.site);
      const bytes = chooseBytes(node.directory, table, table.places, id);
      this.kept.keep(id, { site, bytes, cells: [] });
      // With several nodes the others have the same, and may answer in its place.
      const alone = this.config.nodesPerSite === 1;
      this.refusals.delete(id);
      if (alone) this.refusals.set(id, null);
      spoil(bytes);
      if (alone) this.refusals.set(id, await this.read(this.config, site, table));
    });
  }

  /** Takes parts of the graph away at every site. */
  graph(id: string, site: string, damage: GraphDamage): Promise<void> {
    return this.under(id, async () => {
      const number = siteNumber(this.config, site);
      const cells = await chooseCells(this.config, number, damage);
      this.kept.keep(id, { site: number, bytes: [], cells });
      // What is asked to be put back is not taken any further.
      await takeAway(this.config, number, cells, () => this.guard.require(undoOf(id)));
    });
  }

  /** Puts everything back; nothing of this id: nothing to do. */
  undo(id: string): Promise<void> {
    return this.turns.take(async () => {
      const kept = this.kept.find(id);
      if (!kept?.inForce) return;
      const { site, bytes, cells } = kept.what;
      mendFiles(bytes);
      if (cells.length > 0) await putBack(this.config, site, cells);
      const { damaged, what } = await this.look(kept.what);
      if (damaged > 0) throw new PlatformError(`${id}: ${what}, after they were put back`);
      this.kept.settle(id);
    });
  }

  /** What was damaged is gone as a whole, and something else is in its place: nothing of it is put back. */
  forget(id: string): void {
    if (this.kept.find(id)?.inForce) this.kept.settle(id);
  }

  /** Null: there was no such damage. Also after it was put back. */
  async observe(id: string): Promise<DamageState | null> {
    const kept = this.kept.find(id);
    if (!kept) return null;
    const state = await this.look(kept.what);
    const refusal = this.refusals.get(id);
    if (refusal === undefined || state.damaged === 0) return state;
    const met =
      refusal === null ? 'no read of the table there was refused yet' : `a read of the table there: ${refusal}`;
    return { ...state, unmet: refusal === null, what: `${state.what}; ${met}` };
  }

  /** A new run has faults of the same names. */
  forgetSettled(): void {
    this.kept.forgetSettled();
  }

  inForce(): readonly string[] {
    return this.kept.inForce();
  }

  private look({ site, bytes, cells }: Taken): Promise<DamageState> | DamageState {
    return bytes.length > 0 ? observeFiles(bytes) : observeCells(this.config, site, cells);
  }

  private under(id: string, work: () => Promise<void>): Promise<void> {
    const once = (): Promise<void> => {
      if (this.kept.find(id)?.inForce) throw new PlatformError(`${id}: there was such a damage already`);
      return work();
    };
    return this.guard.under(undoOf(id), once, this.turns);
  }
}

function undoOf(id: string): Undo {
  return { kind: 'storage', params: { id } };
}
