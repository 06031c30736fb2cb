import { Unconnected } from '../keeper.ts';
import { parseMessageId } from './message-id.ts';
import type { NativeConsumer, NativeMessage, NativeReader, NativeSource } from './native-library.ts';
import type { Received, Source, Subscribed } from './transport.ts';

/** What the package delivers. It rejects at the end of a time as it does for other reasons. */
abstract class NativeDelivery<S extends NativeSource> implements Source {
  protected readonly source: S;
  /** What was delivered and neither acknowledged nor refused, by its token: the package wants its own object back. */
  protected readonly open = new Map<string, NativeMessage>();

  constructor(source: S) {
    this.source = source;
  }

  protected abstract receive(withinMs: number): Promise<NativeMessage>;

  async next(withinMs: number): Promise<Received | null> {
    let message: NativeMessage;
    try {
      message = await this.receive(Math.max(1, Math.ceil(withinMs)));
    } catch (error) {
      if (/time/i.test(String(error))) return null;
      throw new Unconnected('closed', false, error);
    }
    const id = parseMessageId(message.getMessageId().serialize().toString('base64'));
    this.open.set(id.token, message);
    return {
      id,
      key: message.getPartitionKey(),
      payload: message.getData().toString('utf8'),
      redeliveries: message.getRedeliveryCount(),
    };
  }

  protected take({ id }: Received): NativeMessage | undefined {
    const message = this.open.get(id.token);
    this.open.delete(id.token);
    return message;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Nobody waits for it: of a broker that is gone it may take long.
    this.source.close().catch(() => {});
  }
}

/** A reader of the package. */
export class NativeReaderSource extends NativeDelivery<NativeReader> {
  protected receive(withinMs: number): Promise<NativeMessage> {
    this.open.clear();
    return this.source.readNext(withinMs);
  }
}

/** A consumer of the package. */
export class NativeConsumerSource extends NativeDelivery<NativeConsumer> implements Subscribed {
  protected receive(withinMs: number): Promise<NativeMessage> {
    return this.source.receive(withinMs);
  }

  acknowledge(message: Received): void {
    const native = this.take(message);
    if (native) this.source.acknowledge(native).catch(() => {});
  }

  refuse(message: Received): void {
    const native = this.take(message);
    if (native) this.source.negativeAcknowledge(native);
  }
}
