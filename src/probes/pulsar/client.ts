import { performance } from 'node:perf_hooks';
import { checksum } from '../../history/checksum.ts';
import { Unconnected } from '../keeper.ts';
import type {
  ExpectedWrite,
  ProbeClient,
  ProbeContext,
  ProbeOperation,
  ProbeOutcome,
  ReadBackAnswer,
} from '../probe.ts';
import type { PulsarAdmin } from './admin.ts';
import { KeptProducer } from './kept-producer.ts';
import { LedgerView } from './ledger-view.ts';
import { compareIds, justBefore, type MessageId } from './message-id.ts';
import { formatPayload, judgePayload } from './payload.ts';
import { topicOf } from './places.ts';
import { Positions } from './positions.ts';
import type { Source, Topic, Transport } from './transport.ts';
import { WholeTopic } from './whole-topic.ts';

/** Acknowledged messages whose places are known: a read asks for the latest one. */
const PLACES = 10_000;
/** For reading a topic whole, or what has come since. */
const LOOK_MS = 30_000;

/** One site's Pulsar as the probe uses it. */
export class PulsarClient implements ProbeClient {
  private readonly context: ProbeContext;
  private readonly transport: Transport;
  private readonly admin: PulsarAdmin;
  private readonly timeoutMs: number;
  private readonly producers = new Map<string, KeptProducer>();
  private readonly views = new Map<string, { readonly topic: WholeTopic; readonly ledger: LedgerView }>();
  private readonly places = new Positions(PLACES);

  constructor(context: ProbeContext, transport: Transport, admin: PulsarAdmin) {
    this.context = context;
    this.transport = transport;
    this.admin = admin;
    this.timeoutMs = context.timeoutUs / 1000;
  }

  async invoke(operation: ProbeOperation, signal: AbortSignal): Promise<ProbeOutcome> {
    if (signal.aborted) return { outcome: 'fail', error: 'aborted', valueSha: '' };
    return operation.f === 'write' ? this.write(operation) : this.read(operation);
  }

  private async write({ key, seq }: ProbeOperation): Promise<ProbeOutcome> {
    const { outcome, error, id } = await this.producerOf(topicOf(this.context, key)).send({
      key,
      payload: formatPayload(key, seq),
    });
    if (id) this.places.add(key, id);
    return { outcome, error, valueSha: checksum(key, seq) };
  }

  private producerOf(topic: Topic): KeptProducer {
    const known = this.producers.get(topic.name);
    if (known) return known;
    const producer = new KeptProducer(this.transport, topic, this.context.site.name, this.timeoutMs);
    this.producers.set(topic.name, producer);
    return producer;
  }

  /** A consumer that comes anew, at the place that the broker gave the message: what it has in memory proves nothing of now. */
  private async read({ key, seq }: ProbeOperation): Promise<ProbeOutcome> {
    const until = performance.now() + this.timeoutMs;
    const place = this.places.get(key);
    try {
      await using source = await this.reader(topicOf(this.context, key), place, until);
      for (;;) {
        const message = await source.next(until - performance.now());
        if (!message) return { outcome: 'fail', error: 'timeout', valueSha: '' };
        if (place ? compareIds(message.id, place) < 0 : message.key !== key) continue;
        if (place && compareIds(message.id, place) > 0) return { outcome: 'fail', error: 'absent', valueSha: '' };
        const { right, valueSha } = judgePayload(message, key, seq);
        return { outcome: right ? 'ok' : 'fail', error: right ? '' : 'corrupt', valueSha };
      }
    } catch (error) {
      if (error instanceof Unconnected) return { outcome: 'fail', error: error.code, valueSha: '' };
      throw error;
    }
  }

  /** As long as the network says nothing it is tried again: TCP by itself would pause longer and longer. */
  private async reader(topic: Topic, place: MessageId | null, until: number): Promise<Source> {
    const after = place ? justBefore(place) : 'earliest';
    for (;;) {
      const leftMs = until - performance.now();
      if (leftMs <= 0) throw new Unconnected('timeout', true);
      try {
        return await this.transport.read({ topic, after }, leftMs);
      } catch (error) {
        if (!(error instanceof Unconnected) || !error.silent) throw error;
      }
    }
  }

  async *readBack(expected: readonly ExpectedWrite[], signal: AbortSignal): AsyncIterable<ReadBackAnswer> {
    const byTopic = Map.groupBy(expected, ({ key }) => topicOf(this.context, key).name);
    for (const writes of byTopic.values()) {
      signal.throwIfAborted();
      const { topic, ledger } = this.viewOf(topicOf(this.context, (writes[0] as ExpectedWrite).key));
      const complete = (await topic.look(LOOK_MS, signal)) === null;
      yield* ledger.answers(writes, complete);
    }
  }

  private viewOf(topic: Topic): { readonly topic: WholeTopic; readonly ledger: LedgerView } {
    const known = this.views.get(topic.name);
    if (known) return known;
    const ledger = new LedgerView();
    const whole = new WholeTopic(this.transport, this.admin, topic, (message) => ledger.add(message));
    const view = { topic: whole, ledger };
    this.views.set(topic.name, view);
    return view;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.producers.values()].map((producer) => producer[Symbol.asyncDispose]()));
    await Promise.all([...this.views.values()].map(({ topic }) => topic[Symbol.asyncDispose]()));
    await this.transport[Symbol.asyncDispose]();
  }
}
