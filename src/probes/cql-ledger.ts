import { splitKey } from './checksum.ts';
import type { ExpectedWrite } from './probe.ts';

/** Rows of one timetable that share a partition of the ledger table. */
export const BUCKET = 1000;

/** The partitions in which writes are, each once. */
export function partitions(writes: readonly ExpectedWrite[]): readonly (readonly [part: string, bucket: number])[] {
  const found = new Map<string, readonly [string, number]>();
  for (const { key } of writes) {
    const { prefix, seq } = splitKey(key);
    const bucket = Math.floor(seq / BUCKET);
    found.set(`${prefix}\u0000${bucket}`, [prefix, bucket]);
  }
  return [...found.values()];
}
