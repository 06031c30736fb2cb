import { PlatformError } from '../../errors.ts';
import { formatEndpoint } from '../gremlin-link.ts';
import { type Changed, Unconnected } from '../keeper.ts';
import { knock } from '../knock.ts';
import { locate } from '../locate.ts';
import { Pulse } from '../pulse.ts';
import { parseMessageId } from './message-id.ts';
import type { NativeClient, NativeId, NativeLibrary, NativeProducer } from './native-library.ts';
import { NativeConsumerSource, NativeReaderSource } from './native-source.ts';
import type {
  OutgoingMessage,
  Producer,
  ProducerOptions,
  ReadOptions,
  SendAnswer,
  SubscribeOptions,
  Transport,
  TransportOptions,
} from './transport.ts';
import { fullName } from './transport.ts';

/** For a lookup, or for making a producer; whole seconds, at least one. */
const OPERATION_S = 2;
const QUEUE = 1_000;

/** Pulsar's own protocol, through the npm package `pulsar-client`. Where the brokers are it asks their HTTP. */
export class NativeTransport implements Transport {
  readonly name = 'pulsar-client';
  private readonly library: NativeLibrary;
  private readonly options: TransportOptions;
  private readonly client: NativeClient;

  constructor(library: NativeLibrary, options: TransportOptions) {
    const { endpoints, security, token } = options;
    if (endpoints.length === 0) throw new PlatformError('there is no endpoint of Pulsar');
    if (security.tls) {
      throw new PlatformError('pulsar-client takes TLS files by path, and the probe has their content', {
        hint: 'transport: websocket',
      });
    }
    this.library = library;
    this.options = options;
    this.client = new library.Client({
      serviceUrl: `http://${endpoints.map(formatEndpoint).join(',')}`,
      operationTimeoutSeconds: OPERATION_S,
      // Nothing that a driver has to tell may leave the process.
      log: () => {},
      ...(security.auth && {
        authentication: token
          ? new library.AuthenticationToken({ token: security.auth.password })
          : new library.AuthenticationBasic(security.auth),
      }),
    });
  }

  async produce(options: ProducerOptions, changed: Changed, withinMs: number): Promise<NativeProducerConnection> {
    const { topic, name, initialSequenceId, sendTimeoutMs } = options;
    const made = await this.connected(
      () =>
        this.client.createProducer({
          topic: fullName(topic),
          producerName: name,
          initialSequenceId,
          sendTimeoutMs: Math.ceil(sendTimeoutMs),
          batchingEnabled: false,
          blockIfQueueFull: false,
        }),
      withinMs,
    );
    return new NativeProducerConnection(made, changed, this.options.quietMs);
  }

  async subscribe(options: SubscribeOptions, withinMs: number): Promise<NativeConsumerSource> {
    const { topic, subscription, type, consumer, from, redeliverAfterMs, deadLetters } = options;
    const made = await this.connected(
      () =>
        this.client.subscribe({
          topic: fullName(topic),
          subscription,
          subscriptionType: type === 'Key_Shared' ? 'KeyShared' : type,
          consumerName: consumer,
          subscriptionInitialPosition: from === 'earliest' ? 'Earliest' : 'Latest',
          receiverQueueSize: QUEUE,
          ...(redeliverAfterMs !== undefined && { nAckRedeliverTimeoutMs: redeliverAfterMs }),
          ...(deadLetters && {
            deadLetterPolicy: {
              deadLetterTopic: fullName(deadLetters.topic),
              maxRedeliverCount: deadLetters.afterRedeliveries,
            },
          }),
        }),
      withinMs,
    );
    return new NativeConsumerSource(made);
  }

  async read({ topic, after }: ReadOptions, withinMs: number): Promise<NativeReaderSource> {
    const { MessageId } = this.library;
    const start =
      after === 'earliest' ? MessageId.earliest() : MessageId.deserialize(Buffer.from(after.token, 'base64'));
    const made = await this.connected(
      () => this.client.createReader({ topic: fullName(topic), startMessageId: start, receiverQueueSize: QUEUE }),
      withinMs,
    );
    return new NativeReaderSource(made);
  }

  /** The package says neither why it could not connect nor that nobody was there: that is asked of the endpoint first. */
  private async connected<T extends { close(): Promise<unknown> }>(
    make: () => Promise<T>,
    withinMs: number,
  ): Promise<T> {
    const until = performance.now() + withinMs;
    const { endpoints, resolver } = this.options;
    await knock(await locate(endpoints, { resolver }, withinMs), Math.max(1, until - performance.now()));
    const making = make();
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new Unconnected('not-connected', true)),
      Math.max(1, until - performance.now()),
    );
    try {
      return await Promise.race([making, late.promise]);
    } catch (error) {
      // What comes after all is not wanted any more.
      making.then((made) => made.close()).catch(() => {});
      throw error instanceof Unconnected ? error : new Unconnected(codeOf(error), false, error);
    } finally {
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close().catch(() => {});
  }
}

function codeOf(error: unknown): string {
  const said = String(error);
  if (/auth/i.test(said)) return 'auth';
  return /busy/i.test(said) ? 'busy' : 'not-ready';
}

/** A producer of the package. It connects again by itself, and sends again what it has not given up: who waits for an answer decides how long. */
class NativeProducerConnection implements Producer {
  readonly pulse: Pulse;
  private readonly producer: NativeProducer;
  private readonly changed: Changed;
  private ended = false;

  constructor(producer: NativeProducer, changed: Changed, quietMs: number) {
    this.producer = producer;
    this.changed = changed;
    const look = (): void => {
      if (producer.isConnected()) this.pulse.heard();
    };
    this.pulse = new Pulse(quietMs, look, changed);
  }

  get isOpen(): boolean {
    return !this.ended;
  }

  async send({ key, payload, local }: OutgoingMessage, timeoutMs: number): Promise<SendAnswer> {
    if (this.ended) return { kind: 'unsent', error: 'not-connected' };
    const late = Promise.withResolvers<SendAnswer>();
    const timer = setTimeout(() => late.resolve({ kind: 'unknown', error: 'timeout' }), timeoutMs);
    this.pulse.asked();
    try {
      const sent = this.producer
        .send({ data: Buffer.from(payload), partitionKey: key, ...(local && { disableReplication: true }) })
        .then(acknowledged, failed);
      const answer = await Promise.race([sent, late.promise]);
      if (answer.kind === 'acknowledged') this.pulse.heard();
      return answer;
    } finally {
      clearTimeout(timer);
      this.pulse.ended();
    }
  }

  close(): void {
    if (this.ended) return;
    this.ended = true;
    this.pulse.stop();
    this.producer.close().catch(() => {});
    this.changed();
  }
}

function acknowledged(id: NativeId): SendAnswer {
  const place = parseMessageId(id.serialize().toString('base64'));
  return { kind: 'acknowledged', id: place, duplicate: place.ledger < 0 || place.entry < 0 };
}

/** Whether the broker has it the package cannot say, but for a queue that took nothing more. */
function failed(error: unknown): SendAnswer {
  const said = String(error);
  if (/queue ?is ?full/i.test(said)) return { kind: 'refused', error: 'busy' };
  return { kind: 'unknown', error: /time/i.test(said) ? 'send-timeout' : 'send-error' };
}
