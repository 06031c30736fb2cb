import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PlatformError } from '../../../errors.ts';
import type { Backup, NodeBackup, NodeRestore } from '../../backups.ts';
import type { ManagedComponent } from '../components.ts';
import type { Inventory } from '../inventory.ts';
import { opensearch } from '../opensearch.ts';
import type { Counted } from './backup-store.ts';
import { microsecondsSince } from './backups.ts';
import { askCluster, type ClusterAnswer, type ClusterRequest } from './cluster-request.ts';
import { listFiles, snapshotsIn, verifyFiles } from './snapshot-store.ts';

const TAKE_MS = 600_000;
const RESTORE_MS = 600_000;
/** Of a repository, a snapshot, an index and a directory. */
const NAME = /^[a-z0-9][a-z0-9-]{0,59}$/;
/** Its own indexes, which a new cluster makes itself, begin with a dot. */
const EVERY_INDEX = '*,-.*';
/** What an index is called that is restored to see whether it can be. */
const TRIAL = 'drill-trial-';

/** Snapshots of each site's OpenSearch, in a repository of its own for each, in a directory that no fault of the platform touches. */
export class Snapshots {
  private readonly inventory: Inventory;
  private readonly store: string;
  private isStale = false;
  private taking: string | null = null;

  /** It begins empty. */
  constructor(inventory: Inventory, dataDirectory: string) {
    this.inventory = inventory;
    this.store = snapshotsIn(dataDirectory);
    rmSync(this.store, { recursive: true, force: true });
    // OpenSearch does not start without it.
    mkdirSync(this.store, { recursive: true });
  }

  /** The snapshots of a run are its own: what an earlier one took goes when this one takes its first. */
  newRun(): void {
    this.isStale = true;
  }

  /** Of all sites at once. */
  async take(name: string): Promise<Backup> {
    if (!NAME.test(name)) throw new PlatformError(`expected a backup's name of a-z, 0-9 and -, got ${name}`);
    if (this.taking !== null) throw new PlatformError(`the backup ${this.taking} is still being taken`);
    this.taking = name;
    try {
      const limit = AbortSignal.timeout(TAKE_MS);
      const sites = [...new Set(this.inventory.of('opensearch').map(({ site }) => site))];
      if (sites.length === 0) throw new PlatformError('it has no OpenSearch: no snapshot can be taken');
      if (this.isStale) for (const site of sites) await this.clear(site, limit);
      this.isStale = false;
      const taken = await Promise.allSettled(sites.map((site) => this.takeOf(site, name, limit)));
      const failed = taken.find(({ status }) => status === 'rejected');
      if (failed?.status === 'rejected') throw failed.reason;
      const nodes = taken.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      return { name, mode: 'full', tool: `OpenSearch ${opensearch.version}, snapshot`, nodes };
    } finally {
      this.taking = null;
    }
  }

  /** What an earlier run has left in the cluster and in the store. */
  private async clear(site: string, limit: AbortSignal): Promise<void> {
    const known = await this.ask(site, { method: 'GET', path: '/_snapshot/_all' }, limit);
    for (const repository of Object.keys(known))
      await this.ask(site, { method: 'DELETE', path: `/_snapshot/${repository}` }, limit);
    rmSync(join(this.store, site), { recursive: true, force: true });
  }

  private async takeOf(site: string, name: string, limit: AbortSignal): Promise<NodeBackup> {
    const from = performance.now();
    const location = this.repositoryOf(site, name);
    if (existsSync(location)) throw new PlatformError(`there is a backup ${name} of ${site} already`);
    mkdirSync(location, { recursive: true });
    const body = { type: 'fs', settings: { location } };
    await this.ask(site, { method: 'PUT', path: `/_snapshot/${name}`, body }, limit);
    const path = `/_snapshot/${name}/${name}?wait_for_completion=true`;
    const whole = { indices: EVERY_INDEX, include_global_state: false };
    const { snapshot } = await this.ask(site, { method: 'PUT', path, body: whole }, limit);
    requireWhole(`the backup ${name} of ${site}`, snapshot);
    const tookUs = microsecondsSince(from);
    await this.tryRestore(site, name, limit);
    return { site, node: 0, ...(await listFiles(location)), tookUs };
  }

