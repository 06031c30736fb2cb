import { EvidenceError } from '../errors.ts';

/** How many different names a column may have that is meant to have a few. */
export const NAMES = 1 << 12;

interface Known {
  readonly bytes: Buffer;
  /** Its bytes, four at a time, but for the last few. */
  readonly words: Int32Array;
  readonly number: number;
}

/** The few different values of a column, numbered in the order in which they come, without a string for each row. */
export class ByteNames {
  /** The number of the name that was found last. */
  last = -1;
  readonly texts: string[] = [];
  private lastKnown: Known = { bytes: Buffer.alloc(0), words: new Int32Array(0), number: -1 };
  private readonly known: Known[][] = Array.from({ length: 64 }, () => []);

  /** The length of the last name where what stands at `at` begins with it; else 0. */
  startsAt(view: DataView, at: number): number {
    const { bytes, words } = this.lastKnown;
    const { length } = bytes;
    if (at + length > view.byteLength) return 0;
    let from = 0;
    for (let i = 0; i < words.length; i++, from += 4) if (view.getInt32(at + from, true) !== words[i]) return 0;
    for (; from < length; from++) if (view.getUint8(at + from) !== bytes[from]) return 0;
    return length;
  }

  /** The number of this name, which may be a new one. An EvidenceError when there are too many. */
  numberOf(bytes: Buffer, start: number, end: number): number {
    // Length and last byte tell nearly all names apart; the comparison decides.
    const candidates = this.known[
      ((end - start) * 31 + (end > start ? (bytes[end - 1] as number) : 0)) & 63
    ] as Known[];
    for (const known of candidates) {
      if (equalBytes(known.bytes, bytes, start, end)) return this.found(known);
    }
    if (this.texts.length === NAMES) throw new EvidenceError(`a column of names has more than ${NAMES} different ones`);
    const known = knownOf(bytes.subarray(start, end), this.texts.length);
    this.texts.push(bytes.toString('utf8', start, end));
    candidates.push(known);
    return this.found(known);
  }

  private found(known: Known): number {
    this.lastKnown = known;
    this.last = known.number;
    return known.number;
  }
}

function knownOf(name: Buffer, number: number): Known {
  const bytes = Buffer.from(name);
  const words = Int32Array.from({ length: bytes.length >>> 2 }, (_, i) => bytes.readInt32LE(4 * i));
  return { bytes, words, number };
}

function equalBytes(known: Buffer, bytes: Buffer, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  for (let at = 0; at < known.length; at++) if (known[at] !== bytes[start + at]) return false;
  return true;
}
