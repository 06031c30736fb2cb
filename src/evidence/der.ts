import { EvidenceError } from '../errors.ts';

/** One value in DER (X.690): its tag, what is in it, and all of it with its head. */
export interface Der {
  readonly tag: number;
  readonly body: Buffer;
  readonly whole: Buffer;
}

/** Tags that are read here. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octets: 0x04,
  oid: 0x06,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** `[n]`, constructed. */
export const context = (n: number): number => 0xa0 + n;

/** The one value that the bytes are. An EvidenceError for anything before, after, or that is no DER: lengths have one spelling, and none is left open. */
export function readDer(bytes: Buffer, where: string): Der {
  const { der, end } = next(bytes, 0, where);
  if (end !== bytes.length) throw new EvidenceError(`${where}: bytes after its end`);
  return der;
}

/** What is in a value, in order. */
export function childrenOf({ body }: Der, where: string): readonly Der[] {
  const children: Der[] = [];
  for (let at = 0; at < body.length; ) {
    const { der, end } = next(body, at, where);
    children.push(der);
    at = end;
  }
  return children;
}

/** The value itself, when it has the tag. */
export function tagged(der: Der | undefined, tag: number, where: string): Der {
  if (der?.tag !== tag) throw new EvidenceError(`${where}: not of the form of a time stamp (RFC 3161)`);
  return der;
}

/** Such as `1.2.840.113549.1.7.2`. */
export function oidOf(der: Der | undefined, where: string): string {
  const { body } = tagged(der, TAG.oid, where);
  const numbers: number[] = [];
  let value = 0;
  for (const [at, byte] of body.entries()) {
    const first = at === 0 || (body[at - 1] as number) < 0x80;
    if ((first && byte === 0x80) || value > 2 ** 40) throw new EvidenceError(`${where}: an identifier that is none`);
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      numbers.push(value);
      value = 0;
    }
  }
  if (numbers.length === 0 || (body.at(-1) as number) >= 0x80)
    throw new EvidenceError(`${where}: an identifier that is none`);
  const [head = 0, ...rest] = numbers;
  const root = Math.min(2, Math.floor(head / 40));
  return [root, head - 40 * root, ...rest].join('.');
}

/** A number from 0 to 2^47. */
export function smallInteger(der: Der | undefined, where: string, tag: number = TAG.integer): number {
  const { body } = tagged(der, tag, where);
  const padded = body.length > 1 && body[0] === 0 && (body[1] as number) < 0x80;
  if (body.length === 0 || body.length > 6 || (body[0] as number) >= 0x80 || padded)
    throw new EvidenceError(`${where}: a number that is none`);
  return body.readUIntBE(0, body.length);
}

/** Writes a value. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const { length } = body;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), body]);
  const bytes = length < 0x100 ? [length] : [length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, 0x80 + bytes.length, ...bytes), body]);
}

function next(bytes: Buffer, from: number, where: string): { der: Der; end: number } {
  const wrong = (what: string): never => {
    throw new EvidenceError(`${where}: ${what}`);
  };
  const tag = bytes[from] ?? wrong('ends in the middle');
  if ((tag & 0x1f) === 0x1f) wrong('has a tag that no time stamp has');
  let length = bytes[from + 1] ?? wrong('ends in the middle');
  let at = from + 2;
  if (length >= 0x80) {
    const octets = length - 0x80;
    if (octets === 0 || octets > 3) wrong('has a length that is none');
    if (at + octets > bytes.length) wrong('ends in the middle');
    length = bytes.readUIntBE(at, octets);
    if (length < 0x80 || length < 2 ** (8 * (octets - 1))) wrong('has a length in another spelling');
    at += octets;
  }
  const end = at + length;
  if (end > bytes.length) wrong('ends in the middle');
  return { der: { tag, body: bytes.subarray(at, end), whole: bytes.subarray(from, end) }, end };
}
