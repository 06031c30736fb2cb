import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { slotIntendedUs } from '../history/timetable.ts';
import { attemptWins, type Contender } from './merge.ts';
import { GAP, type Operations } from './operations.ts';

const SHIFT = 12;
const SLOTS = 1 << SHIFT;
const BYTES_A_SLOT = 24;
/** Blocks of one timetable that are held in memory: 1.5 MB. Rows come nearly in order. */
const HELD = 16;

/** Bits of `meta`, from the lowest: present, outcome (2), shed in every attempt, write, spare, site (8), error (10), attempt (8). */
const PRESENT = 1;
const SHED = 8;
const WRITE = 16;

/** The word that says all of an attempt but its times. */
export function packMeta(of: {
  outcome: number;
  shed: boolean;
  write: boolean;
  site: number;
  error: number;
  attempt: number;
}): number {
  const flags = PRESENT | (of.outcome << 1) | (of.shed ? SHED : 0) | (of.write ? WRITE : 0);
  return (flags | (of.site << 6) | (of.error << 14) | (of.attempt << 24)) >>> 0;
}

/** How many different sites, error codes and attempts fit into a record. */
export const LIMITS = { sites: 1 << 8, errors: 1 << 10, attempts: (1 << 8) - 1 } as const;

interface Block {
  number: number;
  dirty: boolean;
  readonly bytes: Uint8Array;
  readonly completed: Float64Array;
  readonly invoked: Float64Array;
  readonly meta: Uint32Array;
  /** Attempts that were seen, one bit each; in a file without gaps the slot `k`. */
  readonly extra: Uint32Array;
}

export interface RecordFileOptions {
  readonly path: string;
  readonly startUs: number;
  readonly rate: number;
  readonly timeoutUs: number;
  /** By their number in a record. Shared by all timetables of a history. */
  readonly sites: readonly string[];
  readonly errors: readonly string[];
  /** Positions are slots, and what is not there is a gap; else each record carries its slot. */
  readonly bySlot: boolean;
}

/**
 * The operations of one timetable in a file of fixed-size records, 24 bytes a slot, of which only a few blocks are in memory. Attempts are
 * merged where they are placed, in any order; then it is read, also in any order.
 */
export class RecordFile implements Operations {
  readonly rate: number;
  readonly timeoutUs: number;
  length = 0;
  private readonly options: RecordFileOptions;
  private readonly file: number;
  private readonly held: (Block | undefined)[] = new Array(HELD);
  private blocksOnDisk = 0;
  private current: Block;

  constructor(options: RecordFileOptions) {
    this.options = options;
    this.rate = options.rate;
    this.timeoutUs = options.timeoutUs;
    this.file = openSync(options.path, 'w+');
    this.current = this.load(0);
  }

  /** Adds one attempt to the operation of slot `k`; `completedUs` NaN when there is none. False when this attempt is there already. */
  place(k: number, attempt: number, meta: number, invokedUs: number, completedUs: number): boolean {
    const block = this.block(k);
    const at = k & (SLOTS - 1);
    const bit = attempt < 32 ? 1 << attempt : 1;
    const seen = block.extra[at] as number;
    // Beyond the 31st the attempts share a bit, and a duplicate among them is not seen.
    if (attempt < 32 && (seen & bit) !== 0) return false;
    block.dirty = true;
    block.extra[at] = seen | bit;
    if (k >= this.length) this.length = k + 1;
    const known = block.meta[at] as number;
    const shed = known === 0 ? meta & SHED : known & meta & SHED;
    if (known === 0 || attemptWins(contender(meta, completedUs), contender(known, block.completed[at] as number))) {
      block.completed[at] = completedUs;
      block.invoked[at] = invokedUs;
      block.meta[at] = ((meta & ~SHED) | shed) >>> 0;
    } else {
      block.meta[at] = ((known & ~SHED) | shed) >>> 0;
    }
    return true;
  }