  /** That a snapshot succeeded says that it was written, and not that it can be read. */
  private async tryRestore(site: string, name: string, limit: AbortSignal): Promise<void> {
    const away: ClusterRequest = { method: 'DELETE', path: `/${TRIAL}*` };
    try {
      await this.restoreIndexes(site, name, limit, {
        indices: EVERY_INDEX,
        rename_pattern: '(.+)',
        rename_replacement: `${TRIAL}$1`,
        index_settings: { 'index.number_of_replicas': 0 },
      });
    } finally {
      await this.ask(site, away, limit);
    }
  }

  /** What it has of a site's cluster. PlatformErrors: see `verifyFiles`. */
  verify(site: string, name: string): Promise<Counted> {
    return verifyFiles(this.repositoryOf(site, name), `the backup ${name} of ${site}`);
  }

  /** Puts an index in the place of the one that is there, if there is one; resolves when every copy of it is there. Its files are not verified here. */
  async restore(site: string, name: string, index: string): Promise<Pick<NodeRestore, 'copiedUs' | 'startedUs'>> {
    const limit = AbortSignal.timeout(RESTORE_MS);
    const from = performance.now();
    await askCluster(this.at(site), { method: 'DELETE', path: `/${index}`, missing: true }, limit);
    await this.restoreIndexes(site, name, limit, { indices: index });
    const copiedUs = microsecondsSince(from);
    const served = performance.now();
    await this.untilGreen(site, index, limit);
    return { copiedUs, startedUs: microsecondsSince(served) };
  }

  /** Throws when the time is over. */
  async untilGreen(site: string, index: string, limit: AbortSignal): Promise<void> {
    const path = `/_cluster/health/${index}?wait_for_status=green&timeout=${RESTORE_MS}ms`;
    await this.ask(site, { method: 'GET', path }, limit);
  }

  private async restoreIndexes(
    site: string,
    name: string,
    limit: AbortSignal,
    what: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const path = `/_snapshot/${name}/${name}/_restore?wait_for_completion=true`;
    const body = { include_global_state: false, include_aliases: false, ...what };
    const { snapshot } = await this.ask(site, { method: 'POST', path, body }, limit);
    requireWhole(`what was restored from ${name} at ${site}`, snapshot);
  }

  /** Of the first node that runs; a PlatformError where none does. */
  async ask(site: string, request: ClusterRequest, limit: AbortSignal): Promise<ClusterAnswer> {
    return (await askCluster(this.at(site), request, limit)) ?? {};
  }

  private at(site: string): { readonly host: string; readonly port: number } {
    const nodes: readonly ManagedComponent[] = this.inventory.of('opensearch', site);
    const one = nodes.find((node) => node.state().state === 'ready') ?? nodes[0];
    if (!one) throw new PlatformError(`${site} has no OpenSearch`);
    return { host: one.address, port: one.port };
  }

  private repositoryOf(site: string, name: string): string {
    return join(this.store, site, name);
  }
}

/** `{"shards": {"total": 3, "failed": 0, "successful": 3}}`, of indexes of which there is at least one. */
function requireWhole(whose: string, said: unknown): void {
  const { shards, state } = (said ?? {}) as { shards?: { total?: unknown; successful?: unknown }; state?: unknown };
  const { total, successful } = shards ?? {};
  if (typeof total === 'number' && total > 0 && successful === total && (state ?? 'SUCCESS') === 'SUCCESS') return;
  throw new PlatformError(
    `${whose} is not whole: ${successful ?? 'none'} of ${total ?? 'no'} shards${state === undefined ? '' : `, ${state}`}`,
  );
}
