import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { EvidenceError } from '../errors.ts';
import { hashBytes } from './csv-bytes.ts';

const BUFFER = 1 << 16;
/** Bytes before the key: hash (4), length of the key (2), of the value (2), then the caller's. */
const PREFIX = 8;

/** What the caller keeps beside key and value: a fixed number of bytes. */
export interface SpillLayout {
  readonly name: string;
  readonly bytes: number;
}

interface Part {
  readonly path: string;
  readonly file: number;
  readonly buffer: Buffer;
  used: number;
  records: number;
}

/** One record of a part: positions in `bytes`. */
export interface SpilledRecord {
  hash: number;
  /** Where the caller's bytes are. */
  at: number;
  key: number;
  value: number;
  /** One past the value: the next record. */
  end: number;
}

/**
 * Records with a key of any length, written to `count` files by the hash of the key, so that records of the same key meet again in the same
 * file, and each file fits into memory.
 */
export class KeySpill {
  private readonly parts: readonly Part[];
  private readonly layout: SpillLayout;

  constructor(directory: string, layout: SpillLayout, count: number) {
    this.layout = layout;
    this.parts = Array.from({ length: count }, (_, number) => {
      const path = join(directory, `${layout.name}-${number}`);
      return { path, file: openSync(path, 'w'), buffer: Buffer.allocUnsafe(BUFFER), used: 0, records: 0 };
    });
  }

  /** Appends one record; `fill` writes the caller's bytes at the given position. */
  add(
    source: Buffer,
    key: readonly [start: number, end: number],
    value: readonly [start: number, end: number],
    fill: (buffer: Buffer, at: number) => void,
  ): void {
    const keyLength = key[1] - key[0];
    const valueLength = value[1] - value[0];
    const size = PREFIX + this.layout.bytes + keyLength + valueLength;
    if (size > BUFFER)
      throw new EvidenceError(`a key or a value of ${keyLength + valueLength} bytes is longer than any`);
    const hash = hashBytes(source, key[0], key[1]);
    const part = this.parts[hash % this.parts.length] as Part;
    if (part.used + size > BUFFER) flush(part);
    const { buffer } = part;
    const at = part.used;
    buffer.writeUInt32LE(hash, at);
    buffer.writeUInt16LE(keyLength, at + 4);
    buffer.writeUInt16LE(valueLength, at + 6);
    fill(buffer, at + PREFIX);
    const keyAt = at + PREFIX + this.layout.bytes;
    source.copy(buffer, keyAt, key[0], key[1]);
    source.copy(buffer, keyAt + keyLength, value[0], value[1]);
    part.used += size;
    part.records++;
  }

  /** Everything that was added to part `number`. Nothing can be added to it any more. */
  read(number: number): { bytes: Buffer; records: number } {
    const part = this.parts[number] as Part;
    flush(part);
    return { bytes: readFileSync(part.path), records: part.records };
  }

  /** Visits the records of a part; the one object is filled anew for each. */
  visit(bytes: Buffer, visit: (record: SpilledRecord) => void): void {
    const record: SpilledRecord = { hash: 0, at: 0, key: 0, value: 0, end: 0 };
    for (let at = 0; at < bytes.length; at = record.end) {
      record.hash = bytes.readUInt32LE(at);
      record.at = at + PREFIX;
      record.key = record.at + this.layout.bytes;
      record.value = record.key + bytes.readUInt16LE(at + 4);
      record.end = record.value + bytes.readUInt16LE(at + 6);
      visit(record);
    }
  }

  get count(): number {
    return this.parts.length;
  }

  close(): void {
    for (const part of this.parts) closeSync(part.file);
  }
}

function flush(part: Part): void {
  for (let at = 0; at < part.used; ) at += writeSync(part.file, part.buffer, at, part.used - at);
  part.used = 0;
}
