import { WebSocket } from 'ws';
import { z } from 'zod';
import type { ConsumerConfig } from './config.ts';

/** A message as Pulsar's WebSocket API delivers it; `payload` in Base64. */
const deliverySchema = z.object({ messageId: z.string(), payload: z.string() });

export interface Delivery {
  readonly messageId: string;
  readonly text: string;
}

type Subscribed = Pick<ConsumerConfig, 'pulsar' | 'topic' | 'deadLetters' | 'subscription' | 'redeliveries' | 'batch'>;

const NACK_MS = 1_000;
const PING_MS = 5_000;

/** One connection to a subscription. What was delivered on it and not acknowledged is delivered again once it has ended. */
export class Subscription implements AsyncDisposable {
  private readonly socket: WebSocket;
  private readonly batch: number;
  private readonly waiting: Delivery[] = [];
  private readonly pinging: NodeJS.Timeout;
  private heard = true;
  private wake: () => void = () => {};

  private constructor(socket: WebSocket, batch: number) {
    this.socket = socket;
    this.batch = batch;
    socket.on('message', (data) => this.deliver(String(data)));
    socket.on('pong', () => {
      this.heard = true;
    });
    socket.on('close', () => this.wake());
    // A server that is gone without a word says nothing of it either.
    this.pinging = setInterval(() => {
      if (!this.heard) socket.terminate();
      this.heard = false;
      if (this.isOpen) socket.ping();
    }, PING_MS);
  }

  /** Rejects where Pulsar cannot be reached, or does not accept it. */
  static async open(options: Subscribed): Promise<Subscription> {
    const { pulsar, topic, deadLetters, subscription, redeliveries, batch } = options;
    const query = new URLSearchParams({
      subscriptionType: 'Key_Shared',
      subscriptionInitialPosition: 'Earliest',
      receiverQueueSize: String(2 * batch),
      negativeAckRedeliveryDelay: String(NACK_MS),
      maxRedeliverCount: String(redeliveries),
      deadLetterTopic: `persistent://${deadLetters}`,
    });
    const path = `persistent/${topic}/${encodeURIComponent(subscription)}?${query}`;
    const socket = new WebSocket(`ws://${pulsar.host}:${pulsar.port}/ws/v2/consumer/${path}`, {
      handshakeTimeout: PING_MS,
      perMessageDeflate: false,
    });
    // Messages may come together with the opening.
    const subscribed = new Subscription(socket, batch);
    try {
      await new Promise((resolve, reject) => {
        socket.once('open', resolve);
        // The listener stays: an error that nobody hears would end the process.
        socket.on('error', reject);
      });
    } catch (error) {
      await subscribed[Symbol.asyncDispose]();
      throw error;
    }
    return subscribed;
  }

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  private deliver(message: string): void {
    const { messageId, payload } = deliverySchema.parse(JSON.parse(message));
    this.waiting.push({ messageId, text: Buffer.from(payload, 'base64').toString('utf8') });
    this.wake();
  }

  /** What has come, in its order and at most a batch, as soon as there is something; empty: the connection has ended. */
  async next(): Promise<readonly Delivery[]> {
    while (this.isOpen && this.waiting.length === 0) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    return this.isOpen ? this.waiting.splice(0, this.batch) : [];
  }

  acknowledge({ messageId }: Delivery): void {
    this.socket.send(JSON.stringify({ messageId }), () => {});
  }

  /** To be delivered again, and in the end to be a dead letter. */
  refuse({ messageId }: Delivery): void {
    this.socket.send(JSON.stringify({ type: 'negativeAcknowledge', messageId }), () => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.pinging);
    this.socket.terminate();
    this.wake();
  }
}
