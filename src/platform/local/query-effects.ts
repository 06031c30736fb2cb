import type { QueryWork, RunawayState } from '../lasting.ts';
import type { LastingEffect } from './effects.ts';
import { insideSite } from './inside-site.ts';
import type { Inventory } from './inventory.ts';
import type { UndoGuard } from './register.ts';
import { RunawayQueries } from './runaway.ts';

/** Queries that never end by themselves, at the JanusGraph servers of the platform. */
export class QueryEffects implements LastingEffect {
  private readonly inventory: Inventory;
  private readonly guard: UndoGuard;
  private readonly queries = new RunawayQueries(insideSite);

  constructor(inventory: Inventory, guard: UndoGuard) {
    this.inventory = inventory;
    this.guard = guard;
  }

  begin(id: string, site: string, parallel: number, work: QueryWork): Promise<void> {
    return this.guard.under({ kind: 'queries', params: { id } }, () => {
      const [server] = this.inventory.of('janusgraph', site);
      const { address: host = '', port = 0 } = server ?? {};
      const lives = (): boolean => server !== undefined && server.state().pid !== null;
      this.queries.begin(id, { site, host, port, lives }, parallel, work);
    });
  }

  list(): readonly RunawayState[] {
    return this.queries.list();
  }

  inForce(): readonly string[] {
    return this.queries.list().map(({ id }) => id);
  }

  undo(id: string): Promise<void> {
    return this.queries.end(id);
  }
}
