import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { PlatformError } from '../../errors.ts';
import type { DamageState } from '../storage.ts';

/** One byte of a file, and what it was. */
export interface SpoiltByte {
  readonly path: string;
  /** Of the file: another of the same name is not the one that was spoilt. */
  readonly inode: number;
  readonly at: number;
  readonly was: number;
}

/** The data files of a table of the node whose files are in `directory`. A PlatformError when there is none. */
function dataFiles(directory: string, keyspace: string, table: string): readonly string[] {
  const data = join(directory, 'data', keyspace);
  const tables = existsSync(data) ? readdirSync(data).filter((name) => name.startsWith(`${table}-`)) : [];
  const files = tables.flatMap((name) =>
    readdirSync(join(data, name))
      .filter((file) => file.endsWith('-Data.db'))
      .map((file) => join(data, name, file)),
  );
  if (files.length > 0) return files.sort();
  throw new PlatformError(`there is no data file of ${keyspace}.${table}: nothing of it was written yet`);
}

/** `places` different bytes of a table's data files, wherever `seed` says: each of them is as likely as any other. */
export function chooseBytes(
  directory: string,
  table: { readonly keyspace: string; readonly table: string },
  places: number,
  seed: string,
): readonly SpoiltByte[] {
  return bytesOf(dataFiles(directory, table.keyspace, table.table), places, seed);
}

/** `places` different bytes of these files, wherever `seed` says. */
export function bytesOf(paths: readonly string[], places: number, seed: string): readonly SpoiltByte[] {
  const files = paths.map((path) => ({ path, size: statSync(path).size }));
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const chosen = new Set<number>();
  for (let n = 0; chosen.size < Math.min(places, total); n += 1) {
    const hash = createHash('sha256').update(`${seed}\u0000${n}`).digest();
    chosen.add(Number(hash.readBigUInt64BE() % BigInt(total)));
  }
  return [...chosen].map((place) => {
    let at = place;
    const file = files.find(({ size }) => {
      if (at < size) return true;
      at -= size;
      return false;
    }) as { path: string };
    return { path: file.path, inode: statSync(file.path).ino, at, was: byteAt(file.path, at) };
  });
}

/** Turns every bit of each byte round; they are on disk when it returns. One whose file is gone stays what it was. */
export function spoil(bytes: readonly SpoiltByte[]): void {
  writeAll(bytes.filter(isThere), (was) => was ^ 0xff);
}

/** Gives each byte back what it was. A file that is gone took its damage with it. */
export function mendFiles(bytes: readonly SpoiltByte[]): void {
  writeAll(bytes.filter(isThere), (was) => was);
}

/** How many of the bytes are another than they were, as they are read now. */
export function observeFiles(bytes: readonly SpoiltByte[]): DamageState {
  const there = bytes.filter(isThere);
  const spoilt = there.filter(({ path, at, was }) => byteAt(path, at) !== was);
  const files = new Set(there.map(({ path }) => path));
  return {
    damaged: spoilt.length,
    of: bytes.length,
    what: `${spoilt.length} of ${bytes.length} bytes in ${files.size} data files are another than they were`,
  };
}

function isThere({ path, inode }: SpoiltByte): boolean {
  return existsSync(path) && statSync(path).ino === inode;
}

function byteAt(path: string, at: number): number {
  const file = openSync(path, 'r');
  try {
    const byte = Buffer.alloc(1);
    if (readSync(file, byte, 0, 1, at) !== 1) throw new PlatformError(`${path}: nothing at byte ${at}`);
    return byte[0] as number;
  } finally {
    closeSync(file);
  }
}

/** Each file once: whoever else this process serves waits meanwhile. */
function writeAll(bytes: readonly SpoiltByte[], value: (was: number) => number): void {
  for (const [path, mine] of Map.groupBy(bytes, (byte) => byte.path)) {
    const file = openSync(path, 'r+');
    try {
      const { ino } = fstatSync(file);
      for (const { inode, at, was } of mine) if (inode === ino) writeSync(file, Buffer.from([value(was)]), 0, 1, at);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }
}
