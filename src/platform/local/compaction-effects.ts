import type { CompactionState } from '../lasting.ts';
import { CompactionLag } from './compaction.ts';
import type { ManagedComponent } from './components.ts';
import type { LastingEffect, Nodetool } from './effects.ts';
import type { Inventory } from './inventory.ts';
import type { UndoGuard } from './register.ts';

/** A JVM that asks for little. */
const NODETOOL_MS = 60_000;

/** One that does not run compacts by itself once it is started: it needs not be told, and must keep no other from being. */
function running(nodes: readonly ManagedComponent[]): readonly number[] {
  return nodes.filter((one) => one.state().pid !== null).map(({ node }) => node);
}

/** Sites of the platform whose nodes flush and do not compact. */
export class CompactionEffects implements LastingEffect {
  private readonly inventory: Inventory;
  private readonly guard: UndoGuard;
  private readonly nodetool: Nodetool;
  private readonly lag: CompactionLag;

  constructor(inventory: Inventory, guard: UndoGuard, nodetool: Nodetool, onProblem: (problem: unknown) => void) {
    this.inventory = inventory;
    this.guard = guard;
    this.nodetool = nodetool;
    this.lag = new CompactionLag(onProblem);
  }

  hold(id: string, site: string, flushEveryMs: number): Promise<void> {
    const nodes = this.inventory.of('cassandra', site);
    const target = {
      site,
      directories: nodes.map(({ directory }) => directory),
      nodetool: (args: readonly string[]) => this.nodetool(site, args, NODETOOL_MS, running(nodes)),
      pids: () => nodes.map((one) => one.state().pid),
    };
    return this.guard.under({ kind: 'compaction', params: { id } }, () => this.lag.hold(id, target, flushEveryMs));
  }

  list(): readonly CompactionState[] {
    return this.lag.list();
  }

  inForce(): readonly string[] {
    return this.lag.held();
  }

  undo(id: string): Promise<void> {
    return this.lag.end(id);
  }
}
