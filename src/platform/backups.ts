import type { BackupMode } from '../history/backup.ts';
import type { Lasting } from './lasting.ts';
import type { Endpoint } from './platform.ts';

/** What was copied of one node, as it was read again in the store of backups. */
export interface NodeBackup {
  readonly site: string;
  readonly node: number;
  readonly files: number;
  readonly bytes: number;
  /** From the order to its end, whoever waited for whom. */
  readonly tookUs: number;
}

/** A backup of every node of Cassandra that is whole: each file of its manifests is there, and is what the manifest says; or a snapshot of each site's OpenSearch that was restored beside its indexes. */
export interface Backup {
  readonly name: string;
  readonly mode: BackupMode;
  /** What took it, with its version. */
  readonly tool: string;
  readonly nodes: readonly NodeBackup[];
}

/** Backups of Cassandra, in a store of their own. */
export interface BackupAbility {
  /** A PlatformError where one of this name is there already, or where what was taken is not whole. */
  take(name: string, mode: BackupMode, signal: AbortSignal): Promise<Backup>;
}

/** How one node came back, step by step. */
export interface NodeRestore {
  readonly site: string;
  readonly node: number;
  readonly files: number;
  readonly bytes: number;
  /** From the store of backups to the node's directories. */
  readonly copiedUs: number;
  /** Until Cassandra serves. */
  readonly startedUs: number;
}

/** Data that is lost, or was and has been restored. */
export interface LostData {
  readonly id: string;
  readonly sites: readonly string[];
  readonly backup: string;
  /** False: it was restored, or put back as it was. */
  readonly inForce: boolean;
  /** Nodes that have no data file now, and how many should have. */
  readonly empty: number;
  readonly of: number;
  /** Null: it was not restored. */
  readonly restored: readonly NodeRestore[] | null;
  /** Why the last attempt to restore it failed, and that what was lost was put back; empty: none did. */
  readonly failure: string;
}

/** What becomes of everything that Cassandra has stored at some sites, so that a backup is the way back. */
export interface DataAbility extends Lasting {
  /** The way back from what is done to these sites under this id is a restore from this backup; nothing is done to them yet. */
  arm(
    id: string,
    what: { readonly sites: readonly string[]; readonly backup: string },
    signal: AbortSignal,
  ): Promise<void>;
  /** Arms, ends the databases of these sites, and takes their data away: all that is on their disks, commit logs and hints with it. */
  lose(
    id: string,
    what: { readonly sites: readonly string[]; readonly backup: string },
    signal: AbortSignal,
  ): Promise<void>;
  /** Null: nothing was lost under this id. */
  observe(id: string, signal: AbortSignal): Promise<LostData | null>;
}

/** How the index of a site's cluster is, and what becomes of it. */
export interface CorruptIndex {
  readonly id: string;
  readonly site: string;
  readonly index: string;
  readonly backup: string;
  /** False: it was restored, or its bytes are what they were. */
  readonly inForce: boolean;
  /** Bytes that are another than they were, as they are read now, and how many were flipped. */
  readonly damaged: number;
  readonly of: number;
  /** As the cluster says; `gone`: it has no such index; `unknown`: it does not answer. */
  readonly health: 'green' | 'yellow' | 'red' | 'gone' | 'unknown';
  /** Null: it was not restored. `copiedUs`: until every shard was; `startedUs`: until it was green. */
  readonly restored: readonly NodeRestore[] | null;
  /** Why it could not be restored, and that what was there was put back; empty: it could, or nobody tried. */
  readonly failure: string;
}

/** Snapshots of OpenSearch, of each site's cluster by itself, in a store that no fault touches. */
export interface SnapshotAbility extends Lasting {
  /** A PlatformError where one of this name is there already, or where it cannot be restored. */
  take(name: string, signal: AbortSignal): Promise<Backup>;
  /** Flips bytes in the files of every copy of an index, and has the cluster read them; the way back is a restore of that index from this backup. */
  corrupt(
    id: string,
    what: { readonly site: string; readonly index: string; readonly backup: string; readonly places: number },
    signal: AbortSignal,
  ): Promise<void>;
  /** Null: nothing was done under this id. */
  observe(id: string, signal: AbortSignal): Promise<CorruptIndex | null>;
}

/** What a site had when a backup was taken, restored into a system of its own: no way leads from it to the platform, or back. */
export interface RestoredCopy {
  /** Where its clients are, for `Platform.place`. */
  readonly client: string;
  readonly endpoints: { readonly cassandra: readonly Endpoint[]; readonly janusgraph: readonly Endpoint[] };
  readonly nodes: readonly NodeRestore[];
  /** Until JanusGraph serves, once Cassandra does. */
  readonly graphUs: number;
}

/** Restores of backups that touch nothing of the platform. */
export interface RestoreTestAbility extends Lasting {
  /** Resolves when databases restored from it serve, under this id; its undo takes them away. One at a time. */
  open(
    id: string,
    from: { readonly site: string; readonly backup: string },
    signal: AbortSignal,
  ): Promise<RestoredCopy>;
}
