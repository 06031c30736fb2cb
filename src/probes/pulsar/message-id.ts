/** Where a message stands in its topic: the ledger, and the entry in it. `token` is the same as Pulsar's clients hand it over (protobuf's MessageIdData, base64). */
export interface MessageId {
  readonly ledger: number;
  readonly entry: number;
  readonly token: string;
}

const LEDGER = 1;
const ENTRY = 2;
const VARINT = 0;

/** Reads a token; an Error when it is none. Fields beside ledger and entry (partition, batch) are kept in the token only. */
export function parseMessageId(token: string): MessageId {
  const bytes = Buffer.from(token, 'base64');
  const found = new Map<number, number>();
  for (let at = 0; at < bytes.length; ) {
    const [tag, afterTag] = varint(bytes, at);
    if ((tag & 7n) !== BigInt(VARINT)) break;
    const [value, next] = varint(bytes, afterTag);
    found.set(Number(tag >> 3n), Number(BigInt.asIntN(64, value)));
    at = next;
  }
  const ledger = found.get(LEDGER);
  const entry = found.get(ENTRY);
  if (ledger === undefined || entry === undefined) throw new Error(`expected the id of a message, got ${token}`);
  return { ledger, entry, token };
}

/** The id of a place; entry -1 is before the first of a ledger. */
export function messageIdAt(ledger: number, entry: number): MessageId {
  const bytes = [...tagged(LEDGER, ledger), ...tagged(ENTRY, entry)];
  return { ledger, entry, token: Buffer.from(bytes).toString('base64') };
}

/** The place from which a reader that starts after it begins with this message. */
export function justBefore({ ledger, entry }: MessageId): MessageId {
  return messageIdAt(ledger, entry - 1);
}

/** Below 0: `a` stands before `b`. */
export function compareIds(a: Pick<MessageId, 'ledger' | 'entry'>, b: Pick<MessageId, 'ledger' | 'entry'>): number {
  return a.ledger - b.ledger || a.entry - b.entry;
}

function varint(bytes: Buffer, start: number): readonly [value: bigint, next: number] {
  let value = 0n;
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at] as number;
    value |= BigInt(byte & 0x7f) << BigInt(7 * (at - start));
    if (byte < 0x80) return [value, at + 1];
  }
  throw new Error('expected the id of a message, got one that breaks off');
}

function tagged(field: number, value: number): readonly number[] {
  const bytes = [(field << 3) | VARINT];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return [...bytes, Number(rest)];
}
