import { setTimeout as sleep } from 'node:timers/promises';
import { PlatformError } from '../errors.ts';
import type { Pulse } from './pulse.ts';

/** What a keeper is set to; it stands in plan.json with each driver's own settings. */
export const KEEPER = {
  /** For the name server's answer, where a host is a name. Silence is asked again, as a lost SYN is. */
  resolveMs: 250,
  /** For TCP's handshake, which needs no thread of the server. Its own repetition of a lost SYN would come a second later. */
  connectMs: 250,
  /** For everything after it (TLS, login, a first answer), on a connection that is made in place of another. */
  greetMs: 2_000,
  /** Nothing heard for so long although something was asked: the server is pinged. No answer to that for as long again: the connection is silent. */
  quietMs: 150,
  /** An idle connection is pinged, and a lost one tried again, so often even when nothing is asked. */
  lookMs: 1_000,
} as const;

const FIRST_GREET_MS = 10_000;
/** Between two tries of the first connection that are refused. */
const RETRY_MS = 20;

export type KeeperSettings = Readonly<Record<keyof typeof KEEPER, number>>;

/** The same, as it stands in plan.json. */
export function describeKeeper(): Readonly<Record<string, unknown>> {
  return {
    connectTimeoutMs: KEEPER.connectMs,
    greetTimeoutMs: KEEPER.greetMs,
    reconnection: `at once for as long as an operation waits for it, else every ${KEEPER.lookMs} ms`,
    pingedAfterSilenceMs: KEEPER.quietMs,
    evictedAfterSilenceMs: 2 * KEEPER.quietMs,
  };
}

/** One connection to one server. */
export interface Connection {
  readonly pulse: Pulse;
  /** False once it has ended: nothing more can be sent on it. */
  readonly isOpen: boolean;
  /** Ends it at once, and with it everything that was asked on it. */
  close(): void;
}

/** What a connection tells its keeper: that it ended, that it fell silent, that it was heard again. */
export type Changed = () => void;

/** The code of an Unconnected whose host has no address. */
export const UNRESOLVED = 'dns';

/** No connection could be had, so nothing was sent. `code` is short: `refused`, `auth`, `dns`, `not-connected`. */
export class Unconnected extends Error {
  readonly code: string;
  /** The network said nothing: another attempt may be luckier. Otherwise somebody answered, and the answer was no. */
  readonly silent: boolean;

  constructor(code: string, silent: boolean, cause?: unknown) {
    super(code, { cause });
    this.code = code;
    this.silent = silent;
  }
}

/** Nothing was sent, because the connection had been lost without anybody noticing. */
export class Unsent extends Unconnected {}

/** Makes one connection; an Unconnected when it cannot. `greetMs`: how long a server that took the connection may take to answer. */
export type Connect<C extends Connection> = (changed: Changed, greetMs: number) => Promise<C>;

interface Attempt {
  readonly beganAt: number;
  failure: Unconnected | null;
}

/**
 * Keeps one connection to one server, such that what is asked after a fault has ended does not fail by the fault: a connection that
 * answers nothing is not asked any more (what it was asked may still be answered), and one is made in its place, tried again as soon as a
 * try has failed for as long as anybody wants it. Who wants it waits, unless somebody is there and refuses. Without this, TCP's backoff and a driver's
 * pauses between reconnections would stretch every outage.
 */
export class Keeper<C extends Connection> implements AsyncDisposable {
  private readonly connect: Connect<C>;
  private readonly settings: KeeperSettings;
  /** After so long nothing that was asked on a connection is waited for any more. */
  private readonly timeoutMs: number;
  private readonly waiting = new Set<() => void>();
  private readonly retired = new Map<C, NodeJS.Timeout>();
  private current: C | null = null;
  private attempt: Attempt | null = null;
  private timer: NodeJS.Timeout | undefined;
  private disposed = false;

  constructor(connect: Connect<C>, timeoutMs: number, settings: Partial<KeeperSettings> = {}) {
    this.connect = connect;
    this.timeoutMs = timeoutMs;
    this.settings = { ...KEEPER, ...settings };
  }

