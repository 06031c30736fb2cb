import { csvLine } from './csv.ts';

/**
 * When in a run the graph was looked over: before anything was written; while a fault held that damages it, as the service went on; after the last
 * read-back.
 */
export const CENSUS_STAGES = ['before', 'during', 'after'] as const;
export type CensusStage = (typeof CENSUS_STAGES)[number];

/**
 * What stands in the store under the graph. `vertex`: a row that is marked as a vertex; `ghost`: one that is not. `out`, `in`: a half of an edge, in
 * the row of the vertex that it leaves, or at which it arrives. `vertex-index`, `edge-index`: an entry of an index. `unreadable`: a cell that
 * cannot be understood. `purse`: an account whose balance its transfers explain. `customer`: one whose number nobody else may have.
 */
export const CENSUS_KINDS = [
  'vertex',
  'ghost',
  'out',
  'in',
  'vertex-index',
  'edge-index',
  'unreadable',
  'purse',
  'customer',
] as const;
export type CensusKind = (typeof CENSUS_KINDS)[number];

/** One element, half of an element or index entry as one site has it. */
export interface CensusEntry {
  readonly kind: CensusKind;
  /** The id of the vertex or of the edge: of an index entry, of what it leads to. */
  readonly element: string;
  /** Of half an edge: the vertex in whose row it stands. Of an entry of edges: the vertex that the edge leaves. Else empty. */
  readonly vertex: string;
  /** Of half an edge: the vertex at its other end. Of an entry of edges: the vertex at which the edge arrives. Of a vertex: its label. */
  readonly other: string;
  /** The probe's key; empty where there is none. */
  readonly key: string;
  /**
   * Of half an edge: its sequence number and checksum, with a space between. Of a purse: what is in it, what was in it at first, what its transfers
   * took out, what they put in. Of a customer: `found`; `hidden` from the unique index; `unlisted`, by
   * everything but that. Else empty.
   */
  readonly value: string;
}

export interface CensusRow extends CensusEntry {
  readonly stage: CensusStage;
  readonly site: string;
}

export const CENSUS_COLUMNS = ['stage', 'site', 'kind', 'element', 'vertex', 'other', 'key', 'value'] as const;

/** The first line of `graph.csv`, with its line end. */
export const CENSUS_HEADER = csvLine(CENSUS_COLUMNS);

/** One row of `graph.csv`, with its line end. */
export function formatCensusRow(row: CensusRow): string {
  return csvLine(CENSUS_COLUMNS.map((column) => row[column]));
}

/** A row of `graph.csv` from its fields; null for what is none. */
export function censusRow(fields: readonly string[]): CensusRow | null {
  if (fields.length !== CENSUS_COLUMNS.length) return null;
  const [stage, site, kind, element, vertex, other, key, value] = fields as Fields;
  if (!isOneOf(CENSUS_STAGES, stage) || !isOneOf(CENSUS_KINDS, kind) || site === '') return null;
  return { stage, site, kind, element, vertex, other, key, value };
}

type Fields = [string, string, string, string, string, string, string, string];

export function isOneOf<T extends string>(words: readonly T[], word: string): word is T {
  return (words as readonly string[]).includes(word);
}
