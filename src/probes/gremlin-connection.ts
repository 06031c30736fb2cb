import { randomBytes } from 'node:crypto';
import { WebSocket } from 'ws';
import type { GremlinAnswer } from './gremlin-answer.ts';
import { authenticationFrame, type Frame, setRequestId } from './gremlin-frames.ts';
import { graphBinaryReader } from './gremlin-library.ts';
import { type Changed, type Connection, Unconnected } from './keeper.ts';
import { UNSENT } from './knock.ts';
import { Pulse } from './pulse.ts';
import type { Security } from './security.ts';
import { dropSocket, lookupOf } from './websocket.ts';

export interface ConnectionOptions {
  /** `host:port`. */
  readonly endpoint: string;
  /** Where that is; absent: it is an address, or a name that the machine knows. */
  readonly address?: string;
  readonly security: Security;
  /** The first request: a WebSocket that is open is no server that answers. */
  readonly hello: () => Frame;
  readonly quietMs: number;
}

interface Pending {
  readonly answer: (answer: GremlinAnswer) => void;
  readonly timer: NodeJS.Timeout;
  /** Of an answer in several parts. */
  data: unknown[] | null;
}

/**
 * One WebSocket to one Gremlin Server: requests are pipelined over it, each with its own deadline. (The driver of the `gremlin` package has
 * no deadline and no ping, and throws out of its event handlers; its serializers are used.)
 */
export class GremlinConnection implements Connection {
  readonly pulse: Pulse;
  private readonly security: Security;
  private readonly changed: Changed;
  private readonly socket: WebSocket;
  private readonly pending = new Map<string, Pending>();
  private readonly id = randomBytes(16);
  private count = 0;
  private failure: Error | null = null;
  private ended = false;

  private constructor({ endpoint, address, security, quietMs }: ConnectionOptions, changed: Changed, greetMs: number) {
    const { tls } = security;
    this.security = security;
    this.changed = changed;
    const socket = new WebSocket(`${tls ? 'wss' : 'ws'}://${endpoint}/gremlin`, {
      handshakeTimeout: greetMs,
      perMessageDeflate: false,
      skipUTF8Validation: true,
      ...(address !== undefined && { lookup: lookupOf(address) }),
      ...tls,
    });
    this.socket = socket;
    this.pulse = new Pulse(
      quietMs,
      () => {
        if (socket.readyState === WebSocket.OPEN) socket.ping(undefined, undefined, () => {});
      },
      changed,
    );
    // The listeners stay for the life of the socket: an error that nobody hears would end the process.
    socket.on('error', (error) => {
      this.failure = error;
    });
    socket.on('close', () => this.lost());
    socket.on('pong', () => this.pulse.heard());
    socket.on('ping', () => this.pulse.heard());
    socket.on('message', (data) => this.hear(data as Buffer));
  }

  /** A connection on which the server has answered its first request; an Unconnected with the reason why there is none within `greetMs`. */
  static async connect(options: ConnectionOptions, changed: Changed, greetMs: number): Promise<GremlinConnection> {
    const until = performance.now() + greetMs;
    const connection = new GremlinConnection(options, changed, greetMs);
    const { socket } = connection;
    if (
      !(await new Promise((resolve) => {
        socket.on('open', () => resolve(true));
        socket.on('close', () => resolve(false));
      }))
    ) {
      const { failure } = connection;
      const code = UNSENT.get((failure as NodeJS.ErrnoException | null)?.code ?? '');
      throw new Unconnected(code ?? 'not-connected', performance.now() >= until - 1, failure);
    }
    const answer = await connection.submit(options.hello(), until - performance.now());
    if (answer.kind === 'result') return connection;
    connection.close();
    if (answer.kind !== 'error') throw new Unconnected('not-ready', answer.kind === 'timeout', connection.failure);
    const code = answer.status === 401 || answer.status === 403 ? 'auth' : 'not-ready';
    throw new Unconnected(code, false, new Error(`${answer.status} ${answer.message}`));
  }

  get isOpen(): boolean {
    return !this.ended;
  }

  /** Sends a request and waits for its answer, at most `timeoutMs`. Never rejects. */
  submit(frame: Frame, timeoutMs: number): Promise<GremlinAnswer> {
    if (this.ended) return Promise.resolve({ kind: 'unsent', error: 'not-connected' });
    this.id.writeUInt32BE(this.count++ >>> 0, 12);
    setRequestId(frame, this.id);
    const id = this.id.toString('hex');
    return new Promise((answer) => {
      const timer = setTimeout(() => this.settle(id, { kind: 'timeout' }), timeoutMs);
      this.pending.set(id, { answer, timer, data: null });
      this.pulse.asked();
      // What cannot be sent ends the connection, and with it every request; `ws` tells it by its close.
      this.socket.send(frame, { binary: true }, () => {});
    });
  }

  private settle(id: string, answer: GremlinAnswer): void {
    const pending = this.pending.get(id);
    if (!pending) return;
    this.pending.delete(id);
    clearTimeout(pending.timer);
    this.pulse.ended();
    pending.answer(answer);
  }

  private hear(data: Buffer): void {
    try {
      this.receive(data);
      this.pulse.heard();
    } catch (error) {
      this.failure = error as Error;
      this.close();
    }
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
    const { auth } = this.security;
    if (!auth) {
      this.settle(id, { kind: 'error', status: 401, message: 'the server asks for a login, and the probe has none' });
      return;
    }
    const frame = authenticationFrame(auth.username, auth.password);
    setRequestId(frame, Buffer.from(id, 'hex'));
    this.socket.send(frame, { binary: true }, () => {});
  }

  close(): void {
    dropSocket(this.socket);
    this.lost();
  }

  private lost(): void {
    if (this.ended) return;
    this.ended = true;
    this.pulse.stop();
    for (const id of [...this.pending.keys()]) this.settle(id, { kind: 'closed' });
    this.changed();
  }
}

function list(data: unknown): readonly unknown[] {
  if (!Array.isArray(data)) throw new Error('expected a list of results from the server, got something else');
  return data;
}
