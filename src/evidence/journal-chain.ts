import { z } from 'zod';
import { EvidenceError, messageOf } from '../errors.ts';
import { lineHash } from '../history/chain.ts';
import { plainName } from '../same-name.ts';
import { strictUtf8 } from './exact-json.ts';
import { JournalFacts } from './journal-facts.ts';

const MEMBERS = 'seq,at_us,wall,type,data,prev,hash';

const hex = z.string().regex(/^[0-9a-f]{64}$/);
/** `data` of an event `anchored`: what somebody else was given of the intent before the fault, or why nobody was. */
const anchorSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('tsa'), sha256: hex }),
  z.strictObject({ kind: z.literal('git'), ref: z.string(), remote: z.string() }),
  z.strictObject({ kind: z.literal('none'), why: z.string() }),
]);
export interface Anchor {
  readonly kind: 'tsa' | 'git' | 'none';
  /** Of the answer, for `tsa`. */
  readonly sha256?: string;
  /** The tag that was pushed, for `git`. */
  readonly ref?: string;
  readonly remote?: string;
  readonly why?: string;
}
const FAULTS: ReadonlySet<unknown> = new Set(['undo-recorded', 'fault-requested']);

export interface Chain {
  /** Hash of the last whole line; empty: there is none. */
  readonly head: string;
  readonly facts: JournalFacts;
  /** Who ran it, by the first line, where that is `run-started`; null: it does not say. */
  readonly operators: readonly string[] | null;
  /** In order, each before the first fault. */
  readonly anchors: readonly Anchor[];
  readonly lines: number;
  /** Wall clock of the last event, as it was written; empty: there is none. */
  readonly ended: string;
  /** The last line has no end: the run died while it wrote it. */
  readonly torn: boolean;
}

/**
 * Follows the hash chain of a journal from the SHA-256 of `intent.json` (measurement.md, "The files"). Throws an EvidenceError that names the first line that is
 * wrong. Whether its events make sense is what `check` judges.
 */
export function followChain(bytes: Uint8Array, intentSha256: string): Chain {
  const lines = strictUtf8(bytes, 'journal.ndjson').split('\n');
  const torn = lines.pop() !== '';
  let head = intentSha256;
  let atUs = 0;
  const facts = new JournalFacts();
  let operators: Chain['operators'] = null;
  let faults = false;
  let ended = '';
  const anchors: Anchor[] = [];
  for (const [index, line] of lines.entries()) {
    const event = parseLine(line, index);
    const { seq, at_us, type, data, prev } = event;
    if (seq !== index) fail(index, `expected seq ${index}, got ${String(seq).slice(0, 20)}`);
    if (prev !== head) fail(index, `prev is not the hash of ${index === 0 ? 'intent.json' : 'the line before'}`);
    if (event.hash !== hashOf(event, index)) fail(index, 'hash does not match the line');
    if (typeof at_us !== 'number' || !Number.isSafeInteger(at_us) || at_us < atUs)
      fail(index, `expected at_us from ${atUs} on, got ${String(at_us).slice(0, 30)}`);
    if (type === 'run-started') {
      if (index > 0) fail(index, 'a second run-started');
      if (isObject(data)) operators = operatorsOf(data);
    }
    facts.add(event);
    faults ||= FAULTS.has(type);
    if (type === 'anchored') {
      const anchor = anchorSchema.safeParse(data);
      if (!anchor.success) fail(index, 'an anchor that is none');
      if (faults) fail(index, 'an anchor after the first fault');
      anchors.push(anchor.data as Anchor);
    }
    head = event.hash as string;
    atUs = at_us as number;
    ended = typeof event.wall === 'string' ? event.wall : '';
  }
  return { head: lines.length === 0 ? '' : head, facts, operators, anchors, lines: lines.length, ended, torn };
}

/** Who ran it, and whom those who allowed it took for its operator: runs of before the first was recorded have the second alone. */
function operatorsOf({ operators, authorisation }: Line): readonly string[] | null {
  const said = Array.isArray(operators) && operators.every((one) => typeof one === 'string') ? operators : [];
  const allowed = isObject(authorisation) ? authorisation.operator : undefined;
  return namesOf([...said, ...(typeof allowed === 'string' ? allowed.split(', then ') : [])]);
}

/** Those that are names; null where none is: then it was not recorded. */
export function namesOf(said: readonly string[]): readonly string[] | null {
  const names = said.filter((one) => plainName(one) !== '');
  return names.length === 0 ? null : names;
}

type Line = Readonly<Record<string, unknown>>;

function parseLine(line: string, index: number): Line {
  let value: unknown;
  let again = '';
  try {
    value = JSON.parse(line);
    again = JSON.stringify(value);
  } catch {
    fail(index, 'expected JSON');
  }
  if (again !== line || !isObject(value) || Object.keys(value).join() !== MEMBERS)
    fail(index, `expected ${MEMBERS}, as they are written`);
  return value as Line;
}

function hashOf(event: Line, index: number): string {
  try {
    return lineHash(event);
  } catch (error) {
    return fail(index, messageOf(error).slice(0, 120));
  }
}

function isObject(value: unknown): value is Line {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fail(index: number, what: string): never {
  throw new EvidenceError(`journal.ndjson line ${index + 1}: ${what}`);
}
