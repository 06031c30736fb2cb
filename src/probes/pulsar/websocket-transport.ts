import { PlatformError } from '../../errors.ts';
import type { Endpoint } from '../../platform/platform.ts';
import type { Changed } from '../keeper.ts';
import type {
  ProducerOptions,
  ReadOptions,
  SubscribeOptions,
  Topic,
  Transport,
  TransportOptions,
} from './transport.ts';
import { fullName } from './transport.ts';
import { openSocket, type SocketEvents } from './websocket-open.ts';
import { WebSocketProducer } from './websocket-producer.ts';
import { WebSocketConsumer, WebSocketReader } from './websocket-source.ts';

/** Messages that the server may have underway to one reader or consumer. */
const QUEUE = 1_000;

/** Pulsar's WebSocket API, which every broker has where it is enabled. */
export class WebSocketTransport implements Transport {
  readonly name = 'websocket';
  private readonly options: TransportOptions;
  private turn = 0;

  constructor(options: TransportOptions) {
    if (options.endpoints.length === 0) throw new PlatformError('there is no endpoint of Pulsar');
    this.options = options;
  }

  async produce(
    { topic, name, initialSequenceId, sendTimeoutMs }: ProducerOptions,
    changed: Changed,
    withinMs: number,
  ): Promise<WebSocketProducer> {
    const query = {
      producerName: name,
      initialSequenceId: String(initialSequenceId),
      sendTimeoutMillis: String(Math.ceil(sendTimeoutMs)),
      batchingEnabled: 'false',
    };
    const producer = new WebSocketProducer(changed, this.options.quietMs);
    return producer.attach(await this.open(`producer/${pathOf(topic)}`, query, producer, withinMs));
  }

  async subscribe(options: SubscribeOptions, withinMs: number): Promise<WebSocketConsumer> {
    const { topic, subscription, type, consumer, from, redeliverAfterMs, deadLetters } = options;
    const query = {
      subscriptionType: type,
      consumerName: consumer,
      subscriptionInitialPosition: from === 'earliest' ? 'Earliest' : 'Latest',
      receiverQueueSize: String(QUEUE),
      ...(redeliverAfterMs !== undefined && { negativeAckRedeliveryDelay: String(redeliverAfterMs) }),
      ...(deadLetters && {
        maxRedeliverCount: String(deadLetters.afterRedeliveries),
        deadLetterTopic: fullName(deadLetters.topic),
      }),
    };
    const source = new WebSocketConsumer();
    const path = `consumer/${pathOf(topic)}/${encodeURIComponent(subscription)}`;
    return source.attach(await this.open(path, query, source, withinMs));
  }

  async read({ topic, after }: ReadOptions, withinMs: number): Promise<WebSocketReader> {
    const query = { messageId: after === 'earliest' ? after : after.token, receiverQueueSize: String(QUEUE) };
    const source = new WebSocketReader();
    return source.attach(await this.open(`reader/${pathOf(topic)}`, query, source, withinMs));
  }

  /** At each endpoint in turn, one after a failure. */
  private async open(
    what: string,
    query: Readonly<Record<string, string>>,
    events: SocketEvents,
    withinMs: number,
  ): Promise<Awaited<ReturnType<typeof openSocket>>> {
    const { endpoints } = this.options;
    const endpoint = endpoints[this.turn % endpoints.length] as Endpoint;
    try {
      return await openSocket(endpoint, `/ws/v2/${what}?${new URLSearchParams(query)}`, this.options, events, withinMs);
    } catch (error) {
      this.turn += 1;
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

function pathOf({ namespace, name }: Topic): string {
  return `persistent/${namespace.split('/').map(encodeURIComponent).join('/')}/${encodeURIComponent(name)}`;
}
