import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import { messageOf, PlatformError } from '../errors.ts';
import type { GremlinAnswer } from './gremlin-answer.ts';
import { authenticationFrame, type Frame, setRequestId } from './gremlin-frames.ts';
import { graphBinaryReader } from './gremlin-library.ts';
import type { Security } from './security.ts';

/** What a link is set to; it stands in plan.json. */
export const LINK = {
  connectMs: 2_000,
  /** An open WebSocket counts as connected once the server has answered a first request. */
  helloMs: 5_000,
  reconnectMs: 500,
  pingMs: 2_000,
  /** Without a frame of any kind for so long, pings included, the connection answers nothing. */
  silentMs: 6_000,
  /** Requests in a row without any answer. */
  evictAfter: 8,
  /** Unanswered requests on one connection. */
  inFlight: 4_096,
} as const;

export interface LinkOptions {
  /** `host:port`. */
  readonly endpoint: string;
  readonly security: Security;
  readonly hello: () => Frame;
  readonly settings?: Partial<Record<keyof typeof LINK, number>>;
}

interface Pending {
  readonly answer: (answer: GremlinAnswer) => void;
  readonly timer: NodeJS.Timeout;
  /** Of an answer in several parts. */
  data: unknown[] | null;
}

const CODES = new Map([
  ['ECONNREFUSED', 'refused'],
  ['EHOSTUNREACH', 'unreachable'],
  ['ENETUNREACH', 'unreachable'],
  ['ENOTFOUND', 'unknown-host'],
]);

/**
 * One WebSocket to one Gremlin Server, kept open: requests are pipelined over it, each with its own deadline; a connection that answers
 * nothing is replaced. (The driver of the `gremlin` package has no deadline and no ping, and throws out of its event handlers; its serializers are used.)
 */
export class GremlinLink implements AsyncDisposable {
  private readonly options: LinkOptions;
  private readonly settings: Readonly<Record<keyof typeof LINK, number>>;
  private readonly pending = new Map<string, Pending>();
  private readonly id = randomBytes(16);
  private count = 0;
  private socket: WebSocket | null = null;
  private connected = false;
  private disposed = false;
  private silentTimeouts = 0;
  private heardAt = 0;
  private reason = 'not-connected';
  private failure: unknown = null;
  private reconnectTimer: NodeJS.Timeout | undefined;
  private pingTimer: NodeJS.Timeout | undefined;

  constructor(options: LinkOptions) {
    this.options = options;
    this.settings = { ...LINK, ...options.settings };
  }

  get isOpen(): boolean {
    return this.connected;
  }