  /** The connection, when it can be used now. */
  get ready(): C | null {
    const { current } = this;
    return current?.isOpen && !current.pulse.silent ? current : null;
  }

  /** Connects, again and again, until it succeeds or the signal aborts: then a PlatformError with the last reason. */
  async open(what: string, signal: AbortSignal): Promise<void> {
    // A server that has just started takes longer for its first answer.
    const greetMs = Math.max(this.settings.greetMs, FIRST_GREET_MS);
    let failure: Unconnected | null = null;
    for (;;) {
      const attempt = this.begin(greetMs);
      await this.change(signal);
      if (this.ready) break;
      failure = attempt.failure ?? failure;
      if (signal.aborted || failure?.code === 'auth') {
        throw new PlatformError(`${what} cannot be reached: ${failure?.code ?? 'not-connected'}`, {
          cause: failure?.cause,
        });
      }
      if (failure && !failure.silent) await sleep(RETRY_MS);
    }
    this.timer = setInterval(() => this.look(), this.settings.lookMs);
  }

  /** The connection, as soon as there is one that can be used. An Unconnected when a try that began after this call was refused, or when `waitMs` have passed. */
  async take(waitMs: number): Promise<C> {
    const cameAt = performance.now();
    const until = AbortSignal.timeout(Math.max(0, Math.ceil(waitMs)));
    let unresolved: Unconnected | null = null;
    for (;;) {
      if (this.disposed) throw new Unconnected('disposed', false);
      const { ready } = this;
      if (ready) return ready;
      if (until.aborted) throw unresolved ?? new Unconnected('not-connected', true);
      const attempt = this.begin(this.settings.greetMs);
      await this.change(until);
      const { failure } = attempt;
      if (failure) unresolved = failure.code === UNRESOLVED ? failure : null;
      if (failure && !failure.silent && attempt.beganAt >= cameAt) throw failure;
    }
  }

  /** The attempt that is under way, or a new one. */
  private begin(greetMs: number): Attempt {
    if (this.attempt) return this.attempt;
    const attempt: Attempt = { beganAt: performance.now(), failure: null };
    this.attempt = attempt;
    const changed = (): void => this.changed();
    this.connect(changed, greetMs).then(
      (connection) => this.end(attempt, connection),
      (error: unknown) => {
        attempt.failure = error instanceof Unconnected ? error : new Unconnected('not-connected', false, error);
        this.end(attempt, null);
      },
    );
    return attempt;
  }

  private end(attempt: Attempt, connection: C | null): void {
    if (this.attempt === attempt) this.attempt = null;
    if (connection && this.disposed) connection.close();
    else if (connection) {
      const before = this.current;
      this.current = connection;
      if (before) this.retire(before);
    }
    this.wake();
  }

  /** What was asked on it may still be answered. */
  private retire(connection: C): void {
    const close = (): void => {
      this.retired.delete(connection);
      connection.close();
    };
    if (connection.isOpen && connection.pulse.open > 0) this.retired.set(connection, setTimeout(close, this.timeoutMs));
    else close();
  }

  private changed(): void {
    if (this.disposed) return;
    // Lost or silent: one is made in its place at once, also when nobody asks.
    if (this.current && !this.ready) this.begin(this.settings.greetMs);
    this.wake();
  }

  private look(): void {
    if (this.ready) this.ready.pulse.beat();
    else this.begin(this.settings.greetMs);
  }

  private wake(): void {
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const go of waiting) go();
  }

  /** Resolves with the next change of anything, or when the signal aborts. */
  private change(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const go = (): void => {
        signal.removeEventListener('abort', go);
        this.waiting.delete(go);
        resolve();
      };
      this.waiting.add(go);
      signal.addEventListener('abort', go, { once: true });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disposed = true;
    clearInterval(this.timer);
    for (const [connection, timer] of this.retired) {
      clearTimeout(timer);
      connection.close();
    }
    this.retired.clear();
    this.current?.close();
    this.wake();
  }
}
