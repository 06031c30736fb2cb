import { checksum } from '../history/checksum.ts';
import { awaitSeen } from './awaited.ts';
import { batches, inTurns } from './batches.ts';
import { classifyGremlinFailure, type GremlinAnswer, readable } from './gremlin-answer.ts';
import type { GremlinClient } from './gremlin-client.ts';
import { scriptFrame } from './gremlin-frames.ts';
import { parseRows, parseTexts } from './gremlin-traversals.ts';
import { accountsOf, keyOfAccount, paymentOf, paymentState, type Stored } from './payments.ts';
import type { ExpectedWrite, ProbeClient, ProbeOperation, ProbeOutcome, ReadBackAnswer } from './probe.ts';
import type { KeptProducer } from './pulsar/kept-producer.ts';

const BATCH = 50;
/** Such requests under way, where nothing is measured any more. */
const LEFT_AT_ONCE = 8;

const WITHIN = 'org.apache.tinkerpop.gremlin.process.traversal.P.within(ids)';
const FIND = `SOURCE.E().has('TRANSACTS_WITH', 'transactionId', ${WITHIN})
  .project('id', 'payer', 'payee', 'amount', 'reference')
  .by('transactionId').by(outV().values('accountId')).by(inV().values('accountId')).by('amount').by('reference')`;
const FIND_ACCOUNTS = `SOURCE.V().has('accountId', ${WITHIN}).values('accountId')`;

interface Ends {
  readonly events: Pick<KeptProducer, 'send' | keyof AsyncDisposable>;
  readonly graph: Pick<GremlinClient, 'submit' | 'bulkMs' | keyof AsyncDisposable>;
}

/** Both ends of one site's pipeline: an event goes in at the topic, and is looked for in the graph. */
export class PipelineClient implements ProbeClient {
  private readonly ends: Ends;
  private readonly find: string;
  private readonly findAccounts: string;
  private readonly timeoutMs: number;

  /** `source`: what the graph's server calls the traversal source. */
  constructor(ends: Ends, source: string, timeoutMs: number) {
    this.ends = ends;
    this.find = FIND.replace('SOURCE', source);
    this.findAccounts = FIND_ACCOUNTS.replace('SOURCE', source);
    this.timeoutMs = timeoutMs;
  }

  async invoke(operation: ProbeOperation, signal: AbortSignal): Promise<ProbeOutcome> {
    if (signal.aborted) return { outcome: 'fail', error: 'aborted', valueSha: '' };
    return operation.f === 'write' ? this.write(operation) : this.read(operation);
  }

  /** Acknowledged by the broker: from then on it is the platform's. */
  private async write({ key, seq }: ProbeOperation): Promise<ProbeOutcome> {
    const payment = paymentOf(key, seq);
    const { outcome, error } = await this.ends.events.send({ key: payment.payer, payload: JSON.stringify(payment) });
    return { outcome, error, valueSha: checksum(key, seq) };
  }

  /** Waits until it is in the graph, as long as an operation may take. A graph that fails is no answer, and is not asked again. */
  private read({ key, seq }: ProbeOperation): Promise<ProbeOutcome> {
    return awaitSeen(async (leftMs) => {
      const answer = await this.ends.graph.submit(scriptFrame(this.find, { ids: [key] }), leftMs);
      if (answer.kind !== 'result')
        return { outcome: { ...classifyGremlinFailure('read', answer), valueSha: '' }, final: true };
      const found = rowsOf(answer);
      if (!found) return { outcome: { outcome: 'fail', error: 'protocol', valueSha: '' }, final: true };
      const { state, valueSha } = paymentState(found, key, seq);
      if (state === 'present') return { outcome: { outcome: 'ok', error: '', valueSha }, final: true };
      // Parts of it may be seen before the rest, but never twice.
      return { outcome: { outcome: 'fail', error: state, valueSha }, final: state === 'phantom' };
    }, this.timeoutMs);
  }

  /** As it is now: nothing is awaited. */
  async *readBack(expected: readonly ExpectedWrite[], signal: AbortSignal): AsyncIterable<ReadBackAnswer> {
    for (const batch of batches(expected, BATCH)) {
      signal.throwIfAborted();
      const found = await this.ask(this.find, { ids: batch.map(({ key }) => key) }, rowsOf);
      const answers = batch.map(
        ({ key, seq }): ReadBackAnswer =>
          found ? paymentState(found, key, seq) : { key, state: 'unreadable', valueSha: '' },
      );
      yield* await this.withParts(answers);
    }
  }

  /** Where no payment is, one of its accounts may be. */
  private async withParts(answers: readonly ReadBackAnswer[]): Promise<readonly ReadBackAnswer[]> {
    const absent = answers.filter(({ state }) => state === 'absent');
    if (absent.length === 0) return answers;
    const accounts = await this.ask(this.findAccounts, { ids: accountsOf(absent) }, textsOf);
    const there = new Set((accounts ?? []).map(keyOfAccount));
    return answers.map((answer) => {
      if (answer.state !== 'absent') return answer;
      if (!accounts) return { ...answer, state: 'unreadable' };
      return there.has(answer.key) ? { ...answer, state: 'partial' } : answer;
    });
  }

  private async ask<T>(
    script: string,
    bindings: Readonly<Record<string, unknown>>,
    parse: (answer: Result) => T | null,
  ): Promise<T | null> {
    const { graph } = this.ends;
    const answer = await graph.submit(scriptFrame(script, bindings, graph.bulkMs), graph.bulkMs);
    return answer.kind === 'result' ? parse(answer) : null;
  }

  /** Those of these writes of which anything is there, or may be. */
  async left(writes: readonly ExpectedWrite[], signal: AbortSignal): Promise<readonly ExpectedWrite[]> {
    const left = new Set<string>();
    await inTurns(batches(writes, BATCH), LEFT_AT_ONCE, signal, async (batch) => {
      for await (const { key, state } of this.readBack(batch, signal)) if (state !== 'absent') left.add(key);
    });
    return writes.filter(({ key }) => left.has(key));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.ends.events, this.ends.graph].map((end) => end[Symbol.asyncDispose]()));
  }
}

type Result = Extract<GremlinAnswer, { kind: 'result' }>;

/** Null for an answer that cannot be understood. */
function rowsOf({ data }: Result): readonly Stored[] | null {
  return readable(() =>
    parseRows(data).map((row): Stored => ({ ...Object.fromEntries(row), amount: Number(row.get('amount')) })),
  );
}

function textsOf({ data }: Result): readonly string[] | null {
  return readable(() => parseTexts(data));
}
