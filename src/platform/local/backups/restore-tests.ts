import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PlatformError } from '../../../errors.ts';
import type { NodeRestore, RestoredCopy } from '../../backups.ts';
import type { Undo } from '../../undo.ts';
import { command } from '../command.ts';
import type { ComponentPlace, ManagedComponent } from '../components.ts';
import { type LocalConfig, siteNumber } from '../config.ts';
import type { LastingEffect } from '../effects.ts';
import { insideSite } from '../inside-site.ts';
import { addressesIn, nodesOf } from '../places.ts';
import type { UndoGuard } from '../register.ts';
import { Turns } from '../turns.ts';
import { type Backups, microsecondsSince } from './backups.ts';

/** The network namespace of what is restored: no line leads out of it. No site can be called so: its name is too long. */
const APART = 'isolated-restore';
const OPEN_MS = 600_000;
const ALONE = fileURLToPath(new URL('./apart-main.ts', import.meta.url));
const ALONE_MS = 60_000;
const run = promisify(execFile);

export type MakeApart = (place: ComponentPlace) => ManagedComponent;

/** What is lent to it. */
export interface RestoreTestSurroundings {
  readonly config: LocalConfig;
  readonly guard: UndoGuard;
  /** Where what is restored is. */
  readonly directory: string;
  readonly backups: Pick<Backups, 'restore'>;
  readonly make: MakeApart;
}

/**
 * A site's databases, restored from a backup in a network namespace of their own with the addresses that they had: they take themselves for the site, and
 * neither it nor anybody else can be reached from there.
 */
export class RestoreTests implements LastingEffect {
  private readonly of: RestoreTestSurroundings;
  private readonly turns = new Turns();
  private current: { readonly id: string; readonly over: AbortController; made: readonly ManagedComponent[] } | null =
    null;

  constructor(of: RestoreTestSurroundings) {
    this.of = of;
  }

  async open(id: string, site: string, backup: string): Promise<RestoredCopy> {
    let copy: RestoredCopy | null = null;
    await this.of.guard.under(
      undoOf(id),
      async () => {
        if (this.current) throw new PlatformError(`${id}: ${this.current.id} is open already`);
        this.current = { id, over: new AbortController(), made: [] };
        copy = await this.restore(siteNumber(this.of.config, site), backup);
      },
      this.turns,
    );
    if (!copy) throw new PlatformError(`${id}: taken away while it was made`);
    return copy;
  }

  inForce(): readonly string[] {
    return this.current ? [this.current.id] : [];
  }

  /** Also of one that is being made: it is given up. */
  undo(id: string): Promise<void> {
    if (this.current?.id === id) this.current.over.abort(new PlatformError(`${id}: given up`));
    return this.turns.take(async () => {
      if (this.current?.id !== id) return;
      await Promise.all(this.current.made.map((one) => one.stop(0)));
      if (existsSync(`/run/netns/${APART}`)) await command(['ip', 'netns', 'delete', APART]);
      rmSync(this.of.directory, { recursive: true, force: true });
      this.current = null;
    });
  }

  private async restore(site: number, backup: string): Promise<RestoredCopy> {
    const open = this.current as NonNullable<typeof this.current>;
    const limit = AbortSignal.any([open.over.signal, AbortSignal.timeout(OPEN_MS)]);
    const { directory, make, config } = this.of;
    const name = config.sites[site]?.name as string;
    await makeNamespace(addressesIn(config, site));
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const apart = this.configApart(site);
    const at = (component: 'cassandra' | 'janusgraph'): readonly ManagedComponent[] =>
      nodesOf(apart, component).map((node) => make({ config: apart, site, component, node, directory }));
    const [stores, graphs] = [at('cassandra'), at('janusgraph')];
    open.made = [...stores, ...graphs];
    const restores = stores.map((one) => this.restoreNode(one, name, backup, limit));
    // None goes on writing when another has failed.
    await Promise.allSettled(restores);
    const nodes = await Promise.all(restores);
    await this.leaveAlone(stores[0] as ManagedComponent, site, limit);
    const from = performance.now();
    await Promise.all(graphs.map((one) => one.start(limit, 'inside')));
    const endpoints = (all: readonly ManagedComponent[]) => all.map(({ address: host, port }) => ({ host, port }));
    return {
      client: APART,
      endpoints: { cassandra: endpoints(stores), janusgraph: endpoints(graphs) },
      nodes,
      graphUs: microsecondsSince(from),
    };
  }

  private async restoreNode(
    one: ManagedComponent,
    site: string,
    backup: string,
    limit: AbortSignal,
  ): Promise<NodeRestore> {
    const { node, address, directory } = one;
    const {
      files,
      bytes,
      tookUs: copiedUs,
    } = await this.of.backups.restore({ site, inside: APART, node, address, directory }, backup, 'another', limit);
    limit.throwIfAborted();
    const from = performance.now();
    await one.start(limit, 'inside');
    return { site, node, files, bytes, copiedUs, startedUs: microsecondsSince(from) };
  }

  /** No other site's copies are waited for: none can be reached. */
  private async leaveAlone({ address, port }: ManagedComponent, site: number, signal: AbortSignal): Promise<void> {
    const datacenter = this.of.config.sites[site]?.datacenter as string;
    const [enter, ...rest] = [...insideSite(APART), process.execPath, ALONE, address, String(port), datacenter];
    await run(enter as string, rest, { timeout: ALONE_MS, signal }).catch((error: { stderr?: string }) => {
      const said = /^\w*Error: .*$/m.exec(error.stderr ?? '')?.[0] ?? String(error);
      throw new PlatformError(`${APART}: its keyspaces cannot be left to it alone: ${said}`, { cause: error });
    });
  }

  /** The platform's own, but for where the site is, and that nothing has a name there. */
  private configApart(site: number): LocalConfig {
    const { names: _, ...config } = this.of.config;
    return { ...config, sites: config.sites.map((one, index) => (index === site ? { ...one, name: APART } : one)) };
  }
}

async function makeNamespace(addresses: readonly string[]): Promise<void> {
  await command(['ip', 'netns', 'add', APART]);
  await command(['ip', '-n', APART, 'link', 'set', 'lo', 'up']);
  for (const address of addresses) await command(['ip', '-n', APART, 'addr', 'add', `${address}/32`, 'dev', 'lo']);
}

function undoOf(id: string): Undo {
  return { kind: 'restore-test', params: { id } };
}
