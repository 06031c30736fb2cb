import { type Client, errors, type QueryOptions, type types } from 'cassandra-driver';
import { connectCql, KEYSPACE } from './cql-driver.ts';
import { classifyCqlError } from './cql-errors.ts';
import { type Changed, type Connection, KEEPER, Keeper, Unconnected, Unsent } from './keeper.ts';
import { knock } from './knock.ts';
import { locate } from './locate.ts';
import type { ProbeContext } from './probe.ts';
import { Pulse } from './pulse.ts';

const PING = 'SELECT key FROM system.local';

/** One connected driver: to a keeper one connection, although it has one to each node of the site. */
export class CqlConnection implements Connection {
  readonly pulse: Pulse;
  private readonly client: Client;
  private readonly changed: Changed;
  private open = true;

  constructor(client: Client, changed: Changed, quietMs: number = KEEPER.quietMs) {
    this.client = client;
    this.changed = changed;
    this.pulse = new Pulse(quietMs, () => void this.execute(PING, [], {}).catch(() => {}), changed);
    // Nothing that a driver has to tell may leave the process.
    client.on('log', () => {});
    client.on('hostDown', () => {
      if (client.getState().getConnectedHosts().length === 0) this.lost();
    });
  }

  get isOpen(): boolean {
    return this.open;
  }

  /** The driver's answer or error; an Unsent when none of the site's nodes was connected any more. */
  async execute(query: string, values: unknown[], options: QueryOptions): Promise<types.ResultSet> {
    const { pulse } = this;
    pulse.asked();
    try {
      const result = await this.client.execute(query, values, options);
      pulse.ended();
      pulse.heard();
      return result;
    } catch (error) {
      pulse.ended();
      if (error instanceof errors.ResponseError) pulse.heard();
      const { outcome, error: code } = classifyCqlError(error);
      if (!(error instanceof errors.NoHostAvailableError) || outcome !== 'fail') throw error;
      this.lost();
      throw new Unsent(code, false, error);
    }
  }

  private lost(): void {
    if (!this.open) return;
    this.open = false;
    this.pulse.stop();
    this.changed();
  }

  close(): void {
    this.open = false;
    this.pulse.stop();
    this.client.shutdown().catch(() => {});
  }
}

/** A connection to one site's Cassandra that is kept, open already; a PlatformError when it cannot be reached until the signal aborts. */
export async function openKeeper(context: ProbeContext, signal: AbortSignal): Promise<Keeper<CqlConnection>> {
  const keeper = new Keeper((changed, greetMs) => connectKept(context, changed, greetMs), context.timeoutUs / 1000);
  await keeper.open(`Cassandra of ${context.site.name}`, signal);
  return keeper;
}

/** Connects as a keeper wants it: quickly, or with the reason why not. */
async function connectKept(context: ProbeContext, changed: Changed, greetMs: number): Promise<CqlConnection> {
  const at = await locate(context.site.endpoints.cassandra ?? [], context.site, KEEPER.resolveMs);
  await knock(at, KEEPER.connectMs);
  const signal = AbortSignal.timeout(greetMs);
  try {
    return new CqlConnection(await connectCql(context, signal, KEYSPACE, at), changed);
  } catch (error) {
    const { error: code } = classifyCqlError((error as Error).cause);
    throw new Unconnected(code, signal.aborted || code === 'timeout', (error as Error).cause);
  }
}
