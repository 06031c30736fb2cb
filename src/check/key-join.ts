import { READ_BACK_STATES } from '../history/operation.ts';
import type { Defects } from './defects.ts';
import { KeySpill, type SpilledRecord } from './key-spill.ts';
import { type HistoryAttempt, KEY_COLUMN, VALUE_COLUMN } from './load-history.ts';
import { READ_KEY_COLUMN, READ_VALUE_COLUMN, type ReadBackAnswerRow, type ReadPlace } from './load-read-back.ts';
import { attemptWins, type Contender } from './merge.ts';

/** What was found of a key at one place. `other value`: it is there, but is not what was written. `repeated`: it is there more than once. */
const KEY_STATES = [
  'no row',
  'present',
  'absent',
  'corrupt',
  'partial',
  'unreadable',
  'repeated',
  'other value',
] as const;
export type KeyState = (typeof KEY_STATES)[number];

/** A written key with everything that was read of it. Valid only while it is visited. */
export interface WrittenKey {
  readonly timetable: number;
  /** Where the attempt that counts was sent. */
  readonly site: number;
  readonly outcome: number;
  /** Of the attempt that counts; NaN when there is none. */
  readonly completedUs: number;
  key(): string;
  state(place: number): KeyState;
}

const WRITE = { name: 'writes', bytes: 18 };
const READ = { name: 'reads', bytes: 3 };

/** Joins the writes of a history with what was read back, by exact key, without holding either in memory. */
export class KeyJoin {
  private readonly writes: KeySpill;
  private readonly reads: KeySpill;
  private readonly defects: Defects;

  /** `count`: parts, each of which must fit into memory. */
  constructor(directory: string, count: number, defects: Defects) {
    this.writes = new KeySpill(directory, WRITE, count);
    this.reads = new KeySpill(directory, READ, count);
    this.defects = defects;
  }

  addWrite({ record, timetable, site, index, attempt, outcome, completedUs }: HistoryAttempt): void {
    this.writes.add(record.bytes, fieldOf(record, KEY_COLUMN), fieldOf(record, VALUE_COLUMN), (buffer, at) => {
      buffer.writeDoubleLE(completedUs, at);
      buffer.writeUInt32LE(index, at + 8);
      buffer.writeUInt16LE(timetable, at + 12);
      buffer.writeUInt8(site, at + 14);
      buffer.writeUInt16LE(attempt, at + 15);
      buffer.writeUInt8(outcome, at + 17);
    });
  }

  addRead({ record, place, state }: ReadBackAnswerRow): void {
    this.reads.add(record.bytes, fieldOf(record, READ_KEY_COLUMN), fieldOf(record, READ_VALUE_COLUMN), (buffer, at) => {
      buffer.writeUInt16LE(place, at);
      buffer.writeUInt8(state, at + 2);
    });
  }

  /**
   * Visits every written key once, and once every key that is there and was never written (`onStranger`, with a place where it is).
   * `probeOf` gives the probe of a timetable: a key belongs to one probe.
   */
  run(
    places: readonly ReadPlace[],
    probeOf: (timetable: number) => string,
    onKey: (key: WrittenKey) => void,
    onStranger: (place: number) => void,
  ): void {
    for (let number = 0; number < this.writes.count; number++) {
      const part = new Part(this.writes.read(number), places.length, this.defects);
      this.writes.visit(part.bytes, (record) => part.addWrite(record));
      const { bytes } = this.reads.read(number);
      const strangers = new Set<string>();
      const seen = new Set<string>();
      this.reads.visit(bytes, (record) => {
        const place = bytes.readUInt16LE(record.at);
        const state = READ_BACK_STATES[bytes.readUInt8(record.at + 2)] as string;
        const entry = part.find(record.hash, bytes, record.key, record.value);
        if (entry >= 0 && probeOf(part.timetable(entry)) === places[place]?.probe) {
          part.addRead(entry, place, state, bytes.subarray(record.value, record.end));
          return;
        }
        const key = bytes.toString('utf8', record.key, record.value);
        if (strangers.size === strangers.add(`${place} ${key}`).size) this.defects.add(REPEATED_READ, key);
        const there = state !== 'absent' && state !== 'unreadable';
        if (there && seen.size !== seen.add(`${places[place]?.stage === 'canary'} ${places[place]?.probe} ${key}`).size)
          onStranger(place);
      });
      part.visit(onKey);
    }
  }

  close(): void {
    this.writes.close();
    this.reads.close();
  }
}

const REPEATED_READ =
  'read-back.csv: a key has more than one row for a stage, fault, site and probe: the run is invalid';
const REPEATED_KEY = 'history.csv: two operations wrote the same key: the run is invalid';

/** The written keys of one part: an open-addressing table over the bytes of the part itself. */
class Part {
  readonly bytes: Buffer;
  private readonly table: Int32Array;
  private readonly mask: number;
  /** Where the record of the attempt that counts is, and its length of key and value. */
  private readonly at: Int32Array;
  private readonly key: Int32Array;
  private readonly value: Int32Array;
  private readonly end: Int32Array;
  private readonly hashes: Uint32Array;
  private readonly states: Uint8Array;
  private readonly places: number;
  private readonly defects: Defects;
  private count = 0;

