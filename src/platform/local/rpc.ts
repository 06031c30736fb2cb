import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { createInterface, type Interface } from 'node:readline';
import { hintOf, messageOf, PlatformError } from '../../errors.ts';
import type { Json } from '../../history/event.ts';

/** One request's parameters, and the connection it came on: what a holder of the lock is known by. */
export type Handler = (params: never, connection: object) => unknown;

export type Methods = Readonly<Record<string, Handler>>;

type ParamsOf<H extends Handler> = Parameters<H> extends [] ? Record<string, never> : Parameters<H>[0];
type ResultOf<H extends Handler> = Awaited<ReturnType<H>>;

/**
 * Serves named methods as JSON lines on a Unix socket: `{id, method, params}` is answered by `{id, result}` or `{id, error}`. `onEnd` is called
 * when a connection ends, whatever ended it.
 */
export function serve(path: string, methods: Methods, onEnd: (connection: object) => void): Promise<RpcServer> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      onEnd(socket);
    });
    linesOf(socket).on('line', (line) => void answer(line, socket, methods));
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () =>
      resolve({
        broadcast: (type, data) => {
          for (const socket of sockets) socket.write(`${JSON.stringify({ event: { type, data } })}\n`);
        },
      }),
    );
  });
}

export interface RpcServer {
  broadcast(type: string, data: Json): void;
}

/** The lines of a socket. An interface emits its input's errors again, and one that nobody hears ends the process. */
function linesOf(socket: Socket): Interface {
  return createInterface({ input: socket }).on('error', () => {});
}

async function answer(line: string, socket: Socket, methods: Methods): Promise<void> {
  let id: unknown = null;
  try {
    const request = JSON.parse(line) as { id: number; method: string; params: never };
    id = request.id;
    const method = Object.hasOwn(methods, request.method) ? methods[request.method] : undefined;
    if (!method) throw new Error(`unknown method ${request.method}`);
    const result = (await method(request.params, socket)) ?? null;
    socket.write(`${JSON.stringify({ id, result })}\n`);
  } catch (error) {
    socket.write(`${JSON.stringify({ id, error: messageOf(error), hint: hintOf(error) })}\n`);
  }
}

/** The other end: calls the methods `M`, hears events. Every call ends: with an answer, with its signal, or with the connection. */
export class RpcClient<M extends Methods> {
  private readonly socket: Socket;
  private readonly waiting = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>();
  private readonly listeners = new Set<(event: { type: string; data: Json }) => void>();
  private next = 0;
  private ended: PlatformError | null = null;

  private constructor(socket: Socket) {
    this.socket = socket;
    linesOf(socket).on('line', (line) => this.hear(line));
    const end = (): void => {
      this.ended ??= new PlatformError('the connection to the platform is lost', {
        hint: 'npm run drill -- platform status',
      });
      for (const { reject } of this.waiting.values()) reject(this.ended);
      this.waiting.clear();
    };
    socket.on('error', end);
    socket.on('close', end);
  }

  /** Null when nobody listens at `path`. */
  static connect<M extends Methods>(path: string): Promise<RpcClient<M> | null> {
    return new Promise((resolve) => {
      const socket = createConnection(path);
      socket.once('connect', () => resolve(new RpcClient<M>(socket)));
      socket.once('error', () => resolve(null));
    });
  }

  async call<N extends keyof M & string>(
    method: N,
    params: ParamsOf<M[N]>,
    signal: AbortSignal,
  ): Promise<ResultOf<M[N]>> {
    signal.throwIfAborted();
    if (this.ended) throw this.ended;
    const id = this.next++;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.waiting.set(id, { resolve, reject });
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    try {
      this.socket.write(`${JSON.stringify({ id, method, params })}\n`);
      return (await promise) as ResultOf<M[N]>;
    } finally {
      signal.removeEventListener('abort', abort);
      this.waiting.delete(id);
    }
  }

  /** Returns what ends it. */
  onEvent(listener: (event: { type: string; data: Json }) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  close(): void {
    this.socket.destroy();
  }

  private hear(line: string): void {
    const message = JSON.parse(line) as {
      id?: number;
      result?: unknown;
      error?: string;
      hint?: string;
      event?: { type: string; data: Json };
    };
    if (message.event) {
      for (const listener of this.listeners) listener(message.event);
      return;
    }
    const waiter = this.waiting.get(message.id as number);
    if (message.error === undefined) waiter?.resolve(message.result);
    else waiter?.reject(new PlatformError(message.error, message.hint === undefined ? {} : { hint: message.hint }));
  }
}
