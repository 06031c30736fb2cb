import { type FileHandle, open } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import { lineHash } from './chain.ts';
import type { EventData, EventType, JournalEvent } from './event.ts';

export interface Journal {
  /**
   * Stamps, chains and writes one event; on disk (fsync) when it resolves. Events stand in the order of the calls, and those that are waiting
   * share one fsync. After a write that failed, or was not on disk within 30 s, every later call fails with the same error.
   */
  append<T extends EventType>(type: T, data: EventData[T]): Promise<Extract<JournalEvent, { type: T }>>;
  /** Hash of the last event that was appended; the SHA-256 of `intent.json` before the first. */
  head(): string;
  /** Waits for what is under way. */
  close(): Promise<void>;
}

/** How long a disk may take: a journal that says nothing more would keep whoever waits for it, and with them the platform's lock. */
const WRITE_MS = 30_000;

class Hangs extends Error {}

interface Waiting {
  readonly line: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Creates `journal.ndjson` at `path`, which must not exist. `intentSha256` is the hex SHA-256 of `intent.json`'s bytes, the `prev` of the first
 * line. `wallNow` gives milliseconds since 1970; `writeMs` is what a write may take.
 */
export async function openJournal(
  path: string,
  intentSha256: string,
  clock: Clock,
  wallNow: () => number = Date.now,
  writeMs = WRITE_MS,
): Promise<Journal> {
  const file = await open(path, 'ax');
  const waiting: Waiting[] = [];
  let writing: Promise<void> | null = null;
  let failure: Error | null = null;
  let closed = false;
  let hangs = false;
  let seq = 0;
  let prev = intentSha256;

  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.splice(0);
      try {
        if (failure) throw failure;
        await inTime(writeLines(file, batch), writeMs);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        hangs ||= error instanceof Hangs;
        failure ??= new Error(`${path}: cannot write (${messageOf(error)})`, { cause: error });
        for (const { reject } of batch) reject(failure);
      }
    }
    writing = null;
  };

  return {
    async append<T extends EventType>(type: T, data: EventData[T]): Promise<Extract<JournalEvent, { type: T }>> {
      if (closed) throw new Error(`${path}: expected an open journal, it is closed (event ${type})`);
      if (failure) throw failure;
      const body = { seq, at_us: clock.nowUs(), wall: new Date(wallNow()).toISOString(), type, data, prev };
      // Hashed as it will be read back: `undefined` members are gone, and later changes of `data` change nothing.
      const frozen: { readonly [key: string]: unknown } = JSON.parse(JSON.stringify(body));
      const line = JSON.stringify({ ...frozen, hash: lineHash(frozen) });
      const event: Extract<JournalEvent, { type: T }> = JSON.parse(line);
      seq += 1;
      prev = event.hash;
      await new Promise<void>((resolve, reject) => {
        waiting.push({ line: `${line}\n`, resolve, reject });
        writing ??= drain();
      });
      return event;
    },
    head: () => prev,
    async close() {
      closed = true;
      await writing;
      const done = file.close();
      if (hangs) done.catch(() => {});
      else await done;
    },
  };
}

async function writeLines(file: FileHandle, batch: readonly Waiting[]): Promise<void> {
  const bytes = Buffer.from(batch.map(({ line }) => line).join(''));
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten;
  await file.sync();
}

async function inTime(work: Promise<void>, ms: number): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Hangs(`not on disk within ${ms} ms`)), ms);
  try {
    await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
