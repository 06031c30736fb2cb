import { WebSocket } from 'ws';
import { messageOf } from '../errors.ts';
import { decodeFrame, encodeRequest, type GremlinRequest, newRequestId, requestIdOf } from './gremlin-wire.ts';
import type { Security } from './security.ts';

/** How a request ended. Nothing else ever comes of one: it neither throws nor rejects. */
export type GremlinAnswer =
  | { readonly type: 'data'; readonly data: readonly unknown[] }
  /** The server's own error. */
  | { readonly type: 'server'; readonly status: number; readonly message: string }
  /** No answer within the request's time. */
  | { readonly type: 'timeout' }
  /** The connection closed, or the request was given up, after it was sent. */
  | { readonly type: 'closed' }
  /** An answer that cannot be understood. */
  | { readonly type: 'garbled'; readonly message: string }
  /** Nothing was sent. */
  | { readonly type: 'unsent'; readonly message: string };

export interface GremlinEndpoint {
  readonly url: string;
  readonly security: Security;
}

interface Pending {
  readonly data: unknown[];
  readonly settle: (answer: GremlinAnswer) => void;
}

const SUCCESS = 200;
const NO_CONTENT = 204;
const PARTIAL_CONTENT = 206;
const CHALLENGE = 407;
/** An answer is a few kilobytes; one that is larger is no answer to what was asked. */
const MAX_PAYLOAD = 16 * 1024 * 1024;

/**
 * One WebSocket to a Gremlin Server, with the framing and serializer of the `gremlin` package but not its connection, which has neither
 * deadlines nor a clean end: it removes its `error` listener before the socket is done, so that a second error ends the process.
 */
export class GremlinConnection {
  private readonly socket: WebSocket;
  private readonly login: Security['auth'];
  private readonly pending = new Map<string, Pending>();
  private readonly onClose: () => void;
  private timeouts = 0;
  private closed = false;

  private constructor(socket: WebSocket, login: Security['auth'], onClose: () => void) {
    this.socket = socket;
    this.login = login;
    this.onClose = onClose;
    socket.on('message', (frame) => this.receive(frame as Buffer));
    socket.on('close', () => this.end());
    socket.on('error', () => this.end());
  }

  /** Opens a connection; rejects when it is not open after `deadlineMs` or when the signal is aborted. `onClose` is called once, when it has ended. */
  static async open(
    { url, security }: GremlinEndpoint,
    deadlineMs: number,
    signal: AbortSignal,
    onClose: () => void,
  ): Promise<GremlinConnection> {
    signal.throwIfAborted();
    const socket = new WebSocket(url, {
      ...security.tls,
      handshakeTimeout: deadlineMs,
      perMessageDeflate: false,
      maxPayload: MAX_PAYLOAD,
    });
    // Stays for good: an error after the end is nobody's, and without a listener it would end the process.
    socket.on('error', () => {});
    let deadline: NodeJS.Timeout | undefined;
    let abort = (): void => {};
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('open', resolve);
        socket.once('error', reject);
        socket.once('close', () => reject(new Error('closed before it was open')));
        deadline = setTimeout(() => reject(new Error(`not open after ${deadlineMs} ms`)), deadlineMs);
        abort = () => reject(signal.reason);
        signal.addEventListener('abort', abort, { once: true });
      });
    } catch (error) {
      socket.terminate();
      throw error;
    } finally {
      clearTimeout(deadline);
      signal.removeEventListener('abort', abort);
    }
    return new GremlinConnection(socket, security.auth, onClose);
  }

  /** Timeouts since the server last said anything. */
  get consecutiveTimeouts(): number {
    return this.timeouts;
  }

  /** Sends one request; the answer comes within `timeoutMs`. */
  request(request: GremlinRequest, timeoutMs: number, signal?: AbortSignal): Promise<GremlinAnswer> {
    if (signal?.aborted) return Promise.resolve({ type: 'unsent', message: 'aborted' });
    if (this.closed || this.socket.readyState !== WebSocket.OPEN) {
      return Promise.resolve({ type: 'unsent', message: 'not connected' });
    }
    const id = newRequestId();
    let bytes: Buffer;
    try {
      bytes = encodeRequest(id, request);
    } catch (error) {
      return Promise.resolve({ type: 'unsent', message: messageOf(error) });
    }
    return new Promise((resolve) => {
      const abort = (): void => settle({ type: 'closed' });
      const timer = setTimeout(() => {
        this.timeouts += 1;
        settle({ type: 'timeout' });
      }, timeoutMs);
      const settle = (answer: GremlinAnswer): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        this.pending.delete(id);
        resolve(answer);
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.pending.set(id, { data: [], settle });
      this.socket.send(bytes, () => {});
    });
  }

  /** Ends the connection at once; whatever is in flight is settled as `closed`. */
  close(): void {
    this.end();
  }

  private end(): void {
    if (this.closed) return;
    this.closed = true;
    this.socket.terminate();
    for (const { settle } of [...this.pending.values()]) settle({ type: 'closed' });
    this.onClose();
  }

  private receive(frame: Buffer): void {
    this.timeouts = 0;
    const id = requestIdOf(frame);
    // A server that cannot say what it answers has lost the framing: so it is with everything in flight.
    if (id === null) {
      this.end();
      return;
    }
    const pending = this.pending.get(id);
    // Given up before.
    if (!pending) return;
    try {
      this.answer(id, pending, frame);
    } catch (error) {
      pending.settle({ type: 'garbled', message: messageOf(error) });
    }
  }

  private answer(id: string, pending: Pending, frame: Buffer): void {
    const { status, message, data } = decodeFrame(frame);
    if (status === CHALLENGE && this.login) {
      this.socket.send(encodeRequest(id, { type: 'authentication', ...this.login }), () => {});
      return;
    }
    if (status !== SUCCESS && status !== NO_CONTENT && status !== PARTIAL_CONTENT) {
      pending.settle({ type: 'server', status, message });
      return;
    }
    pending.data.push(...data);
    if (status !== PARTIAL_CONTENT) pending.settle({ type: 'data', data: pending.data });
  }
}
