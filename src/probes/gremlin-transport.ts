import { randomUUID } from 'node:crypto';
import WebSocket from 'ws';
import type { Security } from './security.ts';

/** How a request ended without an answer. `sent` decides whether a write may have been applied. */
export class GremlinFailure extends Error {
  /** `timeout`, `closed`, `refused`, `server-<status>`. */
  readonly code: string;
  readonly sent: boolean;

  constructor(code: string, sent: boolean, message: string) {
    super(message);
    this.code = code;
    this.sent = sent;
  }
}

export interface GremlinRequest {
  readonly op: 'bytecode' | 'eval';
  /** GraphSON 3 of the arguments. */
  readonly args: unknown;
}

interface Waiting {
  readonly resolve: (data: unknown[]) => void;
  readonly reject: (failure: GremlinFailure) => void;
  readonly timer: NodeJS.Timeout;
  readonly data: unknown[];
}

const MIME = 'application/vnd.gremlin-v3.0+json';
const MIME_HEADER = Buffer.concat([Buffer.from([MIME.length]), Buffer.from(MIME)]);
/** Pause after a connection that could not be made. */
export const RECONNECT_MS = 500;
export const CONNECT_MS = 2_000;
/** Consecutive time-outs after which a connection is given up: it answers nothing. */
export const EVICT_AFTER = 3;

/**
 * One WebSocket to a Gremlin Server, made again when it was lost. The protocol of TinkerPop 3.7, sub-protocol of GraphSON 3; every request has its own
 * deadline, every one that a lost connection leaves open is settled, and no event leaves this class.
 */
export class GremlinTransport {
  private readonly url: string;
  private readonly security: Security;
  private readonly waiting = new Map<string, Waiting>();
  private socket: WebSocket | null = null;
  private opening: Promise<WebSocket> | null = null;
  private refusedUntilMs = 0;
  private timeouts = 0;
  private closed = false;

  constructor(url: string, security: Security) {
    this.url = url;
    this.security = security;
  }

  /** The data of the answer, in GraphSON; rejects with a GremlinFailure within `timeoutMs`. */
  async request(request: GremlinRequest, timeoutMs: number): Promise<unknown[]> {
    const began = performance.now();
    const socket = await this.open(timeoutMs);
    const leftMs = timeoutMs - (performance.now() - began);
    if (leftMs <= 0) throw new GremlinFailure('connect-timeout', false, `no connection to ${this.url} in time`);
    const id = randomUUID();
    const { promise, resolve, reject } = Promise.withResolvers<unknown[]>();
    const timer = setTimeout(() => this.timedOut(id, timeoutMs), leftMs);
    this.waiting.set(id, { resolve, reject, timer, data: [] });
    this.send(socket, id, request.op, request.op === 'bytecode' ? 'traversal' : '', request.args);
    return promise;
  }

  close(): void {
    this.closed = true;
    this.socket?.terminate();
    this.lose('closed by the probe');
  }

  private send(socket: WebSocket, requestId: string, op: string, processor: string, args: unknown): void {
    const body = JSON.stringify({ requestId: { '@type': 'g:UUID', '@value': requestId }, op, processor, args });
    socket.send(Buffer.concat([MIME_HEADER, Buffer.from(body)]), { binary: true }, () => {});
  }

  private async open(timeoutMs: number): Promise<WebSocket> {
    if (this.socket?.readyState === WebSocket.OPEN) return this.socket;
    if (performance.now() < this.refusedUntilMs || this.closed)
      throw new GremlinFailure('refused', false, `${this.url} was not reached`);
    this.opening ??= this.connect().finally(() => {
      this.opening = null;
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const failure = new GremlinFailure(
        'connect-timeout',
        false,
        `no connection to ${this.url} within ${timeoutMs} ms`,
      );
      timer = setTimeout(() => reject(failure), timeoutMs);
    });
    try {
      return await Promise.race([this.opening, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  private connect(): Promise<WebSocket> {
    const { tls } = this.security;
    const socket = new WebSocket(this.url, {
      handshakeTimeout: CONNECT_MS,
      perMessageDeflate: false,
      ...(tls && { ...tls, rejectUnauthorized: true }),
    });
    const opened = new Promise<WebSocket>((resolve, reject) => {
      socket.once('open', () => resolve(socket));
      const fail = (error: Error): void => {
        this.refusedUntilMs = performance.now() + RECONNECT_MS;
        reject(
          new GremlinFailure(/timed out/.test(error.message) ? 'connect-timeout' : 'refused', false, error.message),
        );
      };
      socket.once('error', fail);
      socket.once('close', () => fail(new Error(`${this.url} closed the connection while it was made`)));
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      if (this.socket === socket) this.lose('the connection was lost');
    });
    socket.on('message', (data) => this.hear(socket, data as Buffer));
    return opened.then((open) => {
      this.socket = open;
      this.timeouts = 0;
      return open;
    });
  }

  private hear(socket: WebSocket, data: Buffer): void {
    this.timeouts = 0;
    let answer: { requestId: string; status: { code: number; message: string }; result: { data: unknown } };
    try {
      answer = JSON.parse(data.toString('utf8'));
    } catch {
      // Not this protocol: whoever waits is told by the connection's end.
      socket.terminate();
      return;
    }
    const { code, message } = answer.status;
    if (code === 407) this.authenticate(socket, answer.requestId);
    const waiter = this.waiting.get(answer.requestId);
    if (!waiter || code === 407) return;
    waiter.data.push(answer.result.data);
    if (code === 206) return;
    this.settle(answer.requestId);
    if (code === 200 || code === 204) waiter.resolve(waiter.data);
    else waiter.reject(new GremlinFailure(`server-${code}`, !REFUSED.has(code), message));
  }

  private authenticate(socket: WebSocket, requestId: string): void {
    const { auth } = this.security;
    const sasl = Buffer.from(`\u0000${auth?.username ?? ''}\u0000${auth?.password ?? ''}`).toString('base64');
    const args = { '@type': 'g:Map', '@value': ['saslMechanism', 'PLAIN', 'sasl', sasl] };
    this.send(socket, requestId, 'authentication', 'traversal', args);
  }

  private timedOut(id: string, timeoutMs: number): void {
    this.settle(id)?.reject(new GremlinFailure('timeout', true, `no answer within ${timeoutMs} ms`));
    this.timeouts += 1;
    if (this.timeouts < EVICT_AFTER) return;
    this.timeouts = 0;
    // Its close settles whoever still waits; the next request makes a new connection.
    const silent = this.socket;
    this.lose('the connection answered nothing');
    silent?.terminate();
  }

  private lose(why: string): void {
    this.socket = null;
    for (const id of [...this.waiting.keys()]) this.settle(id)?.reject(new GremlinFailure('closed', true, why));
  }

  private settle(id: string): Waiting | undefined {
    const waiter = this.waiting.get(id);
    this.waiting.delete(id);
    if (waiter) clearTimeout(waiter.timer);
    return waiter;
  }
}

/** Answers that say that nothing was evaluated: not authenticated, not permitted, not understood. */
const REFUSED: ReadonlySet<number> = new Set([401, 403, 497, 498, 499]);
