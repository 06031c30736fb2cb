import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { PlatformError } from '../errors.ts';
import { checksum } from './checksum.ts';
import {
  accounts,
  deleteTransactions,
  type FoundAccount,
  INDEX_STATUS,
  MAKE_SCHEMA,
  readTransactions,
  values,
  writeTransaction,
} from './gremlin-steps.ts';
import { CONNECT_MS, EVICT_AFTER, GremlinFailure, GremlinTransport, RECONNECT_MS } from './gremlin-transport.ts';
import type {
  ExpectedWrite,
  ProbeClient,
  ProbeContext,
  ProbeOperation,
  ProbeOutcome,
  ProbeType,
  ReadBackAnswer,
} from './probe.ts';
import { describeSecurity, loadSecurity, securityShape } from './security.ts';

const params = z.strictObject({ ...securityShape });

/** Keys asked for in one request of a read-back, a removal or a cleanup. */
const BATCH = 40;
/** Administration may take longer than an operation. */
const ADMIN_MS = 30_000;

/** Writes a transaction between two accounts, and reads back the last one acknowledged. */
export const gremlinProbe: ProbeType = {
  probe: 'gremlin',
  summary:
    'writes a transaction (two accounts and an edge) through JanusGraph, and reads back the last one acknowledged',
  params,
  component: 'janusgraph',
  keyspaces: ['janusgraph'],

  settings: (context) => ({
    driver: 'ws 8.23.0, steps and GraphSON of gremlin 3.7.4',
    url: urlOf(context),
    requestTimeoutMs: context.timeoutUs / 1000,
    connectTimeoutMs: CONNECT_MS,
    reconnectionMs: RECONNECT_MS,
    evictedAfterTimeouts: EVICT_AFTER,
    retries: 'none',
    ...describeSecurity(context.params),
  }),

  async prepare(contexts, signal) {
    for (const [index, context] of contexts.entries()) {
      await withTransport(context, async (transport) => {
        // One site makes it: two at once would race for the first schema.
        if (index === 0) await transport.request(MAKE_SCHEMA, ADMIN_MS);
        for (;;) {
          signal.throwIfAborted();
          const [status] = values(await transport.request(INDEX_STATUS, ADMIN_MS));
          if (status === 'ENABLED') return;
          await sleep(200);
        }
      });
    }
  },

  async connect(context) {
    return new GremlinClient(new GremlinTransport(urlOf(context), loadSecurity(context.params)), context);
  },

  async remove(context, writes, signal) {
    await withTransport(context, (transport) => deleteAll(transport, writes, signal));
  },

  async cleanup(context, writes, signal) {
    return withTransport(context, async (transport) => {
      await deleteAll(transport, writes, signal);
      let left = 0;
      for (const batch of batches(writes)) {
        left += accounts(await transport.request(readTransactions(batch.map(({ key }) => key)), ADMIN_MS)).length;
      }
      return { left };
    });
  },
};

function urlOf({ site, params: given }: Pick<ProbeContext, 'site' | 'params'>): string {
  const [endpoint] = site.endpoints.janusgraph ?? [];
  if (!endpoint) throw new PlatformError(`${site.name} has no JanusGraph`);
  return `${given.tls === undefined ? 'ws' : 'wss'}://${endpoint.host}:${endpoint.port}/gremlin`;
}

async function withTransport<T>(context: ProbeContext, work: (transport: GremlinTransport) => Promise<T>): Promise<T> {
  const transport = new GremlinTransport(urlOf(context), loadSecurity(context.params));
  try {
    return await work(transport);
  } finally {
    transport.close();
  }
}

async function deleteAll(
  transport: GremlinTransport,
  writes: readonly ExpectedWrite[],
  signal: AbortSignal,
): Promise<void> {
  for (const batch of batches(writes)) {
    signal.throwIfAborted();
    await transport.request(deleteTransactions(batch.map(({ key }) => key)), ADMIN_MS);
  }
}

function* batches(writes: readonly ExpectedWrite[]): Iterable<readonly ExpectedWrite[]> {
  for (let at = 0; at < writes.length; at += BATCH) yield writes.slice(at, at + BATCH);
}

class GremlinClient implements ProbeClient {
  private readonly transport: GremlinTransport;
  private readonly timeoutMs: number;

  constructor(transport: GremlinTransport, context: ProbeContext) {
    this.transport = transport;
    this.timeoutMs = context.timeoutUs / 1000;
  }

  async invoke(operation: ProbeOperation): Promise<ProbeOutcome> {
    return operation.f === 'write' ? this.write(operation) : this.read(operation);
  }

  private async write({ key, seq }: ProbeOperation): Promise<ProbeOutcome> {
    const valueSha = checksum(key, seq);
    try {
      await this.transport.request(writeTransaction({ key, seq }), this.timeoutMs);
      return { outcome: 'ok', error: '', valueSha };
    } catch (error) {
      return { ...classifyGremlinFailure(error), valueSha };
    }
  }

  private async read({ key, seq }: ProbeOperation): Promise<ProbeOutcome> {
    try {
      const found = accounts(await this.transport.request(readTransactions([key]), this.timeoutMs));
      const { state, valueSha } = judgeTransaction({ key, seq }, found);
      return state === 'present' ? { outcome: 'ok', error: '', valueSha } : { outcome: 'fail', error: state, valueSha };
    } catch (error) {
      return { outcome: 'fail', error: classifyGremlinFailure(error).error, valueSha: '' };
    }
  }

  async *readBack(expected: readonly ExpectedWrite[], signal: AbortSignal): AsyncIterable<ReadBackAnswer> {
    for (const batch of batches(expected)) {
      signal.throwIfAborted();
      let found: readonly FoundAccount[] | null = null;
      try {
        found = accounts(await this.transport.request(readTransactions(batch.map(({ key }) => key)), this.timeoutMs));
      } catch {
        found = null;
      }
      for (const write of batch) {
        yield found === null
          ? { key: write.key, state: 'unreadable', valueSha: '' }
          : { key: write.key, ...judgeTransaction(write, found) };
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.transport.close();
  }
}

/** What became of a write that failed so: `fail` only where it certainly was not applied. */
export function classifyGremlinFailure(error: unknown): Pick<ProbeOutcome, 'outcome' | 'error'> {
  if (!(error instanceof GremlinFailure)) return { outcome: 'info', error: 'defect' };
  return { outcome: error.sent ? 'info' : 'fail', error: error.code };
}

/**
 * What the accounts of a key say of its transaction: `present` when both are there and each sees the one edge with the right checksum; `partial`
 * when some of it is missing or seen from one end only; `phantom` when there is more than one.
 */
export function judgeTransaction(
  { key, seq }: ExpectedWrite,
  found: readonly FoundAccount[],
): { readonly state: 'present' | 'absent' | 'corrupt' | 'partial' | 'phantom'; readonly valueSha: string } {
  const ends = ['from', 'to'].map((end) => found.filter((account) => account.key === `${key}#${end}`));
  const sums = ends.flat().flatMap((account) => account.sums);
  const valueSha = sums[0] ?? '';
  if (ends.flat().length === 0) return { state: 'absent', valueSha };
  if (ends.some((end) => end.length > 1 || end.some((account) => account.sums.length > 1)))
    return { state: 'phantom', valueSha };
  if (ends.some((end) => end.length === 0) || sums.length < 2) return { state: 'partial', valueSha };
  return { state: sums.every((sum) => sum === checksum(key, seq)) ? 'present' : 'corrupt', valueSha };
}
