import { performance } from 'node:perf_hooks';
import { messageOf } from '../../errors.ts';
import type { PulsarAdmin } from './admin.ts';
import { compareIds, type MessageId } from './message-id.ts';
import { topicState } from './topic-state.ts';
import type { Received, Source, Topic, Transport } from './transport.ts';

/**
 * A topic from its earliest message on, as far as it has been read. Each look goes on to the end that is there when it begins, so that what is
 * not there then is absent, and nothing is read twice.
 */
export class WholeTopic implements AsyncDisposable {
  private readonly transport: Transport;
  private readonly admin: PulsarAdmin;
  private readonly topic: Topic;
  private readonly onMessage: (message: Received) => void;
  private source: Source | null = null;
  private last: MessageId | null = null;

  constructor(transport: Transport, admin: PulsarAdmin, topic: Topic, onMessage: (message: Received) => void) {
    this.transport = transport;
    this.admin = admin;
    this.topic = topic;
    this.onMessage = onMessage;
  }

  /** Reads what has come since. Null: to the end; else why not, and nothing can be said of what was not seen. Never rejects. */
  async look(withinMs: number, signal: AbortSignal): Promise<string | null> {
    const until = performance.now() + withinMs;
    const left = (): number => Math.max(1, Math.ceil(until - performance.now()));
    try {
      // First the reader: a broker tells of a topic only what it has loaded.
      const source = await this.open(left());
      const limit = AbortSignal.any([signal, AbortSignal.timeout(left())]);
      const { end } = await topicState(this.admin, this.topic, limit);
      while (end && (!this.last || compareIds(this.last, end) < 0)) {
        limit.throwIfAborted();
        const message = await source.next(left());
        if (!message) return `its end, ${end.ledger}:${end.entry}, was not delivered in time`;
        // What it had already, after it connected again by itself.
        if (this.last && compareIds(message.id, this.last) <= 0) continue;
        this.last = message.id;
        this.onMessage(message);
      }
      return null;
    } catch (error) {
      await this.leave();
      return messageOf(error);
    }
  }

  private async open(withinMs: number): Promise<Source> {
    this.source ??= await this.transport.read({ topic: this.topic, after: this.last ?? 'earliest' }, withinMs);
    return this.source;
  }

  private async leave(): Promise<void> {
    const { source } = this;
    this.source = null;
    await source?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave();
  }
}
