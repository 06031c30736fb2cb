import type { Lasting } from './lasting.ts';

/** The disk of a Cassandra node's commit log, where it has one of its own. */
export interface DiskState {
  readonly site: string;
  readonly node: number;
  /** By us. */
  readonly filled: boolean;
  readonly freeBytes: number;
}

/** Small disks under the nodes of a site. To mend one is to restart what stands on it as well, as a person does. */
export interface DiskAbility extends Lasting {
  /** Fills the disks of a site's commit logs: the next write finds no room. */
  fill(id: string, site: string, signal: AbortSignal): Promise<void>;
  observe(signal: AbortSignal): Promise<readonly DiskState[]>;
}

/** Parts of a graph that can be taken out of its store. */
export const GRAPH_DAMAGES = ['half-edge', 'vertex', 'existence', 'index-entry'] as const;

export interface TableDamage {
  readonly keyspace: string;
  readonly table: string;
  /** How many bytes. */
  readonly places: number;
}

export interface GraphDamage {
  readonly what: (typeof GRAPH_DAMAGES)[number];
  /** Of so many elements. */
  readonly count: number;
  /** Edges of this label, and the vertices at which they arrive; the index of vertices. */
  readonly edgeLabel: string;
  readonly indexName: string;
}

/** How much of what was damaged is not as it was, as it is read now. */
export interface DamageState {
  readonly damaged: number;
  readonly of: number;
  /** Nobody has met it yet who should have: it has not been shown to do anything. */
  readonly unmet?: boolean;
  readonly what: string;
}

/** Damage to what is stored. Everything that it takes away is kept on disk before, under its id, and the undo puts it back. */
export interface StorageAbility extends Lasting {
  /** Flips bytes in the data files of a table, of the site's first node. */
  corrupt(id: string, site: string, table: TableDamage, signal: AbortSignal): Promise<void>;
  /** Deletes parts of the graph at every site; found, and looked at, through this one. */
  damageGraph(id: string, site: string, damage: GraphDamage, signal: AbortSignal): Promise<void>;
  /** Null: nothing was damaged under this id. */
  observe(id: string, signal: AbortSignal): Promise<DamageState | null>;
}
