import { fileURLToPath } from 'node:url';
import { PlatformError } from '../../errors.ts';
import type { Endpoint } from '../platform.ts';
import type { TopicState } from '../topics.ts';
import type { LastingEffect } from './effects.ts';
import { insideSite } from './inside-site.ts';
import type { Inventory } from './inventory.ts';
import type { UndoGuard } from './register.ts';
import { SiteWorkers } from './site-workers.ts';

const TOPICS = fileURLToPath(new URL('./topics-main.ts', import.meta.url));
const NOTHING: TopicReport = { topics: 0, closed: 0, rounds: 0, agoMs: null, failure: '' };

export interface TopicOrders {
  readonly at: Endpoint;
  readonly everyMs: number;
}

export type TopicReport = Omit<TopicState, 'id' | 'site'>;

/** Topics of a site's Pulsar that are closed over and over. */
export class TopicEffects implements LastingEffect {
  private readonly inventory: Inventory;
  private readonly guard: UndoGuard;
  private readonly workers = new SiteWorkers<TopicOrders, TopicReport>(TOPICS, insideSite);

  constructor(inventory: Inventory, guard: UndoGuard) {
    this.inventory = inventory;
    this.guard = guard;
  }

  unload(id: string, site: string, everyMs: number): Promise<void> {
    return this.guard.under({ kind: 'topics', params: { id } }, () => {
      const [broker] = this.inventory.of('pulsar', site);
      if (!broker) throw new PlatformError(`${site} has no Pulsar`);
      const at = { host: broker.address, port: broker.port };
      this.workers.begin(id, [{ site, orders: { at, everyMs } }]);
    });
  }

  list(): readonly TopicState[] {
    return this.workers.list().map(({ id, site, lives, said }) => ({
      id,
      site,
      ...(said ?? NOTHING),
      // One that died closes nothing.
      ...(!lives && { closed: 0, agoMs: null }),
    }));
  }

  inForce(): readonly string[] {
    return this.workers.inForce();
  }

  undo(id: string): Promise<void> {
    return this.workers.end(id);
  }
}
