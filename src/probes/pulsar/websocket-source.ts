import type { WebSocket } from 'ws';
import { z } from 'zod';
import { Unconnected } from '../keeper.ts';
import { dropSocket } from '../websocket.ts';
import { Inbox } from './inbox.ts';
import { parseMessageId } from './message-id.ts';
import type { Received, Source, Subscribed } from './transport.ts';
import type { SocketEvents } from './websocket-open.ts';

const deliverySchema = z.object({
  messageId: z.string(),
  payload: z.string(),
  key: z.string().nullish(),
  redeliveryCount: z.int().min(0).nullish(),
});

const GOODBYE_MS = 1_000;

/** What a server delivers over one WebSocket. */
abstract class WebSocketSource implements Source, SocketEvents {
  protected readonly inbox = new Inbox();
  protected socket: WebSocket | null = null;

  attach(socket: WebSocket): this {
    this.socket = socket;
    return this;
  }

  abstract next(withinMs: number): Promise<Received | null>;

  onMessage(text: string): void {
    try {
      const { messageId, payload, key, redeliveryCount } = deliverySchema.parse(JSON.parse(text));
      this.inbox.add({
        id: parseMessageId(messageId),
        key: key ?? '',
        payload: Buffer.from(payload, 'base64').toString('utf8'),
        redeliveries: redeliveryCount ?? 0,
      });
    } catch (error) {
      this.inbox.end(new Unconnected('protocol', false, error));
      if (this.socket) dropSocket(this.socket);
    }
  }

  onClose(): void {
    this.inbox.end(new Unconnected('closed', false));
  }

  protected say(what: Readonly<Record<string, string>>): void {
    this.socket?.send(JSON.stringify(what), () => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.onClose();
    const { socket } = this;
    if (!socket) return;
    // A goodbye, and no more: the other end may be gone.
    socket.close();
    setTimeout(() => dropSocket(socket), GOODBYE_MS).unref();
  }
}

/** A reader. The server stops after so many messages as it may have underway, until it is told that they were taken. */
export class WebSocketReader extends WebSocketSource {
  async next(withinMs: number): Promise<Received | null> {
    const message = await this.inbox.next(withinMs);
    if (message) this.say({ messageId: message.id.token });
    return message;
  }
}

/** A consumer of a subscription. */
export class WebSocketConsumer extends WebSocketSource implements Subscribed {
  next(withinMs: number): Promise<Received | null> {
    return this.inbox.next(withinMs);
  }

  acknowledge({ id }: Received): void {
    this.say({ messageId: id.token });
  }

  refuse({ id }: Received): void {
    this.say({ type: 'negativeAcknowledge', messageId: id.token });
  }
}
