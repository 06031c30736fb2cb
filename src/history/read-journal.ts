import { readFileSync } from 'node:fs';
import { InputError, messageOf } from '../errors.ts';
import { lineHash, sha256Hex } from './chain.ts';
import type { EventType, JournalEvent } from './event.ts';
import { journalEventProblem } from './event-schema.ts';

export interface ReadJournal {
  readonly events: readonly JournalEvent[];
  /** The last line has no end: it was being written when the run died. It is not among the events. */
  readonly torn: boolean;
  /** What is wrong with the rest, each with its line: a broken chain, a hole in `seq`, a line that is no event. */
  readonly defects: readonly string[];
}

/**
 * Reads `journal.ndjson` and verifies its chain against the bytes of `intent.json`. Lines that are whole events are given even where the
 * chain around them is broken: the defects say so. An InputError when there is no such file.
 */
export function readJournal(path: string, intentBytes: Uint8Array): ReadJournal {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new InputError(`${path}: expected the journal of a run, got ${messageOf(error)}`, {
      hint: 'Give the directory of a run, such as reports/<scenario>/<time>-<id>.',
      cause: error,
    });
  }
  const lines = text.split('\n');
  const torn = lines.pop() !== '';
  const events: JournalEvent[] = [];
  const defects: string[] = [];
  let prev = sha256Hex(intentBytes);
  let seq = 0;
  let atUs = 0;
  for (const [index, line] of lines.entries()) {
    const at = `journal.ndjson line ${index + 1}`;
    const event = parseLine(line);
    if (typeof event === 'string') {
      defects.push(`${at}: ${event}`);
      continue;
    }
    if (event.seq !== seq) defects.push(`${at}: expected seq ${seq}, got ${event.seq}`);
    if (event.prev !== prev)
      defects.push(`${at}: prev is not the hash of ${index === 0 ? 'intent.json' : 'the line before'}`);
    if (event.hash !== hashOf(event)) defects.push(`${at}: hash does not match the line`);
    if (event.at_us < atUs) defects.push(`${at}: at_us ${event.at_us} is before that of the line before, ${atUs}`);
    prev = event.hash;
    seq = event.seq + 1;
    atUs = event.at_us;
    events.push(event);
  }
  return { events, torn, defects };
}

/** The events of one type, in order. */
export function eventsOf<T extends EventType>(
  events: readonly JournalEvent[],
  type: T,
): Extract<JournalEvent, { type: T }>[] {
  return events.filter((event): event is Extract<JournalEvent, { type: T }> => event.type === type);
}

function parseLine(line: string): JournalEvent | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return `expected JSON, got ${messageOf(error)}`;
  }
  return journalEventProblem(value) ?? (value as JournalEvent);
}

function hashOf(event: JournalEvent): string {
  try {
    return lineHash(event);
  } catch {
    return '';
  }
}
