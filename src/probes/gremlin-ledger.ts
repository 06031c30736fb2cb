import { checksum } from '../history/checksum.ts';
import { batches } from './batches.ts';
import { classifyGremlinFailure, readable } from './gremlin-answer.ts';
import type { GremlinClient } from './gremlin-client.ts';
import type { Frame } from './gremlin-frames.ts';
import { parseCount } from './gremlin-traversals.ts';
import type { ExpectedWrite, ProbeClient, ProbeOperation, ProbeOutcome, ReadBackAnswer } from './probe.ts';

const BATCH = 25;

/** How something with a key is written into a graph and found there again. */
export interface GraphLedger<T extends { readonly key: string }> {
  /** In one transaction. The server answers 1; 0: what it stands on is not there, and nothing was changed. */
  write(key: string, seq: number): Frame;
  read(keys: readonly string[]): Frame;
  /** The answer to `read`. An Error for anything else. */
  parse(data: unknown): readonly T[];
  /** `seen`: everything that has this key. */
  stateOf(key: string, seq: number, seen: readonly T[]): ReadBackAnswer;
}

/** Writes and reads a ledger of a graph. */
export class GremlinLedgerClient<T extends { readonly key: string }> implements ProbeClient {
  private readonly client: GremlinClient;
  private readonly ledger: GraphLedger<T>;
  private readonly timeoutMs: number;

  constructor(client: GremlinClient, ledger: GraphLedger<T>, timeoutUs: number) {
    this.client = client;
    this.ledger = ledger;
    this.timeoutMs = timeoutUs / 1000;
  }

  async invoke({ f, key, seq }: ProbeOperation, signal: AbortSignal): Promise<ProbeOutcome> {
    if (signal.aborted) return { outcome: 'fail', error: 'aborted', valueSha: '' };
    if (f === 'read') {
      const found = await this.states([{ key, seq }], this.timeoutMs);
      if ('outcome' in found) return found;
      const [{ state, valueSha } = { state: 'absent', valueSha: '' }] = found.answers;
      return state === 'present' ? { outcome: 'ok', error: '', valueSha } : { outcome: 'fail', error: state, valueSha };
    }
    const valueSha = checksum(key, seq);
    const answer = await this.client.submit(this.ledger.write(key, seq), this.timeoutMs);
    if (answer.kind !== 'result') return { ...classifyGremlinFailure('write', answer), valueSha };
    const written = readable(() => parseCount(answer.data));
    if (written === null) return { outcome: 'info', error: 'protocol', valueSha };
    return written === 1 ? { outcome: 'ok', error: '', valueSha } : { outcome: 'fail', error: 'absent', valueSha: '' };
  }

  async *readBack(expected: readonly ExpectedWrite[], signal: AbortSignal): AsyncIterable<ReadBackAnswer> {
    for (const batch of batches(expected, BATCH)) {
      signal.throwIfAborted();
      const found = await this.states(batch, this.client.bulkMs);
      if ('outcome' in found) yield* batch.map(({ key }) => ({ key, state: 'unreadable' as const, valueSha: '' }));
      else yield* found.answers;
    }
  }

  private async states(
    writes: readonly ExpectedWrite[],
    timeoutMs: number,
  ): Promise<{ readonly answers: readonly ReadBackAnswer[] } | ProbeOutcome> {
    const answer = await this.client.submit(this.ledger.read(writes.map(({ key }) => key)), timeoutMs);
    if (answer.kind !== 'result') return { ...classifyGremlinFailure('read', answer), valueSha: '' };
    const seen = readable(() => this.ledger.parse(answer.data));
    if (!seen) return { outcome: 'fail', error: 'protocol', valueSha: '' };
    const byKey = Map.groupBy(seen, ({ key }) => key);
    return { answers: writes.map(({ key, seq }) => this.ledger.stateOf(key, seq, byKey.get(key) ?? [])) };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.client[Symbol.asyncDispose]();
  }
}

/** Of something with a checksum and a sequence number that is to be there once. */
export function stateOfOne(
  key: string,
  seq: number,
  seen: readonly { readonly seq: number | null; readonly sum: string }[],
): ReadBackAnswer {
  const right = checksum(key, seq);
  const wrong = seen.find((one) => one.sum !== right || one.seq !== seq);
  const valueSha = wrong?.sum ?? seen[0]?.sum ?? '';
  if (seen.length === 0) return { key, state: 'absent', valueSha };
  if (wrong) return { key, state: 'corrupt', valueSha };
  return { key, state: seen.length > 1 ? 'phantom' : 'present', valueSha };
}
