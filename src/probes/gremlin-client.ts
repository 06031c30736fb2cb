import { performance } from 'node:perf_hooks';
import { PlatformError } from '../errors.ts';
import { checksum } from './checksum.ts';
import { classifyGremlinFailure, type GremlinAnswer } from './gremlin-answer.ts';
import type { Frame } from './gremlin-frames.ts';
import { describeAnswer, GremlinLink } from './gremlin-link.ts';
import { transactionState } from './gremlin-state.ts';
import { parseAccounts, parseEdges, Traversals } from './gremlin-traversals.ts';
import type {
  ExpectedWrite,
  ProbeClient,
  ProbeContext,
  ProbeOperation,
  ProbeOutcome,
  ReadBackAnswer,
} from './probe.ts';
import { loadSecurity } from './security.ts';

/** Keys asked for in one request of a read-back. */
const BATCH = 25;
/** Such requests in flight. */
const AT_ONCE = 4;
/** A request about many keys may take longer than an operation. */
const BULK_MS = 10_000;

/** The Gremlin Servers of one site as a probe uses them: one connection to each, in turn. */
export class GremlinClient implements ProbeClient {
  private readonly links: readonly GremlinLink[];
  private readonly timeoutMs: number;
  readonly traversals: Traversals;
  private turn = 0;

  private constructor(links: readonly GremlinLink[], traversals: Traversals, timeoutMs: number) {
    this.links = links;
    this.traversals = traversals;
    this.timeoutMs = timeoutMs;
  }

  /** Connected to every server of the site. A PlatformError says which one cannot be reached until the signal aborts. */
  static async connect(context: ProbeContext, signal: AbortSignal): Promise<GremlinClient> {
    const endpoints = gremlinEndpoints(context);
    if (endpoints.length === 0) throw new PlatformError(`${context.site.name} has no endpoint of JanusGraph`);
    const security = loadSecurity(context.params);
    const traversals = new Traversals(String(context.params.traversalSource ?? 'g'));
    const hello = (): Frame => traversals.hello();
    const links = endpoints.map((endpoint) => new GremlinLink({ endpoint, security, hello }));
    const client = new GremlinClient(links, traversals, context.timeoutUs / 1000);
    try {
      await Promise.all(links.map((link) => link.open(signal)));
      return client;
    } catch (error) {
      await client[Symbol.asyncDispose]();
      throw error;
    }
  }

  submit(frame: Frame, timeoutMs: number): Promise<GremlinAnswer> {
    const { links } = this;
    const first = this.turn++ % links.length;
    for (let n = 0; n < links.length; n += 1) {
      const link = links[(first + n) % links.length] as GremlinLink;
      if (link.isOpen) return link.submit(frame, timeoutMs);
    }
    return (links[first] as GremlinLink).submit(frame, timeoutMs);
  }

  async invoke({ f, key, seq }: ProbeOperation, signal: AbortSignal): Promise<ProbeOutcome> {
    if (signal.aborted) return { outcome: 'fail', error: 'aborted', valueSha: '' };
    if (f === 'write') {
      const answer = await this.submit(this.traversals.write(key, seq), this.timeoutMs);
      const valueSha = checksum(key, seq);
      return answer.kind === 'result'
        ? { outcome: 'ok', error: '', valueSha }
        : { ...classifyGremlinFailure('write', answer), valueSha };
    }
    const answer = await this.submit(this.traversals.read(key), this.timeoutMs);
    if (answer.kind !== 'result') return { ...classifyGremlinFailure('read', answer), valueSha: '' };
    const seen = readable(() => parseAccounts(answer.data));
    if (!seen) return { outcome: 'fail', error: 'protocol', valueSha: '' };
    const { state, valueSha } = transactionState(key, seq, seen, null);
    return state === 'present' ? { outcome: 'ok', error: '', valueSha } : { outcome: 'fail', error: state, valueSha };
  }

  async *readBack(expected: readonly ExpectedWrite[], signal: AbortSignal): AsyncIterable<ReadBackAnswer> {
    for (const group of batches(expected, BATCH * AT_ONCE)) {
      signal.throwIfAborted();
      const answers = await Promise.all(batches(group, BATCH).map((batch) => this.readBatch(batch)));
      yield* answers.flat();
    }
  }

  private async readBatch(batch: readonly ExpectedWrite[]): Promise<readonly ReadBackAnswer[]> {
    const keys = batch.map(({ key }) => key);
    const [accounts, edges] = await Promise.all([
      this.submit(this.traversals.accounts(keys), this.bulkMs),
      this.submit(this.traversals.edges(keys), this.bulkMs),
    ]);
    const vertices = accounts.kind === 'result' ? readable(() => parseAccounts(accounts.data)) : null;
    const indexed = edges.kind === 'result' ? readable(() => parseEdges(edges.data)) : null;
    if (!vertices || !indexed) return keys.map((key) => ({ key, state: 'unreadable', valueSha: '' }));
    const seenAccounts = Map.groupBy(vertices, ({ key }) => key.slice(0, key.lastIndexOf('#')));
    const seenEdges = Map.groupBy(indexed, ({ key }) => key);
    return batch.map(({ key, seq }) =>
      transactionState(key, seq, seenAccounts.get(key) ?? [], seenEdges.get(key) ?? []),
    );
  }

  /** Drops what has these keys. A PlatformError when the server does not say that it did. */
  async drop(writes: readonly ExpectedWrite[], signal: AbortSignal): Promise<void> {
    for (const batch of batches(writes, BATCH)) {
      signal.throwIfAborted();
      for (const frame of this.traversals.drop(batch.map(({ key }) => key))) {
        await this.must(frame, 'the probe’s transactions could not be deleted');
      }
    }
  }

  /** Those of these writes of which anything is there, an account or an edge, or that cannot be read. */
  async left(writes: readonly ExpectedWrite[], signal: AbortSignal): Promise<readonly ExpectedWrite[]> {
    const absent = new Set<string>();
    for await (const { key, state } of this.readBack(writes, signal)) if (state === 'absent') absent.add(key);
    return writes.filter(({ key }) => !absent.has(key));
  }

  /** The answer's data; a PlatformError with what went wrong. */
  async must(frame: Frame, what: string, timeoutMs = this.bulkMs): Promise<unknown> {
    const began = performance.now();
    const answer = await this.submit(frame, timeoutMs);
    if (answer.kind === 'result') return answer.data;
    const ms = Math.round(performance.now() - began);
    throw new PlatformError(`${what}: ${describeAnswer(answer)} (after ${ms} ms)`);
  }

  private get bulkMs(): number {
    return Math.max(BULK_MS, this.timeoutMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.links.map((link) => link[Symbol.asyncDispose]()));
  }
}

function batches<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size));
}

/** Null for an answer that cannot be understood. */
function readable<T>(parse: () => T): T | null {
  try {
    return parse();
  } catch {
    return null;
  }
}

/** `host:port` of each server of the site. */
export function gremlinEndpoints({ site }: Pick<ProbeContext, 'site'>): readonly string[] {
  return (site.endpoints.janusgraph ?? []).map(
    ({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`,
  );
}