  /** Appends what stands at `position` of another file; for files that are not by slot. */
  append(from: RecordFile, position: number): void {
    const source = from.block(position);
    const at = position & (SLOTS - 1);
    const block = this.block(this.length);
    const to = this.length & (SLOTS - 1);
    block.dirty = true;
    block.completed[to] = source.completed[at] as number;
    block.invoked[to] = source.invoked[at] as number;
    block.meta[to] = source.meta[at] as number;
    block.extra[to] = from.slot(position);
    this.length++;
  }

  /** Shed, or a gap. */
  missing(position: number): boolean {
    const meta = this.meta(position);
    return meta === 0 || (meta & SHED) !== 0;
  }

  get errorNames(): readonly string[] {
    return this.options.errors;
  }

  close(): void {
    closeSync(this.file);
  }

  slot(position: number): number {
    return this.options.bySlot ? position : (this.block(position).extra[position & (SLOTS - 1)] as number);
  }
  slotUs(k: number): number {
    return slotIntendedUs(this.options.startUs, this.rate, k);
  }
  intendedUs(position: number): number {
    return this.slotUs(this.slot(position));
  }
  invokedUs(position: number): number {
    const block = this.block(position);
    const at = position & (SLOTS - 1);
    return block.meta[at] === 0 ? Number.NaN : (block.invoked[at] as number);
  }
  completedUs(position: number): number {
    const block = this.block(position);
    const at = position & (SLOTS - 1);
    return block.meta[at] === 0 ? Number.NaN : (block.completed[at] as number);
  }
  outcome(position: number): number {
    const meta = this.meta(position);
    return meta === 0 ? GAP : outcomeOf(meta);
  }
  shed(position: number): boolean {
    return (this.meta(position) & SHED) !== 0;
  }
  write(position: number): boolean {
    return (this.meta(position) & WRITE) !== 0;
  }
  site(position: number): string {
    const meta = this.meta(position);
    return meta === 0 ? '' : (this.options.sites[(meta >>> 6) & 0xff] as string);
  }
  error(position: number): string {
    const meta = this.meta(position);
    return meta === 0 ? 'gap' : (this.options.errors[(meta >>> 14) & 0x3ff] as string);
  }

  private meta(position: number): number {
    return this.block(position).meta[position & (SLOTS - 1)] as number;
  }

  private block(position: number): Block {
    const number = position >>> SHIFT;
    if (this.current.number === number) return this.current;
    this.current = this.load(number);
    return this.current;
  }

  private load(number: number): Block {
    const index = number % HELD;
    const held = this.held[index];
    if (held?.number === number) return held;
    const block = held ?? newBlock();
    if (block.dirty) this.store(block);
    block.number = number;
    const read =
      number < this.blocksOnDisk ? readSync(this.file, block.bytes, 0, block.bytes.length, offsetOf(number)) : 0;
    block.bytes.fill(0, read);
    this.held[index] = block;
    return block;
  }

  private store(block: Block): void {
    for (let at = 0; at < block.bytes.length; ) {
      at += writeSync(this.file, block.bytes, at, block.bytes.length - at, offsetOf(block.number) + at);
    }
    block.dirty = false;
    this.blocksOnDisk = Math.max(this.blocksOnDisk, block.number + 1);
  }
}

function outcomeOf(meta: number): number {
  return (meta >>> 1) & 3;
}

function contender(meta: number, completedUs: number): Contender {
  return { outcome: outcomeOf(meta), completedUs, attempt: meta >>> 24 };
}

function offsetOf(block: number): number {
  return block * SLOTS * BYTES_A_SLOT;
}

function newBlock(): Block {
  const buffer = new ArrayBuffer(SLOTS * BYTES_A_SLOT);
  return {
    number: -1,
    dirty: false,
    bytes: new Uint8Array(buffer),
    completed: new Float64Array(buffer, 0, SLOTS),
    invoked: new Float64Array(buffer, SLOTS * 8, SLOTS),
    meta: new Uint32Array(buffer, SLOTS * 16, SLOTS),
    extra: new Uint32Array(buffer, SLOTS * 20, SLOTS),
  };
}
