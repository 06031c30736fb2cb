import { fileURLToPath } from 'node:url';
import type { WatcherConfig, WatcherEvent } from '../detect/protocol.ts';
import { PlatformError } from '../errors.ts';
import { Piped, type PipedOptions } from './piped.ts';
import type { ClientCommand, ClientConfig, ClientEvent } from './protocol.ts';
import type { ReaderAnswer, ReaderConfig, ReaderJob, ReaderResult } from './reader-protocol.ts';

const CLIENT = fileURLToPath(new URL('./client-main.ts', import.meta.url));
const WATCHER = fileURLToPath(new URL('../detect/watcher-main.ts', import.meta.url));
const READER = fileURLToPath(new URL('./reader-main.ts', import.meta.url));

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
  const { place, config, script = CLIENT, onRows, onEvent } = options;
  const words = [...place, process.execPath, script];
  const first = { type: 'configure', config };
  return clientOf(config.client, { words, name: `the client process (${config.client})`, onRows }, first, onEvent);
}

/** Starts a process that says what a client says, and tells it `first`. */
export function clientOf(
  client: string,
  options: Omit<PipedOptions, 'onLine'>,
  first: unknown,
  onEvent: (event: ClientEvent) => void,
): ClientHandle {
  const ready = Promise.withResolvers<void>();
  const onLine = (line: string): void => {
    const event = JSON.parse(line) as ClientEvent;
    if (event.type === 'ready') ready.resolve();
    if (event.type === 'failed') ready.reject(new PlatformError(event.message));
    onEvent(event);
  };
  const piped = new Piped({ ...options, onLine, measures: true });
  const ended = piped.exited.then(() => {
    ready.reject(piped.death());
    if (!piped.wasStopped) throw piped.death();
  });
  ended.catch(() => {});
  ready.promise.catch(() => {});
  piped.send(first);
  return {
    client,
    ready: ready.promise,
    ended,
    send: (command) => piped.send(command),
    [Symbol.asyncDispose]: () => piped.stop(),
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
  const words = [...options.place, process.execPath, WATCHER];
  const piped = new Piped({ words, name: 'the watcher process', onLine });
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
    this.piped = new Piped({
      words: [...place, process.execPath, script],
      name: 'the reader process',
      onLine: (line) => this.hear(JSON.parse(line)),
      onRows,
    });
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
