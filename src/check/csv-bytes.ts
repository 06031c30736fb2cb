import { closeSync, openSync, readSync } from 'node:fs';
import { EvidenceError } from '../errors.ts';
import { parseCsvLine } from '../history/csv.ts';
import type { ByteNames } from './byte-names.ts';

const CHUNK = 1 << 20;
const LF = 10;
const CR = 13;
const QUOTE = 34;
const COMMA = 44;
const ZERO = 48;
/** Each byte one more than the comma; each byte's highest bit. */
const BELOW = 0x2d2d2d2d;
const HIGH = 0x80808080 | 0;
/** Bytes behind what was read, so that four can be looked at wherever one may stand. */
const ROOM = 4;
const TEXT = 0;
const INTEGER = 1;
const NAME = 2;

/** What a column holds: any bytes; whole numbers; a few different names, which are numbered. */
export type Column = 'text' | 'integer' | ByteNames;

/** One record: field `i` is the bytes from `starts[i]` to before `ends[i]`. Valid only until the next record. */
export interface CsvRecord {
  bytes: Buffer;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Of an integer its value, -1 when it is none (or nothing); of a name its number; of a text nothing. */
  readonly numbers: Float64Array;
  /** How many fields there are; -1 when it is no record of RFC 4180. */
  fields: number;
  /** From 1; the header is 1. */
  line: number;
}

/**
 * Reads a file of RFC 4180 without making strings, a megabyte at a time; `columns` says what is in each. Returns whether it is torn: its last
 * record has no end, and is not among those visited. An EvidenceError when its header is another.
 */
export function readCsv(
  path: string,
  header: string,
  columns: readonly Column[],
  visit: (record: CsvRecord) => void,
): { torn: boolean } {
  const count = columns.length;
  const record: CsvRecord = {
    bytes: Buffer.alloc(0),
    starts: new Int32Array(count),
    ends: new Int32Array(count),
    numbers: new Float64Array(count),
    fields: 0,
    line: 0,
  };
  const file = openSync(path, 'r');
  try {
    let buffer = Buffer.allocUnsafe(2 * CHUNK);
    let held = 0;
    for (;;) {
      if (held + CHUNK + ROOM > buffer.length) buffer = Buffer.concat([buffer.subarray(0, held)], held + 2 * CHUNK);
      const read = readSync(file, buffer, held, CHUNK, null);
      if (read === 0) break;
      const length = held + read;
      const consumed = splitRecords(buffer, length, columns, record, (current) => {
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
/** Visits the whole records among the first `length` bytes, behind which there is room for a few; returns how many bytes they are. */
function splitRecords(
  buffer: Buffer,
  length: number,
  columns: readonly Column[],
  record: CsvRecord,
  visit: (record: CsvRecord) => void,
): number {
  const { starts, ends, numbers } = record;
  const count = columns.length;
  const kinds = Uint8Array.from(columns, (column) =>
    column === 'text' ? TEXT : column === 'integer' ? INTEGER : NAME,
  );
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
  // Every scan ends here at the latest, and none has to ask whether there is more.
  buffer[length] = LF;
  let start = 0;
  let at = 0;
  let field = 0;
  for (;;) {
    const from = at;
    const kind = field < count ? (kinds[field] as number) : TEXT;
    let number = -1;
    let known = false;
    if (kind === INTEGER) {
      // Nine digits fit into an integer of the machine.
      const small = from + 9;
      let low = 0;
      let digit = (buffer[at] as number) - ZERO;
      while (digit >= 0 && digit <= 9 && at < small) {
        low = (Math.imul(low, 10) + digit) | 0;
        digit = (buffer[++at] as number) - ZERO;
      }
      let value = low;
      while (digit >= 0 && digit <= 9) {
        value = value * 10 + digit;
        digit = (buffer[++at] as number) - ZERO;
      }
      if (at > from && at - from <= 16 && value <= Number.MAX_SAFE_INTEGER) number = value;
    } else if (kind === NAME) {
      at += (columns[field] as ByteNames).startsAt(view, at);
      known = at > from;
    }
    // Where the field is longer than its digits, or than the name that was expected, it is something else.
    const reached = at;
    let byte = buffer[at] as number;
    while (byte !== COMMA && byte !== LF && byte !== QUOTE) {
      // Four bytes at once; the lowest bit tells the first that is no larger than a comma (the classic test for a byte below another).
      const word = view.getInt32(at, true);
      const small = (word - BELOW) & ~word & HIGH;
      at += small === 0 ? 4 : (31 - Math.clz32(small & -small)) >>> 3;
      byte = buffer[at] as number;
      if (small !== 0 && byte !== COMMA && byte !== LF && byte !== QUOTE) byte = buffer[++at] as number;
    }
    if (byte === QUOTE) {
      const end = quotedEnd(buffer, start, length);
      if (end < 0) return start;
      record.line++;
      unquote(buffer.toString('latin1', start, end), columns, record);
      visit(record);
      start = end;
      at = end;
      field = 0;
      continue;
    }
    if (byte === LF && at === length) return start;
    const end = byte === LF && at > from && buffer[at - 1] === CR ? at - 1 : at;
    if (field < count) {
      starts[field] = from;
      ends[field] = end;
      if (kind === INTEGER) numbers[field] = reached === end ? number : -1;
      else if (kind === NAME) {
        const names = columns[field] as ByteNames;
        numbers[field] = known && reached === end ? names.last : names.numberOf(buffer, from, end);
      }
    }
    field++;
    at++;
    if (byte === LF) {
      record.bytes = buffer;
      record.fields = field;
      record.line++;
      visit(record);
      start = at;
      field = 0;
    }
  }
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

function unquote(text: string, columns: readonly Column[], record: CsvRecord): void {
  let fields: string[];
  try {
    fields = parseCsvLine(text);
  } catch {
    record.fields = -1;
    return;
  }
  record.bytes = Buffer.from(fields.join(','), 'latin1');
  record.fields = fields.length;
  let at = 0;
  for (const [index, field] of fields.slice(0, columns.length).entries()) {
    const end = at + field.length;
    record.starts[index] = at;
    record.ends[index] = end;
    const column = columns[index] as Column;
    if (column === 'integer') record.numbers[index] = integerField(record.bytes, at, end);
    else if (column !== 'text') record.numbers[index] = column.numberOf(record.bytes, at, end);
    at = end + 1;
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
