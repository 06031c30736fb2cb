import { closeSync, openSync, readSync } from 'node:fs';
import { EvidenceError } from '../errors.ts';
import { parseCsvLine } from '../history/csv.ts';

const CHUNK = 1 << 20;
const LF = 10;
const CR = 13;
const QUOTE = 34;
const COMMA = 44;
/** Each byte one more than the comma; each byte's highest bit. */
const BELOW = 0x2d2d2d2d;
const HIGH = 0x80808080 | 0;

/** One record: field `i` is the bytes from `starts[i]` to before `ends[i]`. Valid only until the next record. */
export interface CsvRecord {
  bytes: Buffer;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** How many fields there are; -1 when it is no record of RFC 4180. */
  fields: number;
  /** From 1; the header is 1. */
  line: number;
}

/**
 * Reads a file of RFC 4180 without making strings, a megabyte at a time. Returns whether it is torn: its last record has no end, and is not
 * among those visited. An EvidenceError when its header is another.
 */
export function readCsv(path: string, header: string, visit: (record: CsvRecord) => void): { torn: boolean } {
  const columns = header.trimEnd().split(',').length;
  const record: CsvRecord = {
    bytes: Buffer.alloc(0),
    starts: new Int32Array(columns),
    ends: new Int32Array(columns),
    fields: 0,
    line: 0,
  };
  const file = openSync(path, 'r');
  try {
    let buffer = Buffer.allocUnsafe(2 * CHUNK);
    let held = 0;
    for (;;) {
      if (held + CHUNK > buffer.length) buffer = Buffer.concat([buffer.subarray(0, held)], held + 2 * CHUNK);
      const read = readSync(file, buffer, held, CHUNK, null);
      if (read === 0) break;
      const length = held + read;
      const consumed = splitRecords(buffer, length, record, (current) => {
        if (current.line > 1) visit(current);
        else checkHeader(path, header, current);
      });
      buffer.copyWithin(0, consumed, length);
      held = length - consumed;
    }
    return { torn: held > 0 };
  } finally {
    closeSync(file);
  }
}

/** Visits the whole records among the first `length` bytes; returns how many bytes they are. */
function splitRecords(buffer: Buffer, length: number, record: CsvRecord, visit: (record: CsvRecord) => void): number {
  const { starts, ends } = record;
  const columns = starts.length;
  let start = 0;
  let field = 0;
  let fieldStart = 0;
  const words = new Int32Array(buffer.buffer, buffer.byteOffset, buffer.length >>> 2);
  for (let at = 0; at < length; at++) {
    // Four bytes at once, as long as none of them is a separator (the classic test for a byte below another).
    if ((at & 3) === 0) {
      let word = words[at >>> 2] as number;
      while (at + 4 <= length && ((word - BELOW) & ~word & HIGH) === 0) {
        at += 4;
        word = words[at >>> 2] as number;
      }
      if (at >= length) break;
    }
    const byte = buffer[at] as number;
    if (byte > COMMA) continue;
    if (byte === COMMA) {
      if (field < columns) {
        starts[field] = fieldStart;
        ends[field] = at;
      }
      field++;
      fieldStart = at + 1;
    } else if (byte === LF) {
      if (field < columns) {
        starts[field] = fieldStart;
        ends[field] = at > fieldStart && buffer[at - 1] === CR ? at - 1 : at;
      }
      record.bytes = buffer;
      record.fields = field + 1;
      record.line++;
      visit(record);
      start = at + 1;
      field = 0;
      fieldStart = start;
    } else if (byte === QUOTE) {
      const end = quotedEnd(buffer, start, length);
      if (end < 0) return start;
      record.line++;
      unquote(buffer.toString('latin1', start, end), record);
      visit(record);
      start = end;
      field = 0;
      fieldStart = start;
      at = end - 1;
    }
  }
  return start;
}

/** One past the line end of a record with quoted fields, in which line ends may stand; -1 when it is not whole. */
function quotedEnd(buffer: Buffer, start: number, length: number): number {
  let quoted = false;
  for (let at = start; at < length; at++) {
    if (buffer[at] === QUOTE) quoted = !quoted;
    else if (buffer[at] === LF && !quoted) return at + 1;
  }
  return -1;
}

function unquote(text: string, record: CsvRecord): void {
  let fields: string[];
  try {
    fields = parseCsvLine(text);
  } catch {
    record.fields = -1;
    return;
  }
  // Another separator than the comma, which may stand in a field.
  record.bytes = Buffer.from(fields.join('\0'), 'latin1');
  record.fields = fields.length;
  let at = 0;
  for (const [index, field] of fields.entries()) {
    if (index >= record.starts.length) break;
    record.starts[index] = at;
    record.ends[index] = at + field.length;
    at += field.length + 1;
  }
}

function checkHeader(path: string, header: string, { bytes, starts, ends, fields }: CsvRecord): void {
  const got =
    fields === starts.length ? [...starts].map((at, i) => bytes.toString('latin1', at, ends[i])).join(',') : '';
  if (got !== header.trimEnd()) {
    throw new EvidenceError(`${path} line 1: expected the header ${header.trimEnd()}, got ${fields} columns: ${got}`, {
      hint: 'The file was written by something else, or changed since.',
    });
  }
}

/** Digits as a safe integer; -1 for anything else, and for nothing. */
export function integerField(bytes: Buffer, start: number, end: number): number {
  if (end === start || end - start > 16) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] as number) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value <= Number.MAX_SAFE_INTEGER ? value : -1;
}

/** FNV-1a of some bytes, 32 bits, unsigned. */
export function hashBytes(bytes: Buffer, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return hash >>> 0;
}

/** What a few different values of a column (or of several neighbours) stand for, without a string for each row. */
export class ByteNames<T> {
  private readonly known: { readonly bytes: Buffer; readonly value: T }[][] = Array.from({ length: 64 }, () => []);
  private readonly make: (text: string) => T;

  /** `make` is called once for each different value. */
  constructor(make: (text: string) => T) {
    this.make = make;
  }

  get(bytes: Buffer, start: number, end: number): T {
    // Length and last byte tell nearly all names apart; the comparison decides.
    const candidates = this.known[((end - start) * 31 + (end > start ? (bytes[end - 1] as number) : 0)) & 63] as {
      readonly bytes: Buffer;
      readonly value: T;
    }[];
    for (let at = 0; at < candidates.length; at++) {
      const candidate = candidates[at] as { readonly bytes: Buffer; readonly value: T };
      if (equalBytes(candidate.bytes, bytes, start, end)) return candidate.value;
    }
    const value = this.make(bytes.toString('utf8', start, end));
    candidates.push({ bytes: Buffer.from(bytes.subarray(start, end)), value });
    return value;
  }
}

function equalBytes(known: Buffer, bytes: Buffer, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  for (let at = 0; at < known.length; at++) if (known[at] !== bytes[start + at]) return false;
  return true;
}

/** The texts of neighbouring fields that were taken as one stretch of bytes. */
export function splitFields(text: string): string[] {
  return text.split(text.includes('\0') ? '\0' : ',');
}
