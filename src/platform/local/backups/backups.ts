import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { PlatformError } from '../../../errors.ts';
import type { BackupMode } from '../../../history/backup.ts';
import type { Backup, NodeBackup } from '../../backups.ts';
import type { Inventory } from '../inventory.ts';
import { GRAPH_KEYSPACE } from '../janusgraph.ts';
import { type Counted, verifyBackup } from './backup-store.ts';
import { BUCKET, Medusa, type MedusaNode, type MedusaSettings, type RestoreAs } from './medusa.ts';
import { MEDUSA } from './medusa-install.ts';

const TAKE_MS = 600_000;
/** Of a file or a directory, in Medusa's store and on its command line. */
const NAME = /^[a-z0-9][a-z0-9-]{0,59}$/;

/** Backups of every node of Cassandra, in a store that no fault of the platform touches. It begins empty. */
export class Backups {
  private readonly inventory: Inventory;
  private readonly medusa: Medusa | null;
  private readonly store: string;
  private isStale = false;
  private taking: string | null = null;

  /** `settings`: null where the platform has no Medusa. */
  constructor(inventory: Inventory, settings: MedusaSettings | null) {
    this.inventory = inventory;
    this.store = settings?.store ?? '';
    if (settings) rmSync(settings.store, { recursive: true, force: true });
    this.medusa = settings && new Medusa(settings);
  }

  /** The backups of a run are its own: what an earlier one took goes when this one takes its first. */
  newRun(): void {
    this.isStale = true;
  }

  /** All nodes at once, as a schedule has it; each is read again before it counts. */
  async take(name: string, mode: BackupMode): Promise<Backup> {
    const { medusa } = this;
    if (!medusa) throw new PlatformError('it has no Medusa: no backup can be taken');
    if (!NAME.test(name)) throw new PlatformError(`expected a backup's name of a-z, 0-9 and -, got ${name}`);
    if (this.taking !== null) throw new PlatformError(`the backup ${this.taking} is still being taken`);
    if (this.isStale) rmSync(join(this.store, BUCKET), { recursive: true, force: true });
    this.isStale = false;
    this.taking = name;
    const limit = AbortSignal.timeout(TAKE_MS);
    const taken = this.inventory.of('cassandra').map(async (one): Promise<NodeBackup> => {
      const from = performance.now();
      await medusa.backup(one, name, mode, limit);
      const tookUs = microsecondsSince(from);
      return { site: one.site, node: one.node, ...(await this.verify(one, name)), tookUs };
    });
    // None is left at work when another fails.
    await Promise.allSettled(taken);
    this.taking = null;
    return { name, mode, tool: MEDUSA, nodes: await Promise.all(taken) };
  }

  /** What it has of a node. PlatformErrors: see `verifyBackup`. */
  verify(node: Pick<MedusaNode, 'site' | 'address'>, name: string): Promise<Counted> {
    return verifyBackup(this.store, node, name, [GRAPH_KEYSPACE]);
  }

  /** Puts it into the directories of a node that does not run, once it is shown to be whole. `as`: see `Medusa.restore`. */
  async restore(
    node: MedusaNode,
    name: string,
    as: RestoreAs,
    signal: AbortSignal,
  ): Promise<Counted & { readonly tookUs: number }> {
    if (!this.medusa) throw new PlatformError('it has no Medusa: nothing can be restored');
    const from = performance.now();
    const counted = await this.verify(node, name);
    await this.medusa.restore(node, name, as, signal);
    return { ...counted, tookUs: microsecondsSince(from) };
  }
}

export function microsecondsSince(ms: number): number {
  return Math.round((performance.now() - ms) * 1000);
}

/** Where backups of the platform of a state directory are. */
export function storeOf(state: string): string {
  return join(state, 'backups');
}
