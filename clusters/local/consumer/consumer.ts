import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Transaction, TransactionGraph } from '../graph/transactions.ts';
import type { Delivery, Subscription } from './subscription.ts';

const text = z.string().min(1).max(300);
/** An event of the topic: a payment. */
const eventSchema: z.ZodType<Transaction> = z.strictObject({
  id: text,
  payer: text,
  payee: text,
  amount: z.int().min(0),
  reference: text,
});

interface ConsumerOptions {
  readonly open: () => Promise<
    Pick<Subscription, 'isOpen' | 'next' | 'acknowledge' | 'refuse' | keyof AsyncDisposable>
  >;
  readonly graph: Pick<TransactionGraph, 'createAll'>;
  readonly onProblem: (problem: unknown) => void;
  /** Before it tries again what failed: a batch, or a subscription. */
  readonly againMs: number;
}

/**
 * Events become payments in the graph, a batch in one transaction, and are acknowledged when that is committed. So each is applied at least once, and once where the graph said
 * what became of it: one whose payment is there already is acknowledged as it is. While the graph is not there the batch is tried again, and nothing refused; what is no payment is.
 */
export class GraphConsumer {
  private readonly options: ConsumerOptions;
  private subscription: Pick<Subscription, 'isOpen'> | null = null;

  constructor(options: ConsumerOptions) {
    this.options = options;
  }

  /** Whether Pulsar delivers to it. */
  get isSubscribed(): boolean {
    return this.subscription?.isOpen === true;
  }

  /** Until the signal aborts; then the graph is told of the batch under way first, once. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { onProblem, againMs } = this.options;
    while (!signal.aborted) {
      await this.consume(signal).catch((error: unknown) => signal.aborted || onProblem(error));
      await sleep(againMs, undefined, { signal }).catch(() => {});
    }
  }

  /** On one subscription, until that ends. */
  private async consume(signal: AbortSignal): Promise<void> {
    await using subscription = await this.options.open();
    this.subscription = subscription;
    const end = (): void => void subscription[Symbol.asyncDispose]();
    let idle = true;
    const onAbort = (): void => {
      if (idle) end();
    };
    signal.addEventListener('abort', onAbort);
    try {
      while (!signal.aborted) {
        const batch = await subscription.next();
        if (batch.length === 0) return;
        idle = false;
        await this.take(batch, subscription, signal);
        idle = true;
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  private async take(
    batch: readonly Delivery[],
    subscription: Pick<Subscription, 'isOpen' | 'acknowledge' | 'refuse'>,
    signal: AbortSignal,
  ): Promise<void> {
    const { graph, onProblem, againMs } = this.options;
    const events = new Map<Delivery, Transaction>();
    for (const delivery of batch) {
      const event = eventOf(delivery.text);
      if (event) events.set(delivery, event);
      else {
        onProblem(`is no payment: ${delivery.text.slice(0, 200)}`);
        subscription.refuse(delivery);
      }
    }
    // Whoever gets it next begins anew with what was not acknowledged here.
    while (events.size > 0 && subscription.isOpen) {
      try {
        await graph.createAll([...events.values()]);
        for (const delivery of events.keys()) subscription.acknowledge(delivery);
        return;
      } catch (error) {
        onProblem(error);
        await sleep(againMs, undefined, { signal });
      }
    }
  }
}

function eventOf(said: string): Transaction | null {
  try {
    return eventSchema.safeParse(JSON.parse(said)).data ?? null;
  } catch {
    return null;
  }
}
