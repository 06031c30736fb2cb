import { setTimeout as sleep } from 'node:timers/promises';
import { PlatformError } from '../errors.ts';
import { checksum } from '../history/checksum.ts';
import type { Component } from '../platform/components.ts';
import { batches } from './batches.ts';
import { type HttpAnswer, HttpDriver, type HttpRequest, httpSettings } from './http-driver.ts';
import { classifyHttpError, classifyStatus } from './http-errors.ts';
import type {
  ExpectedWrite,
  ProbeClient,
  ProbeContext,
  ProbeOperation,
  ProbeOutcome,
  ProbeType,
  ReadBackAnswer,
} from './probe.ts';

/** Keys of one request. */
export const BATCH = 200;
/** What is done before and after a run may take longer than an operation of it. */
export const WORK_MS = 30_000;
const RETRY_MS = 250;

/** What stands under a key: `seq` and `sum` as they were written, if it is ours. */
export interface Entry {
  readonly seq: number;
  readonly sum: string;
  /** Absent: once. */
  readonly times?: number;
}

/** How a service that speaks HTTP keeps entries under keys. */
export interface HttpLedger {
  write(entry: Entry & { readonly key: string }): HttpRequest;
  /** Whether an answer says that it was written. */
  isWritten(answer: HttpAnswer): boolean;
  read(keys: readonly string[]): HttpRequest;
  /** What an answer to `read` holds, by key; null: it is none. */
  entries(body: unknown): ReadonlyMap<string, Entry> | null;
}

/** The client of a ledger that is kept over HTTP. */
class HttpLedgerClient implements ProbeClient {
  private readonly driver: HttpDriver;
  private readonly ledger: HttpLedger;

  constructor(driver: HttpDriver, ledger: HttpLedger) {
    this.driver = driver;
    this.ledger = ledger;
  }

  async invoke(operation: ProbeOperation, signal: AbortSignal): Promise<ProbeOutcome> {
    if (signal.aborted) return { outcome: 'fail', error: 'aborted', valueSha: '' };
    return operation.f === 'write' ? this.write(operation) : this.read(operation);
  }

  private async write({ key, seq }: ProbeOperation): Promise<ProbeOutcome> {
    const sum = checksum(key, seq);
    try {
      const answer = await this.driver.ask(this.ledger.write({ key, seq, sum }));
      if (this.ledger.isWritten(answer)) return { outcome: 'ok', error: '', valueSha: sum };
      return { ...classifyStatus(answer.status), valueSha: sum };
    } catch (error) {
      return { ...classifyHttpError(error), valueSha: sum };
    }
  }

  private async read({ key, seq }: ProbeOperation): Promise<ProbeOutcome> {
    try {
      const { status, body } = await this.driver.ask(this.ledger.read([key]));
      if (status !== 200) return { outcome: 'fail', error: classifyStatus(status).error, valueSha: '' };
      const entries = this.ledger.entries(body);
      if (entries === null) return { outcome: 'fail', error: 'unreadable', valueSha: '' };
      const entry = entries.get(key);
      if (!entry) return { outcome: 'fail', error: 'absent', valueSha: '' };
      const right = isRight(entry, key, seq);
      return { outcome: right ? 'ok' : 'fail', error: right ? '' : 'corrupt', valueSha: entry.sum };
    } catch (error) {
      return { outcome: 'fail', error: classifyHttpError(error).error, valueSha: '' };
    }
  }

  /** By key, many at once. It comes across nothing that it was not asked for. */
  async *readBack(expected: readonly ExpectedWrite[], signal: AbortSignal): AsyncIterable<ReadBackAnswer> {
    for (const batch of batches(expected, BATCH)) {
      signal.throwIfAborted();
      const found = await entriesOf(this.driver, this.ledger, batch, WORK_MS).catch(() => null);
      for (const { key, seq } of batch) {
        const entry = found?.get(key);
        if (!found) yield { key, state: 'unreadable', valueSha: '' };
        else if (!entry) yield { key, state: 'absent', valueSha: '' };
        else yield { key, state: stateOf(entry, key, seq), valueSha: entry.sum };
      }
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.driver[Symbol.asyncDispose]();
  }
}

/** One that was written twice is there, and once too often. */
function stateOf(entry: Entry, key: string, seq: number): ReadBackAnswer['state'] {
  if (!isRight(entry, key, seq)) return 'corrupt';
  return (entry.times ?? 1) > 1 ? 'phantom' : 'present';
}

function isRight(entry: Entry, key: string, seq: number): boolean {
  return entry.seq === seq && entry.sum === checksum(key, seq);
}

/** What probes of such a ledger have in common. `ready`: the path at which the service says that it is; `removeAll`: by another way than its writes. */
export function onHttp(
  component: Component,
  ledger: HttpLedger,
  ready: string,
  removeAll: (driver: HttpDriver, writes: readonly ExpectedWrite[], signal: AbortSignal) => Promise<void>,
): Pick<ProbeType, 'settings' | 'prepare' | 'connect' | 'remove' | 'cleanup'> {
  return {
    settings: (context) => httpSettings(component, context),

    async prepare(contexts, signal) {
      for (const context of contexts) {
        await using driver = new HttpDriver(component, context);
        await untilReady(driver, ready, context, signal);
      }
    },

    async connect(context, signal) {
      const driver = new HttpDriver(component, context);
      try {
        await untilReady(driver, ready, context, signal);
      } catch (error) {
        await driver[Symbol.asyncDispose]();
        throw error;
      }
      return new HttpLedgerClient(driver, ledger);
    },

    async remove(context, writes, signal) {
      await using driver = new HttpDriver(component, context);
      await removeAll(driver, writes, signal);
    },

    async cleanup(contexts, writes, signal) {
      let left = 0;
      for (const context of contexts) {
        await using driver = new HttpDriver(component, context);
        await removeAll(driver, writes, signal);
        left += await countLeft(driver, ledger, writes, signal);
      }
      return { left };
    },
  };
}

/** What stands under the keys of these writes; a PlatformError where the answer does not say. */
async function entriesOf(
  driver: HttpDriver,
  ledger: HttpLedger,
  writes: readonly ExpectedWrite[],
  withinMs: number,
): Promise<ReadonlyMap<string, Entry>> {
  const { status, body } = await driver.ask(ledger.read(writes.map(({ key }) => key)), withinMs);
  const entries = status === 200 ? ledger.entries(body) : null;
  if (entries) return entries;
  throw new PlatformError(`expected entries of the ledger, got HTTP ${status}`);
}

/** How many of these writes still stand there. */
async function countLeft(
  driver: HttpDriver,
  ledger: HttpLedger,
  writes: readonly ExpectedWrite[],
  signal: AbortSignal,
): Promise<number> {
  let left = 0;
  for (const batch of batches(writes, BATCH)) {
    signal.throwIfAborted();
    const entries = await entriesOf(driver, ledger, batch, WORK_MS);
    left += batch.filter(({ key }) => entries.has(key)).length;
  }
  return left;
}

/** Resolves once a service says at `path` that it is ready; a PlatformError when it does not until the signal aborts. */
async function untilReady(
  driver: HttpDriver,
  path: string,
  { site }: Pick<ProbeContext, 'site'>,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const said = await driver.ask({ method: 'GET', path }).then(
      ({ status }) => (status === 200 ? '' : classifyStatus(status).error),
      (error: unknown) => classifyHttpError(error).error,
    );
    if (said === '') return;
    if (signal.aborted || said === 'auth')
      throw new PlatformError(`${path} of ${site.name} does not say that it is ready: ${said}`);
    await sleep(RETRY_MS);
  }
}
