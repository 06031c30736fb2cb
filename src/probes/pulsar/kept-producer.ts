import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { Keeper, Unconnected } from '../keeper.ts';
import type { ProbeOutcome } from '../probe.ts';
import type { MessageId } from './message-id.ts';
import type { OutgoingMessage, Producer, SendAnswer, Topic, Transport } from './transport.ts';

/** What became of a message, and the place that the broker gave it; null: it said none. */
export interface Sent extends Pick<ProbeOutcome, 'outcome' | 'error'> {
  readonly id: MessageId | null;
}

/** The producer of one topic at one site, kept connected, and never under a name that it had before. */
export class KeptProducer implements AsyncDisposable {
  private readonly keeper: Keeper<Producer>;
  private readonly timeoutMs: number;
  private readonly ended = new AbortController();

  constructor(transport: Transport, topic: Topic, site: string, timeoutMs: number) {
    this.timeoutMs = timeoutMs;
    // No two connections have the same: the broker refuses a second one of a name whose first it takes to be there still.
    const id = randomUUID();
    let connections = 0;
    this.keeper = new Keeper<Producer>((changed, greetMs) => {
      connections += 1;
      const options = { topic, name: `drill-${id}-${connections}`, initialSequenceId: -1, sendTimeoutMs: timeoutMs };
      return transport.produce(options, changed, greetMs);
    }, timeoutMs);
    this.keeper.open(`Pulsar of ${site}`, this.ended.signal).catch(() => {});
  }

  /** `fail` where nothing was sent or the broker did not take it, `info` where nobody knows. */
  async send(message: OutgoingMessage): Promise<Sent> {
    const { keeper } = this;
    const until = performance.now() + this.timeoutMs;
    const once = async (): Promise<SendAnswer> => {
      const producer = keeper.ready ?? (await keeper.take(until - performance.now()));
      return producer.send(message, until - performance.now());
    };
    try {
      let answer = await once();
      // Of what was not sent, because the connection turned out to be lost, nothing can be there.
      if (answer.kind === 'unsent') answer = await once();
      if (answer.kind === 'acknowledged') return { outcome: 'ok', error: '', id: answer.duplicate ? null : answer.id };
      return { outcome: answer.kind === 'unknown' ? 'info' : 'fail', error: answer.error, id: null };
    } catch (error) {
      if (error instanceof Unconnected) return { outcome: 'fail', error: error.code, id: null };
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.ended.abort();
    await this.keeper[Symbol.asyncDispose]();
  }
}
