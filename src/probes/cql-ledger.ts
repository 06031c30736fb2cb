import { splitKey } from '../history/timetable.ts';
import type { ExpectedWrite } from './probe.ts';

/** Rows of one timetable that share a partition of the ledger table. */
export const BUCKET = 1000;

/** A name for the partition in which a key is. */
export function partitionOf(key: string): string {
  const { prefix, seq } = splitKey(key);
  return `${prefix}\u0000${Math.floor(seq / BUCKET)}`;
}

/** The partitions in which writes are, each once. */
export function partitions(writes: readonly ExpectedWrite[]): readonly (readonly [part: string, bucket: number])[] {
  const found = new Map<string, readonly [string, number]>();
  for (const { key } of writes) {
    const { prefix, seq } = splitKey(key);
    found.set(partitionOf(key), [prefix, Math.floor(seq / BUCKET)]);
  }
  return [...found.values()];
}
