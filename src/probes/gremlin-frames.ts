import { Bytecode, type BytecodeOf, graphBinaryWriter } from './gremlin-library.ts';

const MIME = Buffer.from('application/vnd.graphbinary-v1.0');
const MIME_HEADER = Buffer.concat([Buffer.from([MIME.length]), MIME]);
/** Where the id of a request is in its frame: after the header and the version. */
const ID_AT = MIME_HEADER.length + 1;
const NO_ID = '00000000-0000-0000-0000-000000000000';

/** A request but for its id: the 16 bytes at `ID_AT` are the sender's to fill. */
export type Frame = Buffer;

/** Writes the id of a request, a UUID's 16 bytes, into its frame. */
export function setRequestId(frame: Frame, id: Buffer): void {
  id.copy(frame, ID_AT);
}

/** Steps as bytecode: `[['V'], ['count']]`. */
export function bytecode(steps: readonly (readonly [string, ...unknown[]])[]): BytecodeOf {
  const code = new Bytecode();
  for (const [name, ...values] of steps) code.addStep(name, values as object[]);
  return code;
}

/** A traversal as a request, in a transaction of its own. */
export function traversalFrame(code: BytecodeOf, source: string): Frame {
  return frame('bytecode', 'traversal', { gremlin: code, aliases: { g: source } });
}

/** What the server takes for its own: it refuses a script that binds one of these (TinkerPop's T, Column, Order, Operator, Scope and Pop). */
const RESERVED: ReadonlySet<string> = new Set(
  'id key label value keys values asc desc shuffle sum minus mult div min max assign and or addAll sumLong global local first last all mixed'.split(
    ' ',
  ),
);

/**
 * A script as a request. The server compiles each text once: what varies belongs into `bindings`. `withinMs`: it may run for so long; absent: for
 * as long as the server lets any.
 */
export function scriptFrame(script: string, bindings: Readonly<Record<string, unknown>>, withinMs?: number): Frame {
  const reserved = Object.keys(bindings).filter((name) => RESERVED.has(name));
  if (reserved.length > 0) throw new Error(`reserved names for bindings: ${reserved.join(', ')}`);
  const limit = withinMs === undefined ? {} : { evaluationTimeout: withinMs };
  return frame('eval', '', { gremlin: script, language: 'gremlin-groovy', bindings, ...limit });
}

/** SASL PLAIN, as the answer to a challenge. */
export function authenticationFrame(username: string, password: string): Frame {
  const sasl = Buffer.from(`\u0000${username}\u0000${password}`).toString('base64');
  return frame('authentication', 'traversal', { sasl });
}

function frame(op: string, processor: string, args: Readonly<Record<string, unknown>>): Frame {
  const request = graphBinaryWriter.writeRequest({ requestId: NO_ID, op, processor, args });
  return Buffer.concat([MIME_HEADER, request]);
}

/** A place in a template for a string, or for an Integer. */
export const textHole = (n: number): string => `\u0001hole-${n}\u0001`;
export const numberHole = (n: number): number => 0x6b5a4b00 + n;

const TYPE_STRING = 0x03;
const TYPE_INT = 0x01;

/**
 * A traversal that is serialized once and filled in for each request: writing the same bytecode with the library's serializer for each
 * one costs 45 µs, this 2 µs. Holes appear in the order in which the values are given; one may appear several times.
 */
export class FrameTemplate {
  private readonly parts: readonly Buffer[];
  private readonly holes: readonly number[];

  constructor(code: BytecodeOf, source: string, holes: number) {
    const whole = traversalFrame(code, source);
    const found: { at: number; length: number; hole: number }[] = [];
    for (let hole = 0; hole < holes; hole += 1) {
      for (const needle of [encodeText(textHole(hole)), encodeInt(numberHole(hole))]) {
        for (let at = whole.indexOf(needle); at >= 0; at = whole.indexOf(needle, at + needle.length)) {
          found.push({ at, length: needle.length, hole });
        }
      }
    }
    found.sort((a, b) => a.at - b.at);
    const parts: Buffer[] = [];
    let from = 0;
    for (const { at, length } of found) {
      parts.push(whole.subarray(from, at));
      from = at + length;
    }
    this.parts = [...parts, whole.subarray(from)];
    this.holes = found.map(({ hole }) => hole);
    if (new Set(this.holes).size !== holes)
      throw new Error(`expected ${holes} holes in the traversal, got ${this.holes}`);
  }

  fill(values: readonly (string | number)[]): Frame {
    const encoded = values.map((value) => (typeof value === 'string' ? encodeText(value) : encodeInt(value)));
    const pieces: Buffer[] = [this.parts[0] as Buffer];
    for (const [index, hole] of this.holes.entries()) {
      pieces.push(encoded[hole] as Buffer, this.parts[index + 1] as Buffer);
    }
    return Buffer.concat(pieces);
  }
}

/** GraphBinary 1.0: type, no null, length, bytes. */
function encodeText(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const bytes = Buffer.allocUnsafe(6 + length);
  bytes[0] = TYPE_STRING;
  bytes[1] = 0;
  bytes.writeInt32BE(length, 2);
  bytes.write(text, 6);
  return bytes;
}

function encodeInt(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(6);
  bytes[0] = TYPE_INT;
  bytes[1] = 0;
  bytes.writeInt32BE(value, 2);
  return bytes;
}