  constructor({ bytes, records }: { bytes: Buffer; records: number }, places: number, defects: Defects) {
    this.bytes = bytes;
    this.places = places;
    this.defects = defects;
    const size = 2 ** Math.ceil(Math.log2(records * 2 + 2));
    this.mask = size - 1;
    this.table = new Int32Array(size).fill(-1);
    this.at = new Int32Array(records);
    this.key = new Int32Array(records);
    this.value = new Int32Array(records);
    this.end = new Int32Array(records);
    this.hashes = new Uint32Array(records);
    this.states = new Uint8Array(records * places);
  }

  timetable(entry: number): number {
    return this.bytes.readUInt16LE((this.at[entry] as number) + 12);
  }

  find(hash: number, bytes: Buffer, start: number, end: number): number {
    for (let slot = slotOf(hash) & this.mask; ; slot = (slot + 1) & this.mask) {
      const entry = this.table[slot] as number;
      if (entry < 0) return -1;
      if (this.hashes[entry] === hash && this.sameKey(entry, bytes, start, end)) return entry;
    }
  }

  addWrite({ hash, at, key, value, end }: SpilledRecord): void {
    const known = this.find(hash, this.bytes, key, value);
    if (known < 0) {
      let slot = slotOf(hash) & this.mask;
      while ((this.table[slot] as number) >= 0) slot = (slot + 1) & this.mask;
      this.table[slot] = this.count;
      this.hashes[this.count] = hash;
      this.place(this.count++, at, key, value, end);
      return;
    }
    const other = this.at[known] as number;
    const { bytes } = this;
    if (
      bytes.readUInt32LE(at + 8) !== bytes.readUInt32LE(other + 8) ||
      bytes.readUInt16LE(at + 12) !== this.timetable(known)
    ) {
      this.defects.add(REPEATED_KEY, bytes.toString('utf8', key, value));
    } else if (attemptWins(this.contender(at), this.contender(other))) {
      this.place(known, at, key, value, end);
    }
  }

  addRead(entry: number, place: number, state: string, value: Buffer): void {
    const at = entry * this.places + place;
    if (this.states[at] !== 0) this.defects.add(REPEATED_READ, this.keyText(entry));
    else this.states[at] = KEY_STATES.indexOf(this.stateOf(entry, state, value));
  }

  visit(visit: (key: WrittenKey) => void): void {
    let entry = 0;
    const { bytes, states, places } = this;
    for (; entry < this.count; entry++) {
      const at = this.at[entry] as number;
      const row = entry * places;
      const current = entry;
      visit({
        completedUs: bytes.readDoubleLE(at),
        timetable: bytes.readUInt16LE(at + 12),
        site: bytes.readUInt8(at + 14),
        outcome: bytes.readUInt8(at + 17),
        key: () => this.keyText(current),
        state: (place) => KEY_STATES[states[row + place] as number] as KeyState,
      });
    }
  }

  /** What a row says, given what was written. A key that is there with no checksum to compare cannot be told. */
  private stateOf(entry: number, state: string, value: Buffer): KeyState {
    if (state !== 'present' && state !== 'phantom') return state as KeyState;
    const start = this.value[entry] as number;
    const end = this.end[entry] as number;
    const same = end - start === value.length && value.equals(this.bytes.subarray(start, end));
    if (same) return state === 'present' ? 'present' : 'repeated';
    if (value.length === 0) return state === 'present' ? 'unreadable' : 'other value';
    return 'other value';
  }

  private keyText(entry: number): string {
    return this.bytes.toString('utf8', this.key[entry], this.value[entry]);
  }

  private place(entry: number, at: number, key: number, value: number, end: number): void {
    this.at[entry] = at;
    this.key[entry] = key;
    this.value[entry] = value;
    this.end[entry] = end;
  }

  private sameKey(entry: number, bytes: Buffer, start: number, end: number): boolean {
    const from = this.key[entry] as number;
    if ((this.value[entry] as number) - from !== end - start) return false;
    for (let at = start; at < end; at++) if (bytes[at] !== this.bytes[from + at - start]) return false;
    return true;
  }

  /** The attempt whose record is at `at`. */
  private contender(at: number): Contender {
    const { bytes } = this;
    return {
      completedUs: bytes.readDoubleLE(at),
      attempt: bytes.readUInt16LE(at + 15),
      outcome: bytes.readUInt8(at + 17),
    };
  }
}

/** The low bits of the hash chose the part; those of the table must be others. */
function slotOf(hash: number): number {
  return Math.imul(hash, 0x9e3779b1) >>> 8;
}

function fieldOf(record: { starts: Int32Array; ends: Int32Array }, column: number): [number, number] {
  return [record.starts[column] as number, record.ends[column] as number];
}
