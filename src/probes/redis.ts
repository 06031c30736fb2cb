import { z } from 'zod';
import { messageOf, PlatformError } from '../errors.ts';
import { checksum } from '../history/checksum.ts';
import { batches } from './batches.ts';
import { within } from './deadline.ts';
import { type Keeper, Unsent } from './keeper.ts';
import type {
  ExpectedWrite,
  ProbeClient,
  ProbeContext,
  ProbeOperation,
  ProbeOutcome,
  ProbeType,
  ReadBackAnswer,
} from './probe.ts';
import { openRedis, type RedisConnection, type RedisDriver, redisSettings } from './redis-connection.ts';
import { classifyRedisError } from './redis-errors.ts';
import { securityShape } from './security.ts';

const params = z.strictObject({ ...securityShape });

/** Before each of its keys: nothing else of the server's is ever touched. */
const PREFIX = 'drill:ledger:';
/** Keys of one command: Redis does nothing else meanwhile. */
const BATCH = 200;
/** What is done before and after a run may take longer than an operation of it. */
const WORK_US = 30_000_000;

const entrySchema = z.strictObject({ key: z.string(), seq: z.int(), sum: z.string() });
type Entry = z.infer<typeof entrySchema>;

/** Sets a key of its own, and gets the last one acknowledged. */
export const redisProbe: ProbeType = {
  probe: 'redis',
  summary: 'sets a key of its own in Redis, and gets the last one acknowledged',
  params,
  component: 'redis',
  keyspaces: [],
  apart: true,
  settings: redisSettings,

  async prepare(contexts, signal) {
    for (const context of contexts) await withClient(context, signal, async () => {});
  },

  async connect(context, signal) {
    return new RedisClient(await openRedis(context, signal), context);
  },

  async remove(context, writes, signal) {
    await withClient(context, signal, (client) => client.removeAll(writes, signal));
  },

  async cleanup(contexts, writes, signal) {
    let left = 0;
    for (const context of contexts) {
      await withClient(context, signal, async (client) => {
        await client.removeAll(writes, signal);
        left += await client.countLeft(writes, signal);
      });
    }
    return { left };
  },
};

/** The driver of one site, as the probe uses it. */
class RedisClient implements ProbeClient {
  private readonly keeper: Keeper<RedisConnection>;
  private readonly context: ProbeContext;

  constructor(keeper: Keeper<RedisConnection>, context: ProbeContext) {
    this.keeper = keeper;
    this.context = context;
  }

  async invoke(operation: ProbeOperation, signal: AbortSignal): Promise<ProbeOutcome> {
    if (signal.aborted) return { outcome: 'fail', error: 'aborted', valueSha: '' };
    return operation.f === 'write' ? this.write(operation) : this.read(operation);
  }

  private async write({ key, seq }: ProbeOperation): Promise<ProbeOutcome> {
    const sum = checksum(key, seq);
    try {
      await this.ask((driver) => driver.set(PREFIX + key, JSON.stringify({ key, seq, sum } satisfies Entry)));
      return { outcome: 'ok', error: '', valueSha: sum };
    } catch (error) {
      return { ...classifyRedisError(error), valueSha: sum };
    }
  }

  private async read({ key, seq }: ProbeOperation): Promise<ProbeOutcome> {
    try {
      const text = await this.ask((driver) => driver.get(PREFIX + key));
      if (text === null) return { outcome: 'fail', error: 'absent', valueSha: '' };
      const { right, sum } = judge(text, { key, seq });
      return { outcome: right ? 'ok' : 'fail', error: right ? '' : 'corrupt', valueSha: sum };
    } catch (error) {
      return { outcome: 'fail', error: classifyRedisError(error).error, valueSha: '' };
    }
  }

  /** By key, many at once. It comes across nothing that it was not asked for. */
  async *readBack(expected: readonly ExpectedWrite[], signal: AbortSignal): AsyncIterable<ReadBackAnswer> {
    for (const batch of batches(expected, BATCH)) {
      signal.throwIfAborted();
      const found = await this.ask((driver) => driver.mGet(namesOf(batch))).catch(() => null);
      for (const [index, write] of batch.entries()) {
        const { key } = write;
        const text = found?.[index] ?? null;
        if (!found) yield { key, state: 'unreadable', valueSha: '' };
        else if (text === null) yield { key, state: 'absent', valueSha: '' };
        else {
          const { right, sum } = judge(text, write);
          yield { key, state: right ? 'present' : 'corrupt', valueSha: sum };
        }
      }
    }
  }

  async removeAll(writes: readonly ExpectedWrite[], signal: AbortSignal): Promise<void> {
    for (const batch of batches(writes, BATCH)) {
      signal.throwIfAborted();
      await this.ask((driver) => driver.del(namesOf(batch)));
    }
  }

  async countLeft(writes: readonly ExpectedWrite[], signal: AbortSignal): Promise<number> {
    let left = 0;
    for (const batch of batches(writes, BATCH)) {
      signal.throwIfAborted();
      left += await this.ask((driver) => driver.exists(namesOf(batch)));
    }
    return left;
  }

  /** What was not sent, because the connection turned out to be lost, is sent on the next one; nothing else is ever sent twice. */
  private async ask<T>(work: (driver: RedisDriver) => Promise<T>): Promise<T> {
    const until = performance.now() + this.context.timeoutUs / 1000;
    try {
      return await this.send(work, until);
    } catch (error) {
      if (!(error instanceof Unsent)) throw error;
      return this.send(work, until);
    }
  }

  private async send<T>(work: (driver: RedisDriver) => Promise<T>, until: number): Promise<T> {
    const { keeper } = this;
    const connection = keeper.ready ?? (await keeper.take(until - performance.now()));
    return within(connection.ask(work), until - performance.now());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.keeper[Symbol.asyncDispose]();
  }
}

function namesOf(writes: readonly ExpectedWrite[]): string[] {
  return writes.map(({ key }) => PREFIX + key);
}

/** Whether a value is what was written; what is no entry at all has no checksum. */
function judge(text: string, { key, seq }: ExpectedWrite): { readonly right: boolean; readonly sum: string } {
  const entry = entryIn(text);
  if (!entry) return { right: false, sum: '' };
  return { right: entry.key === key && entry.seq === seq && entry.sum === checksum(key, seq), sum: entry.sum };
}

function entryIn(text: string): Entry | null {
  try {
    return entrySchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** A client of its own at one site, for this work. */
async function withClient(
  context: ProbeContext,
  signal: AbortSignal,
  work: (client: RedisClient) => Promise<void>,
): Promise<void> {
  const patient = { ...context, timeoutUs: WORK_US };
  await using client = new RedisClient(await openRedis(patient, signal), patient);
  try {
    await work(client);
  } catch (error) {
    if (error instanceof PlatformError || signal.aborted) throw error;
    throw new PlatformError(`Redis of ${context.site.name}: ${messageOf(error)}`, { cause: error });
  }
}
