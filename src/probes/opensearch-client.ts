import type { Client } from '@opensearch-project/opensearch';
import { checksum } from '../history/checksum.ts';
import { awaitSeen, type Look } from './awaited.ts';
import { batches } from './batches.ts';
import type { OpenedClient } from './opensearch-driver.ts';
import { classifyOpensearchError } from './opensearch-errors.ts';
import type {
  ExpectedWrite,
  ProbeClient,
  ProbeContext,
  ProbeOperation,
  ProbeOutcome,
  ReadBackAnswer,
} from './probe.ts';
import { LEDGER_INDEX } from './tables.ts';

/** Keys of one request. */
export const BATCH = 200;

/** What a document holds; its id is the key as well. */
interface Stored {
  readonly key?: unknown;
  readonly sum?: unknown;
}

/** The answer to a search, as far as it is read. */
interface Searched {
  readonly timed_out?: unknown;
  readonly _shards?: { readonly failed?: unknown };
  readonly hits?: { readonly hits?: unknown };
}

/** The client of one site's cluster, as a probe uses it. */
export class OpensearchClient implements ProbeClient {
  private readonly opened: OpenedClient;
  private readonly timeoutMs: number;
  private readonly searches: boolean;

  constructor(opened: OpenedClient, { timeoutUs, params }: Pick<ProbeContext, 'timeoutUs' | 'params'>) {
    this.opened = opened;
    this.timeoutMs = timeoutUs / 1000;
    this.searches = params.reads === 'search';
  }

  async invoke(operation: ProbeOperation, signal: AbortSignal): Promise<ProbeOutcome> {
    if (signal.aborted) return { outcome: 'fail', error: 'aborted', valueSha: '' };
    if (operation.f === 'write') return this.write(operation);
    return this.searches ? awaitSeen((leftMs) => this.search(operation, leftMs), this.timeoutMs) : this.read(operation);
  }

  private async write({ key, seq }: ProbeOperation): Promise<ProbeOutcome> {
    const sum = checksum(key, seq);
    try {
      // The cluster waits no longer for a primary than anybody waits for the answer.
      const timeout = `${Math.ceil(this.timeoutMs)}ms`;
      const { body } = await this.within((client) =>
        client.create({ index: LEDGER_INDEX, id: key, timeout, body: { key, seq, sum } }),
      );
      const made = (body as { result?: unknown } | null)?.result === 'created';
      return made
        ? { outcome: 'ok', error: '', valueSha: sum }
        : { outcome: 'info', error: 'unreadable', valueSha: sum };
    } catch (error) {
      return { ...classifyOpensearchError(error), valueSha: sum };
    }
  }

  private async read({ key, seq }: ProbeOperation): Promise<ProbeOutcome> {
    try {
      const { body, statusCode } = await this.within((client) =>
        client.get({ index: LEDGER_INDEX, id: key }, { ignore: [404] }),
      );
      const { found, _source } = body as { found?: unknown; _source?: Stored };
      // A document that is not there has an answer of its own; an index that is not there has another.
      if (statusCode === 404) return { outcome: 'fail', error: found === false ? 'absent' : 'no-index', valueSha: '' };
      const right = isRight(_source, key, seq);
      return { outcome: right ? 'ok' : 'fail', error: right ? '' : 'corrupt', valueSha: String(_source?.sum ?? '') };
    } catch (error) {
      return { outcome: 'fail', error: classifyOpensearchError(error).error, valueSha: '' };
    }
  }

  /** Found by a search when the index was refreshed since. Every shard must have been asked: one that was not may be the one that has it. */
  private async search({ key, seq }: ProbeOperation, leftMs: number): Promise<Look> {
    const failed = (error: string): Look => ({ outcome: { outcome: 'fail', error, valueSha: '' }, final: true });
    try {
      const query = { size: 2, query: { term: { key } } };
      const { body } = await this.within(
        (client) => client.search({ index: LEDGER_INDEX, allow_partial_search_results: false, body: query }),
        leftMs,
      );
      const { timed_out: late, _shards: shards, hits } = body as Searched;
      if (late !== false || shards?.failed !== 0 || !Array.isArray(hits?.hits)) return failed('unreadable');
      const [hit, another] = hits.hits as readonly { readonly _source?: Stored }[];
      if (!hit) return { outcome: { outcome: 'fail', error: 'absent', valueSha: '' }, final: false };
      if (another) return failed('phantom');
      const right = isRight(hit._source, key, seq);
      const valueSha = String(hit._source?.sum ?? '');
      return { outcome: { outcome: right ? 'ok' : 'fail', error: right ? '' : 'corrupt', valueSha }, final: true };
    } catch (error) {
      return failed(classifyOpensearchError(error).error);
    }
  }

  /** By key, many at once, each from its shard as it is now and not as it was refreshed last. It comes across nothing that it was not asked for. */
  async *readBack(expected: readonly ExpectedWrite[], signal: AbortSignal): AsyncIterable<ReadBackAnswer> {
    for (const batch of batches(expected, BATCH)) {
      signal.throwIfAborted();
      const docs = await this.found(batch).catch(() => null);
      for (const [n, { key, seq }] of batch.entries()) yield answerOf(docs?.[n], key, seq);
    }
  }

  private async found(batch: readonly ExpectedWrite[]): Promise<readonly unknown[] | null> {
    const ids = batch.map(({ key }) => key);
    const { body } = await this.within((client) => client.mget({ index: LEDGER_INDEX, body: { ids } }));
    const { docs } = body as { docs?: unknown };
    // One answer for each, in their order: anything else says nothing.
    return Array.isArray(docs) && docs.length === ids.length ? docs : null;
  }

  /** Its answer, or its error, by the operation's deadline: the request is given up then, and its socket with it. */
  private async within<T>(ask: (client: Client) => Promise<T>, withinMs = this.timeoutMs): Promise<T> {
    const asked = ask(this.opened.client);
    const late = setTimeout(() => (asked as { abort?: () => void }).abort?.(), withinMs);
    try {
      return await asked;
    } finally {
      clearTimeout(late);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.opened[Symbol.dispose]();
  }
}

function isRight(stored: Stored | undefined, key: string, seq: number): boolean {
  return stored?.key === key && stored.sum === checksum(key, seq);
}

/** `found` false is an answer of the shard; a shard that could not be asked has an `error` in its place. */
function answerOf(doc: unknown, key: string, seq: number): ReadBackAnswer {
  const { _id, found, _source } = (doc ?? {}) as { _id?: unknown; found?: unknown; _source?: Stored };
  if (_id !== key || typeof found !== 'boolean') return { key, state: 'unreadable', valueSha: '' };
  if (!found) return { key, state: 'absent', valueSha: '' };
  return { key, state: isRight(_source, key, seq) ? 'present' : 'corrupt', valueSha: String(_source?.sum ?? '') };
}