  /** Connects, again and again, until it succeeds or the signal aborts: then a PlatformError with the last reason. */
  async open(signal: AbortSignal): Promise<void> {
    this.connect();
    while (!this.connected) {
      if (signal.aborted || this.reason === 'auth') {
        throw new PlatformError(`JanusGraph at ${this.options.endpoint} cannot be reached: ${this.reason}`, {
          cause: this.failure ?? undefined,
        });
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Sends a request and waits for its answer, at most `timeoutMs`. Never rejects. */
  submit(frame: Frame, timeoutMs: number): Promise<GremlinAnswer> {
    if (!this.connected) return Promise.resolve({ kind: 'unsent', error: this.reason });
    if (this.pending.size >= this.settings.inFlight) return Promise.resolve({ kind: 'unsent', error: 'busy' });
    return this.send(frame, timeoutMs);
  }

  private send(frame: Frame, timeoutMs: number): Promise<GremlinAnswer> {
    const socket = this.socket as WebSocket;
    this.id.writeUInt32BE(this.count++ >>> 0, 12);
    setRequestId(frame, this.id);
    const id = this.id.toString('hex');
    return new Promise((answer) => {
      const timer = setTimeout(() => this.timedOut(id, socket), timeoutMs);
      this.pending.set(id, { answer, timer, data: null });
      // What cannot be sent ends the connection, and with it every request; `ws` tells it by its close.
      socket.send(frame, { binary: true }, () => {});
    });
  }

  private settle(id: string, answer: GremlinAnswer): void {
    const pending = this.pending.get(id);
    if (!pending) return;
    this.pending.delete(id);
    clearTimeout(pending.timer);
    pending.answer(answer);
  }

  private timedOut(id: string, socket: WebSocket): void {
    this.settle(id, { kind: 'timeout' });
    if (socket !== this.socket) return;
    this.silentTimeouts += 1;
    if (this.silentTimeouts >= this.settings.evictAfter) this.evict(socket);
  }

  private connect(): void {
    if (this.disposed || this.socket) return;
    const { tls } = this.options.security;
    const { connectMs } = this.settings;
    const socket = new WebSocket(`${tls ? 'wss' : 'ws'}://${this.options.endpoint}/gremlin`, {
      handshakeTimeout: connectMs,
      perMessageDeflate: false,
      skipUTF8Validation: true,
      ...tls,
    });
    this.socket = socket;
    // The listeners stay for the life of the socket: an error that nobody hears would end the process.
    socket.on('error', (error) => {
      this.failure = error;
      this.reason = CODES.get((error as { code?: string }).code ?? '') ?? 'not-connected';
    });
    socket.on('close', () => this.closed(socket));
    socket.on('open', () => void this.greet(socket));
    socket.on('pong', () => this.heard(socket));
    socket.on('ping', () => this.heard(socket));
    socket.on('message', (data) => {
      try {
        this.heard(socket);
        this.silentTimeouts = 0;
        this.receive(data as Buffer);
      } catch (error) {
        this.failure = error;
        this.reason = 'protocol';
        this.evict(socket);
      }
    });
  }

  private async greet(socket: WebSocket): Promise<void> {
    this.heard(socket);
    this.silentTimeouts = 0;
    const answer = await this.send(this.options.hello(), this.settings.helloMs);
    if (socket !== this.socket) return;
    if (answer.kind === 'result') {
      this.connected = true;
      this.pingTimer = setInterval(() => this.ping(socket), this.settings.pingMs);
      return;
    }
    if (answer.kind === 'error') {
      this.failure = new Error(`${answer.status} ${answer.message}`);
      this.reason = answer.status === 401 || answer.status === 403 ? 'auth' : 'not-ready';
    } else {
      this.reason = 'not-ready';
    }
    this.evict(socket);
  }

  private heard(socket: WebSocket): void {
    if (socket === this.socket) this.heardAt = performance.now();
  }

  private ping(socket: WebSocket): void {
    if (performance.now() - this.heardAt > this.settings.silentMs) this.evict(socket);
    else if (socket.readyState === WebSocket.OPEN) socket.ping(undefined, undefined, () => {});
  }

  private receive(data: Buffer): void {
    const { requestId, status, result } = graphBinaryReader.readResponse(data);
    if (requestId === null) throw new Error(`the server could not read a request: ${status.message}`);
    const id = requestId.replaceAll('-', '');
    const pending = this.pending.get(id);
    if (!pending) return;
    switch (status.code) {
      case 200:
        this.settle(id, { kind: 'result', data: pending.data ? [...pending.data, ...list(result.data)] : result.data });
        return;
      case 204:
        this.settle(id, { kind: 'result', data: pending.data ?? [] });
        return;
      case 206:
        pending.data = [...(pending.data ?? []), ...list(result.data)];
        return;
      case 407:
        this.authenticate(id);
        return;
      default:
        this.settle(id, { kind: 'error', status: status.code, message: status.message ?? '' });
    }
  }

  /** The server asks once for each connection: for the first request, which it then answers. */
  private authenticate(id: string): void {
    const { auth } = this.options.security;
    if (!auth) {
      this.settle(id, { kind: 'error', status: 401, message: 'the server asks for a login, and the probe has none' });
      return;
    }
    const frame = authenticationFrame(auth.username, auth.password);
    setRequestId(frame, Buffer.from(id, 'hex'));
    this.socket?.send(frame, { binary: true }, () => {});
  }

  /** Ends a connection at once and drops what the kernel still holds of it, which could otherwise arrive much later. */
  private evict(socket: WebSocket): void {
    const raw = (socket as unknown as { _socket?: Socket | null })._socket;
    if (raw && !(raw instanceof TLSSocket) && !raw.destroyed) raw.resetAndDestroy();
    socket.terminate();
    this.closed(socket);
  }

  private closed(socket: WebSocket): void {
    if (socket !== this.socket) return;
    this.socket = null;
    this.connected = false;
    clearInterval(this.pingTimer);
    for (const id of this.pending.keys()) this.settle(id, { kind: 'closed' });
    if (this.disposed) return;
    this.reconnectTimer = setTimeout(() => this.connect(), this.settings.reconnectMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disposed = true;
    clearTimeout(this.reconnectTimer);
    this.reason = 'disposed';
    if (this.socket) this.evict(this.socket);
  }
}

function list(data: unknown): readonly unknown[] {
  if (!Array.isArray(data)) throw new Error('expected a list of results from the server, got something else');
  return data;
}

/** Why something failed, for a person, without what the connection was given as a secret. */
export function describeAnswer(answer: GremlinAnswer): string {
  switch (answer.kind) {
    case 'error':
      return messageOf(new Error(`${answer.status} ${answer.message}`)).slice(0, 300);
    case 'unsent':
      return `not sent: ${answer.error}`;
    case 'timeout':
      return 'no answer in time';
    case 'closed':
      return 'the connection was closed';
    case 'result':
      return 'answered';
  }
}
