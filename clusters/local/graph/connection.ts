import { createRequire } from 'node:module';

/** The graph said nothing in time: a write may have been done. */
export class GraphTimeout extends Error {
  override readonly name = 'GraphTimeout';
}

/** The graph refused, or cannot be reached: a write may have been done all the same. */
export class GraphUnavailable extends Error {
  override readonly name = 'GraphUnavailable';
}

// CommonJS, without names that an import could see.
const { driver } = createRequire(import.meta.url)('gremlin') as typeof import('gremlin');
type Client = InstanceType<typeof driver.Client>;
/** Its types ask for every option. */
type RequestOptions = Parameters<Client['submit']>[2];

/** With none of the options of `ws` it takes Node's own WebSocket, and fails on it (3.7.4: `this._ws.on is not a function`). */
const OPTIONS = { traversalSource: 'g', rejectUnauthorized: true };

/**
 * A connection to JanusGraph over the driver that applications in Node use. What could not be sent in time is never sent; a connection on which nothing was heard in time
 * is given up, with whatever else is under way on it.
 */
export class GraphConnection implements AsyncDisposable {
  private readonly url: string;
  private readonly timeoutMs: number;
  private client: Client | null = null;

  constructor(url: string, timeoutMs: number) {
    this.url = url;
    this.timeoutMs = timeoutMs;
  }

  async submit(script: string, bindings: object): Promise<readonly unknown[]> {
    const client = this.client ?? new driver.Client(this.url, OPTIONS);
    this.client = client;
    const late = lateness(this.timeoutMs);
    try {
      // Its `submit` would wait for the connection as long as it takes, and send then what nobody waits for any more.
      await Promise.race([client.open(), late.rejected]);
      const asked = client.submit(script, bindings, { evaluationTimeout: this.timeoutMs } as RequestOptions);
      asked.catch(() => {});
      return (await Promise.race([asked, late.rejected])).toArray();
    } catch (error) {
      if (error instanceof GraphTimeout || !client.isOpen) this.giveUp(client);
      throw error instanceof GraphTimeout ? error : new GraphUnavailable(String((error as Error).message ?? error));
    } finally {
      late.over();
    }
  }

  /** Once it is open, if it ever is: its `close` does nothing to one that is not yet. */
  private giveUp(client: Client): void {
    if (this.client === client) this.client = null;
    client
      .open()
      .then(() => client.close())
      .catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client?.close().catch(() => {});
  }
}

function lateness(ms: number): { readonly rejected: Promise<never>; over(): void } {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {});
  const timer = setTimeout(() => reject(new GraphTimeout(`the graph said nothing for ${ms} ms`)), ms);
  return { rejected: promise, over: () => clearTimeout(timer) };
}
