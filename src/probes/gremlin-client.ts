import { performance } from 'node:perf_hooks';
import { PlatformError } from '../errors.ts';
import { checksum } from '../history/checksum.ts';
import { batches, inTurns } from './batches.ts';
import { classifyGremlinFailure, type GremlinAnswer, readable } from './gremlin-answer.ts';
import { type Frame, scriptFrame } from './gremlin-frames.ts';
import { describeAnswer, GremlinLink } from './gremlin-link.ts';
import { sourceOf } from './gremlin-params.ts';
import { isWhole, transactionState, viewsOf } from './gremlin-state.ts';
import {
  DROP,
  endsOf,
  KEY,
  parseAccounts,
  parseCount,
  parseEdges,
  parseEnds,
  type SeenEdge,
  TRANSACTS,
  Traversals,
} from './gremlin-traversals.ts';
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
/** The same, and such requests in flight, for deleting and for counting what is left, when nothing is measured any more. */
const DROP_BATCH = 50;
const DROP_AT_ONCE = 8;
/** Such a request may take longer than an operation. */
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
    const { resolver } = context.site;
    const endpoints = context.site.endpoints.janusgraph ?? [];
    if (endpoints.length === 0) throw new PlatformError(`${context.site.name} has no endpoint of JanusGraph`);
    const security = loadSecurity(context.params);
    const traversals = new Traversals(sourceOf(context));
    const hello = (): Frame => traversals.hello();
    const timeoutMs = context.timeoutUs / 1000;
    const longestMs = Math.max(BULK_MS, timeoutMs);
    const links = endpoints.map(
      (endpoint) => new GremlinLink({ endpoint, resolver, security, hello, timeoutMs: longestMs }),
    );
    const client = new GremlinClient(links, traversals, timeoutMs);
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
      if (link.isReady) return link.submit(frame, timeoutMs);
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

  /**
   * One batch after the other, because the service is measured meanwhile. First the edges as they are seen from everywhere, which is the least
   * to read; where that is not each once and right, every element.
   */
  async *readBack(expected: readonly ExpectedWrite[], signal: AbortSignal): AsyncIterable<ReadBackAnswer> {
    for (const batch of batches(expected, BATCH)) {
      signal.throwIfAborted();
      const keys = batch.map(({ key }) => key);
      const [leaving, arriving] = this.traversals.ends(keys);
      const [from, to, indexed] = await Promise.all([
        this.ask(leaving, parseEnds),
        this.ask(arriving, parseEnds),
        this.ask(this.traversals.edges(keys), parseEdges),
      ]);
      const views = viewsOf([from, to], indexed);
      const whole = new Set(views ? batch.filter((write) => isWhole(write, views)) : []);
      for (const { key, seq } of whole) yield { key, state: 'present', valueSha: checksum(key, seq) };
      yield* await this.readEach(
        batch.filter((write) => !whole.has(write)),
        indexed,
      );
    }
  }

  private async readEach(
    writes: readonly ExpectedWrite[],
    edges: readonly SeenEdge[] | null,
  ): Promise<readonly ReadBackAnswer[]> {
    if (writes.length === 0) return [];
    const accounts = edges && (await this.ask(this.traversals.accounts(writes.map(({ key }) => key)), parseAccounts));
    if (!accounts) return writes.map(({ key }) => ({ key, state: 'unreadable', valueSha: '' }));
    const seenAccounts = Map.groupBy(accounts, ({ key }) => key.slice(0, key.lastIndexOf('#')));
    const seenEdges = Map.groupBy(edges, ({ key }) => key);
    return writes.map(({ key, seq }) =>
      transactionState(key, seq, seenAccounts.get(key) ?? [], seenEdges.get(key) ?? []),
    );
  }

  /** Null for an answer that is none, or that cannot be understood. */
  private async ask<T>(frame: Frame, parse: (data: unknown) => T): Promise<T | null> {
    const answer = await this.submit(frame, this.bulkMs);
    return answer.kind === 'result' ? readable(() => parse(answer.data)) : null;
  }

  /** Deletes what has these keys; returns those of which the server does not say that it did. */
  async drop(writes: readonly ExpectedWrite[], graph: string, signal: AbortSignal): Promise<readonly ExpectedWrite[]> {
    const script = DROP.replace('GRAPH', graph);
    const names = { keyName: KEY, transacts: TRANSACTS };
    const failed: ExpectedWrite[] = [];
    await inTurns(batches(writes, DROP_BATCH), DROP_AT_ONCE, signal, async (batch) => {
      const keys = batch.map(({ key }) => key);
      const frame = scriptFrame(script, { ...names, edgeKeys: keys, endKeys: endsOf(keys) });
      const answer = await this.submit(frame, this.bulkMs);
      if (answer.kind !== 'result') failed.push(...batch);
    });
    return failed;
  }

  /** Those of these writes of which the indexes still have anything, an account or an edge, or may have: batches that cannot be read are among them. */
  async left(writes: readonly ExpectedWrite[], signal: AbortSignal): Promise<readonly ExpectedWrite[]> {
    const left: ExpectedWrite[] = [];
    await inTurns(batches(writes, DROP_BATCH), DROP_AT_ONCE, signal, async (batch) => {
      const frames = this.traversals.counts(batch.map(({ key }) => key));
      const answers = await Promise.all(frames.map((frame) => this.submit(frame, this.bulkMs)));
      const none = answers.every((answer) => answer.kind === 'result' && readable(() => parseCount(answer.data)) === 0);
      if (!none) left.push(...batch);
    });
    return left;
  }

  /** The answer's data; a PlatformError with what went wrong. */
  async must(frame: Frame, what: string, timeoutMs = this.bulkMs): Promise<unknown> {
    const began = performance.now();
    const answer = await this.submit(frame, timeoutMs);
    if (answer.kind === 'result') return answer.data;
    const ms = Math.round(performance.now() - began);
    throw new PlatformError(`${what}: ${describeAnswer(answer)} (after ${ms} ms)`);
  }

  /** The same of a script, which may run for `withinMs`, also where the server's own limit is shorter. */
  script(
    script: string,
    bindings: Readonly<Record<string, unknown>>,
    what: string,
    withinMs: number,
  ): Promise<unknown> {
    return this.must(scriptFrame(script, bindings, withinMs), what, withinMs);
  }

  /** For a request about many keys. */
  get bulkMs(): number {
    return Math.max(BULK_MS, this.timeoutMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.links.map((link) => link[Symbol.asyncDispose]()));
  }
}
