import { messageOf } from '../errors.ts';
import type { Endpoint } from '../platform/platform.ts';
import type { GremlinAnswer } from './gremlin-answer.ts';
import { GremlinConnection } from './gremlin-connection.ts';
import type { Frame } from './gremlin-frames.ts';
import { KEEPER, Keeper, type KeeperSettings, Unconnected } from './keeper.ts';
import { knock } from './knock.ts';
import { locate } from './locate.ts';
import type { Security } from './security.ts';

/** Unanswered requests on one link. */
export const IN_FLIGHT = 4_096;

export interface LinkOptions {
  readonly endpoint: Endpoint;
  /** The name server that knows its host; absent: none is asked. */
  readonly resolver?: string | undefined;
  readonly security: Security;
  readonly hello: () => Frame;
  /** The longest that any request is waited for. */
  readonly timeoutMs: number;
  readonly inFlight?: number;
  readonly settings?: Partial<KeeperSettings>;
}

/** A connection to one Gremlin Server that is kept: what is asked goes over whichever WebSocket answers. */
export class GremlinLink implements AsyncDisposable {
  private readonly name: string;
  private readonly keeper: Keeper<GremlinConnection>;
  private readonly inFlight: number;
  private underWay = 0;

  constructor({ endpoint, resolver, security, hello, timeoutMs, inFlight = IN_FLIGHT, settings = {} }: LinkOptions) {
    const { quietMs, connectMs, resolveMs } = { ...KEEPER, ...settings };
    this.name = formatEndpoint(endpoint);
    this.inFlight = inFlight;
    const options = { endpoint: this.name, security, hello, quietMs };
    this.keeper = new Keeper(
      async (changed, greetMs) => {
        const [at = endpoint] = await locate([endpoint], { resolver }, resolveMs);
        await knock([at], connectMs);
        return GremlinConnection.connect({ ...options, ...(resolver && { address: at.host }) }, changed, greetMs);
      },
      timeoutMs,
      settings,
    );
  }

  get isReady(): boolean {
    return this.keeper.ready !== null;
  }

  /** Connects, again and again, until it succeeds or the signal aborts: then a PlatformError with the last reason. */
  open(signal: AbortSignal): Promise<void> {
    return this.keeper.open(`JanusGraph at ${this.name}`, signal);
  }

  /** Sends a request and waits for its answer, at most `timeoutMs`, a connection's coming included. Never rejects. */
  async submit(frame: Frame, timeoutMs: number): Promise<GremlinAnswer> {
    if (this.underWay >= this.inFlight) return { kind: 'unsent', error: 'busy' };
    this.underWay += 1;
    try {
      const began = performance.now();
      const connection = this.keeper.ready ?? (await this.keeper.take(timeoutMs));
      return await connection.submit(frame, timeoutMs - (performance.now() - began));
    } catch (error) {
      if (error instanceof Unconnected) return { kind: 'unsent', error: error.code };
      throw error;
    } finally {
      this.underWay -= 1;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.keeper[Symbol.asyncDispose]();
  }
}

/** `host:port`, as it stands in a URL. */
export function formatEndpoint({ host, port }: Endpoint): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
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
