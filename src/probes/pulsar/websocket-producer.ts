import { WebSocket } from 'ws';
import { z } from 'zod';
import type { Changed } from '../keeper.ts';
import { Pulse } from '../pulse.ts';
import { dropSocket } from '../websocket.ts';
import { parseMessageId } from './message-id.ts';
import type { OutgoingMessage, Producer, SendAnswer } from './transport.ts';
import type { SocketEvents } from './websocket-open.ts';

/** The broker's answer to one message. */
const answerSchema = z.object({
  result: z.string(),
  messageId: z.string().nullish(),
  errorMsg: z.string().nullish(),
  context: z.string().nullish(),
});

/** Results that say that the broker could not even read the message (WebSocketError: FailedToDeserializeFromJSON, PayloadEncodingError). */
const UNREAD = new Set(['send-error:3', 'send-error:7']);
const QUEUE_FULL = /queue is full/i;

interface Pending {
  readonly answer: (answer: SendAnswer) => void;
  readonly timer: NodeJS.Timeout;
}

/** A producer behind one WebSocket. The server makes it before it accepts the WebSocket, and ends it with it. */
export class WebSocketProducer implements Producer, SocketEvents {
  readonly pulse: Pulse;
  private readonly changed: Changed;
  private readonly pending = new Map<string, Pending>();
  private socket: WebSocket | null = null;
  private count = 0;
  private ended = false;

  constructor(changed: Changed, quietMs: number) {
    this.changed = changed;
    const ping = (): void => {
      if (this.socket?.readyState === WebSocket.OPEN) this.socket.ping(undefined, undefined, () => {});
    };
    this.pulse = new Pulse(quietMs, ping, changed);
  }

  attach(socket: WebSocket): this {
    this.socket = socket;
    return this;
  }

  get isOpen(): boolean {
    return !this.ended && this.socket !== null;
  }

  send({ key, payload, local }: OutgoingMessage, timeoutMs: number): Promise<SendAnswer> {
    const { socket } = this;
    if (!socket || !this.isOpen || socket.readyState !== WebSocket.OPEN) {
      return Promise.resolve({ kind: 'unsent', error: 'not-connected' });
    }
    const context = String(this.count++);
    const text = JSON.stringify({
      key,
      payload: Buffer.from(payload).toString('base64'),
      context,
      ...(local && { disableReplication: true }),
    });
    return new Promise((answer) => {
      const timer = setTimeout(() => this.settle(context, { kind: 'unknown', error: 'timeout' }), timeoutMs);
      this.pending.set(context, { answer, timer });
      this.pulse.asked();
      // What cannot be sent ends the connection, and with it every message; `ws` tells it by its close.
      socket.send(text, () => {});
    });
  }

  onMessage(text: string): void {
    let said: z.infer<typeof answerSchema>;
    try {
      said = answerSchema.parse(JSON.parse(text));
      this.pulse.heard();
      if (said.context != null) this.settle(said.context, answerOf(said));
    } catch {
      // An answer that nobody can read: what it was about may be stored or not.
      this.close();
    }
  }

  onPong(): void {
    this.pulse.heard();
  }

  onClose(): void {
    if (this.ended) return;
    this.ended = true;
    this.pulse.stop();
    for (const context of [...this.pending.keys()]) this.settle(context, { kind: 'unknown', error: 'closed' });
    this.changed();
  }

  close(): void {
    if (this.socket) dropSocket(this.socket);
    this.onClose();
  }

  private settle(context: string, answer: SendAnswer): void {
    const pending = this.pending.get(context);
    if (!pending) return;
    this.pending.delete(context);
    clearTimeout(pending.timer);
    this.pulse.ended();
    pending.answer(answer);
  }
}

/** The client inside the broker sends again what its own connection lost, so an error of its own says nothing of what is stored. */
function answerOf({ result, messageId, errorMsg }: z.infer<typeof answerSchema>): SendAnswer {
  if (result === 'ok' && messageId != null) {
    const id = parseMessageId(messageId);
    // Of a message that it had already the broker gives no place.
    return { kind: 'acknowledged', id, duplicate: id.ledger < 0 || id.entry < 0 };
  }
  if (UNREAD.has(result)) return { kind: 'refused', error: 'invalid' };
  if (QUEUE_FULL.test(errorMsg ?? '')) return { kind: 'refused', error: 'busy' };
  return { kind: 'unknown', error: /time/i.test(errorMsg ?? '') ? 'send-timeout' : 'send-error' };
}
