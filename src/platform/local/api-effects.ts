import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { PlatformError } from '../../errors.ts';
import type { QuotaState, SignInState } from '../api.ts';
import type { Endpoint } from '../platform.ts';
import { apiClients, OBSERVER, writeAccounts } from './api.ts';
import { attemptAll } from './attempt-all.ts';
import type { ManagedComponent } from './components.ts';
import type { LocalConfig } from './config.ts';
import type { LastingEffect } from './effects.ts';
import { HelperProcess } from './helper-process.ts';
import { insideSite } from './inside-site.ts';
import type { Inventory } from './inventory.ts';
import type { UndoGuard } from './register.ts';
import { SiteWorkers } from './site-workers.ts';

const FLOOD = fileURLToPath(new URL('./flood-main.ts', import.meta.url));
const SIGN_IN = fileURLToPath(new URL('./sign-in-main.ts', import.meta.url));
const ASK_MS = 2_000;
/** For its process to start, on a machine that is busy. */
const START_MS = 5_000;
const IDLE_MS = 10_000;

export interface FloodOrders {
  readonly at: Endpoint;
  readonly clients: readonly string[];
  readonly password: string;
}

export type FloodReport = Pick<QuotaState, 'limited' | 'requests'>;

export interface SignInQuestion {
  readonly url: string;
  readonly account: string;
  readonly password: string;
  readonly ms: number;
}

/** What effects on the API need. `password`: of all its clients; it is read when it is needed. */
interface ApiSurroundings {
  readonly config: LocalConfig;
  readonly inventory: Inventory;
  readonly guard: UndoGuard;
  readonly password: () => string;
}

/** The quotas of the API's clients, used up in their names. */
export class QuotaEffects implements LastingEffect {
  private readonly of: ApiSurroundings;
  private readonly floods = new SiteWorkers<FloodOrders, FloodReport>(FLOOD, insideSite);

  constructor(of: ApiSurroundings) {
    this.of = of;
  }

  exhaust(id: string, sites: readonly string[]): Promise<void> {
    const { config, inventory, guard, password } = this.of;
    return guard.under({ kind: 'quota', params: { id } }, () => {
      const floods = sites.map((site) => {
        const { address: host, port } = apiOf(inventory, site);
        return { site, orders: { at: { host, port }, clients: apiClients(config), password: password() } };
      });
      this.floods.begin(id, floods);
    });
  }

  list(): readonly QuotaState[] {
    return this.floods.list().map(({ id, site, orders, lives, said }) => {
      const { limited, requests } = said ?? { limited: 0, requests: 0 };
      // One that died uses up nothing.
      return { id, site, clients: orders.clients.length, limited: lives ? limited : 0, requests };
    });
  }

  inForce(): readonly string[] {
    return this.floods.inForce();
  }

  undo(id: string): Promise<void> {
    return this.floods.end(id);
  }
}

/** Who is locked out of the API: it has another password for all of its clients. */
export class SignInEffects implements LastingEffect {
  private readonly of: ApiSurroundings;
  private readonly revoked = new Map<string, readonly string[]>();
  private readonly askers = new Map<string, HelperProcess<SignInQuestion, number>>();

  constructor(of: ApiSurroundings) {
    this.of = of;
  }

  revoke(id: string, sites: readonly string[]): Promise<void> {
    const { config, inventory, guard } = this.of;
    return guard.under({ kind: 'sign-in', params: { id } }, () => {
      const apis = sites.map((site) => apiOf(inventory, site));
      this.revoked.set(id, sites);
      for (const { directory } of apis) writeAccounts(directory, config, randomBytes(24).toString('base64url'));
    });
  }

  inForce(): readonly string[] {
    return [...this.revoked.keys()];
  }

  undo(id: string): void {
    const { config, inventory, password } = this.of;
    const sites = this.revoked.get(id) ?? [];
    const others = [...this.revoked].filter(([other]) => other !== id).flatMap(([, revoked]) => revoked);
    attemptAll(
      sites.filter((one) => !others.includes(one)),
      (site) => writeAccounts(apiOf(inventory, site).directory, config, password()),
    );
    // Once it is done: an undo that failed is tried again.
    this.revoked.delete(id);
  }

  observe(sites: readonly string[]): Promise<readonly SignInState[]> {
    const { inventory, password } = this.of;
    return Promise.all(
      sites.map(async (site) => {
        const { address, port } = apiOf(inventory, site);
        const question = {
          url: `http://${address}:${port}/v1/quota`,
          account: OBSERVER,
          password: password(),
          ms: ASK_MS,
        };
        const status = await this.askerIn(site).ask(question, ASK_MS + START_MS);
        return { site, status: status || null };
      }),
    );
  }

  private askerIn(site: string): HelperProcess<SignInQuestion, number> {
    const asker = this.askers.get(site) ?? new HelperProcess([...insideSite(site), process.execPath, SIGN_IN], IDLE_MS);
    this.askers.set(site, asker);
    return asker;
  }
}

function apiOf(inventory: Inventory, site: string): ManagedComponent {
  const [api] = inventory.of('api', site);
  if (!api) throw new PlatformError(`${site} has no API`);
  return api;
}
