import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { WatcherConfig, WatcherEvent } from '../detect/protocol.ts';
import { PlatformError } from '../errors.ts';
import type { ClientCommand, ClientConfig, ClientEvent } from './protocol.ts';
import type { ReaderAnswer, ReaderConfig, ReaderJob, ReaderResult } from './reader-protocol.ts';

const CLIENT = fileURLToPath(new URL('./client-main.ts', import.meta.url));
const WATCHER = fileURLToPath(new URL('../detect/watcher-main.ts', import.meta.url));
const READER = fileURLToPath(new URL('./reader-main.ts', import.meta.url));
/** How long a process that was told to end may take before it is killed. */
const END_MS = 15_000;

/** Pipes to a process that was put where its clients are. */
class Piped {
  readonly child: ChildProcess;
  readonly exited: Promise<void>;
  private readonly name: string;
  private tail = '';
  private stopped = false;

  constructor(
    place: readonly string[],
    script: string,
    name: string,
    onLine: (line: string) => void,
    onRows: (rows: string) => void,
  ) {
    const [file = process.execPath, ...args] = [...place, process.execPath, script];
    this.name = name;
    // In a group of its own: a terminal's Ctrl-C, or `timeout`, would end the words of `place` in front of it, and it with them.
    this.child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe', 'pipe'], detached: true });
    const stdout = this.child.stdout as Readable;
    stdout.setEncoding('utf8');
    let part = '';
    stdout.on('data', (chunk: string) => {
      const end = chunk.lastIndexOf('\n') + 1;
      if (end === 0) {
        part += chunk;
        return;
      }
      onRows(part + chunk.slice(0, end));
      part = chunk.slice(end);
    });
    (this.child.stderr as Readable).setEncoding('utf8').on('data', (chunk: string) => {
      this.tail = (this.tail + chunk).slice(-4_000);
    });
    createInterface({ input: this.child.stdio[3] as Readable }).on('line', onLine);
    // A client that died says so by its exit; a broken pipe to it says nothing more.
    (this.child.stdin as Writable).on('error', () => {});
    this.exited = new Promise((resolve) => {
      this.child.once('error', () => resolve());
      this.child.once('close', () => resolve());
    });
  }

  send(message: unknown): void {
    (this.child.stdin as Writable).write(`${JSON.stringify(message)}\n`);
  }

  /** Why it ended, for a person. */
  death(): PlatformError {
    const last = this.tail.trim().split('\n').slice(-4).join(' | ');
    const how = this.child.signalCode ?? `exit code ${this.child.exitCode}`;
    return new PlatformError(`${this.name} ended by itself (${how})${last ? `: ${last}` : ''}`);
  }

  get log(): string {
    return this.tail;
  }

  get wasStopped(): boolean {
    return this.stopped;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    (this.child.stdin as Writable).end();
    const timer = setTimeout(() => this.child.kill('SIGKILL'), END_MS);
    await this.exited;
    clearTimeout(timer);
  }
}

export interface ClientHandle extends AsyncDisposable {
  readonly client: string;
  /** Resolves when every driver is connected and warm; rejects with what is wrong. */
  readonly ready: Promise<void>;
  /** Resolves when the process has ended; rejects when it did so by itself. */
  readonly ended: Promise<void>;
  send(command: ClientCommand): void;
}

/** Starts a client process where `place` puts it. `onRows` gets whole lines of `history.csv`. */
export function spawnClient(options: {
  readonly place: readonly string[];
  readonly config: ClientConfig;
  readonly onRows: (rows: string) => void;
  readonly onEvent: (event: ClientEvent) => void;
  /** Another entry than the harness's own: with other probes, for tests. */
  readonly script?: string | undefined;
}): ClientHandle {
  const { config, onEvent } = options;
  const ready = Promise.withResolvers<void>();
  const piped = new Piped(
    options.place,
    options.script ?? CLIENT,
    `the client process (${config.client})`,
    (line) => {
      const event = JSON.parse(line) as ClientEvent;
      if (event.type === 'ready') ready.resolve();
      if (event.type === 'failed') ready.reject(new PlatformError(event.message));
      onEvent(event);
    },
    options.onRows,
  );
  const ended = piped.exited.then(() => {
    ready.reject(piped.death());
    if (!piped.wasStopped) throw piped.death();
  });
  ended.catch(() => {});
  ready.promise.catch(() => {});
  const send = (command: ClientCommand): void => piped.send(command);
  send({ type: 'configure', config });
  return {
    client: config.client,
    ready: ready.promise,
    ended,
    send,
    async [Symbol.asyncDispose]() {
      await piped.stop();
    },
  };
}

