import { PlatformError } from '../../errors.ts';
import type { DamageState, GraphDamage, TableDamage } from '../platform.ts';
import type { ManagedComponent } from './components.ts';
import type { LocalConfig } from './config.ts';
import { Kept } from './kept.ts';
import { chooseBytes, mendFiles, observeFiles, type SpoiltByte, spoil } from './spoilt-files.ts';
import { chooseCells, type GraphCell, observeCells, putBack, takeAway } from './spoilt-graph.ts';

interface Taken {
  /** Its number. */
  readonly site: number;
  readonly bytes: readonly SpoiltByte[];
  readonly cells: readonly GraphCell[];
}

/** Damage to what the databases have stored. One after the other: an undo that came in between would find nothing, and the damage would stay. */
export class Damage {
  private readonly config: LocalConfig;
  private readonly kept: Kept<Taken>;
  private last: Promise<unknown> = Promise.resolve();

  /** `directory`: where what is taken away is kept. */
  constructor(config: LocalConfig, directory: string) {
    this.config = config;
    this.kept = new Kept(directory);
  }

  /** Spoils bytes of a table's data files of one node, which are flushed. `covered`: an undo of it is recorded, still. */
  corrupt(id: string, node: ManagedComponent, table: TableDamage, covered: () => boolean): Promise<void> {
    return this.under(id, covered, async () => {
      const bytes = chooseBytes(node.directory, table, table.places, id);
      this.kept.keep(id, { site: this.number(node.site), bytes, cells: [] });
      spoil(bytes);
    });
  }

  /** Takes parts of the graph away at every site. */
  graph(id: string, site: string, damage: GraphDamage, covered: () => boolean): Promise<void> {
    return this.under(id, covered, async () => {
      const number = this.number(site);
      const cells = await chooseCells(this.config, number, damage);
      this.kept.keep(id, { site: number, bytes: [], cells });
      await takeAway(this.config, number, cells);
    });
  }

  /** Puts everything back; nothing of this id: nothing to do. */
  undo(id: string): Promise<void> {
    return this.inTurn(async () => {
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

  /** Null: there was no such damage. Also after it was put back. */
  async observe(id: string): Promise<DamageState | null> {
    const kept = this.kept.find(id);
    return kept && this.look(kept.what);
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

  private under(id: string, covered: () => boolean, work: () => Promise<void>): Promise<void> {
    return this.inTurn(async () => {
      if (!covered()) throw new PlatformError(`${id} was undone before it was done`);
      if (this.kept.find(id)?.inForce) throw new PlatformError(`${id}: there was such a damage already`);
      await work();
    }).then(async () => {
      // It may have lapsed, or been undone, meanwhile.
      if (covered()) return;
      await this.undo(id);
      throw new PlatformError(`${id} was undone while it was done`);
    });
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.last.then(work);
    this.last = result.catch(() => {});
    return result;
  }

  private number(site: string): number {
    return this.config.sites.findIndex(({ name }) => name === site);
  }
}