/** Starts a watcher where `place` puts it. */
export function spawnWatcher(options: {
  readonly place: readonly string[];
  readonly config: WatcherConfig;
  readonly onEvent: (event: WatcherEvent) => void;
}): Pick<ClientHandle, 'ready' | 'ended' | typeof Symbol.asyncDispose> {
  const ready = Promise.withResolvers<void>();
  const onLine = (line: string): void => {
    const event = JSON.parse(line) as WatcherEvent;
    if (event.type === 'ready') ready.resolve();
    options.onEvent(event);
  };
  const piped = new Piped(options.place, WATCHER, 'the watcher process', onLine, () => {});
  const ended = piped.exited.then(() => {
    ready.reject(piped.death());
    if (!piped.wasStopped) throw piped.death();
  });
  ended.catch(() => {});
  ready.promise.catch(() => {});
  piped.send(options.config);
  return { ready: ready.promise, ended, [Symbol.asyncDispose]: () => piped.stop() };
}

export interface ReaderHandle extends AsyncDisposable {
  /**
   * One job after the other. Rejects with what went wrong, or at the signal, which ends the reader that is at the job: the next one must not wait
   * for it. A reader that ended fails the job that it was at, and another is started for the next: whether a site serves is still to be asked.
   */
  run(job: ReaderJob, signal: AbortSignal): Promise<ReaderResult>;
}

interface ReaderOptions {
  readonly place: readonly string[];
  readonly config: ReaderConfig;
  /** Gets whole lines of `read-back.csv`. */
  readonly onRows: (rows: string) => void;
  /** Another entry than the harness's own: with other probes, for tests. */
  readonly script?: string | undefined;
}

/** Starts a reader where `place` puts it. */
export function spawnReader(options: ReaderOptions): ReaderHandle {
  let reader = new ReaderProcess(options);
  let closed = false;
  return {
    async run(job, signal) {
      if (closed) throw new PlatformError('the reader was told to end');
      if (reader.ended) reader = new ReaderProcess(options);
      return reader.run(job, signal);
    },
    [Symbol.asyncDispose]() {
      closed = true;
      return reader.stop();
    },
  };
}

class ReaderProcess {
  ended = false;
  private readonly piped: Piped;
  private readonly waiting = new Map<number, PromiseWithResolvers<ReaderResult>>();
  private next = 0;

  constructor({ place, script = READER, config, onRows }: ReaderOptions) {
    this.piped = new Piped(place, script, 'the reader process', (line) => this.hear(JSON.parse(line)), onRows);
    void this.piped.exited.then(() => {
      this.ended = true;
      for (const { reject } of this.waiting.values()) reject(this.piped.death());
      this.waiting.clear();
    });
    this.piped.send(config);
  }

  async run(job: ReaderJob, signal: AbortSignal): Promise<ReaderResult> {
    signal.throwIfAborted();
    const id = this.next++;
    const waiter = Promise.withResolvers<ReaderResult>();
    this.waiting.set(id, waiter);
    const abort = (): void => {
      waiter.reject(signal.reason);
      this.kill();
    };
    signal.addEventListener('abort', abort, { once: true });
    try {
      this.piped.send({ id, job });
      return await waiter.promise;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  stop(): Promise<void> {
    return this.piped.stop();
  }

  private kill(): void {
    this.ended = true;
    this.piped.child.kill('SIGKILL');
  }

  private hear(answer: ReaderAnswer): void {
    const waiter = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    if ('error' in answer) waiter?.reject(new PlatformError(answer.error));
    else waiter?.resolve(answer.result);
  }
}
