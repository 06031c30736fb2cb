import { createClient, ErrorReply } from '@redis/client';
import { PlatformError } from '../errors.ts';
import type { Endpoint } from '../platform/platform.ts';
import { type Changed, type Connection, describeKeeper, KEEPER, Keeper, Unconnected, Unsent } from './keeper.ts';
import { knock } from './knock.ts';
import { describeNames, locate } from './locate.ts';
import type { ProbeContext } from './probe.ts';
import { Pulse } from './pulse.ts';
import { classifyRedisError, isUnsent } from './redis-errors.ts';
import { describeSecurity, loadSecurity } from './security.ts';

/** What is set here of the driver's options decides that it neither queues, nor sends twice, nor connects again by itself. */
function newClient({ host, port }: Endpoint, params: ProbeContext['params'], connectMs: number) {
  const { tls, auth } = loadSecurity(params);
  const socket = { host, port, connectTimeout: Math.ceil(connectMs), reconnectStrategy: false, noDelay: true } as const;
  return createClient({
    RESP: 2,
    maintNotifications: 'disabled',
    disableOfflineQueue: true,
    ...(auth && { username: auth.username, password: auth.password }),
    socket: tls ? { ...socket, ...tls, tls: true } : socket,
  });
}

export type RedisDriver = ReturnType<typeof newClient>;

/** One connected driver of one server. */
export class RedisConnection implements Connection {
  readonly pulse: Pulse;
  private readonly client: RedisDriver;
  private readonly changed: Changed;
  private open = true;

  constructor(client: RedisDriver, changed: Changed, quietMs: number = KEEPER.quietMs) {
    this.client = client;
    this.changed = changed;
    this.pulse = new Pulse(quietMs, () => void this.ask((driver) => driver.ping()).catch(() => {}), changed);
    // Without a listener an error would leave the process.
    client.on('error', () => this.lost());
    client.on('end', () => this.lost());
  }

  get isOpen(): boolean {
    return this.open;
  }

  /** The driver's answer or error; an Unsent where the connection had ended before anything was sent. */
  async ask<T>(work: (driver: RedisDriver) => Promise<T>): Promise<T> {
    const { pulse } = this;
    pulse.asked();
    try {
      const answer = await work(this.client);
      pulse.ended();
      pulse.heard();
      return answer;
    } catch (error) {
      pulse.ended();
      if (error instanceof ErrorReply) pulse.heard();
      if (!isUnsent(error)) throw error;
      this.lost();
      throw new Unsent('not-connected', false, error);
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
    this.client.destroy();
  }
}

/** A connection to one site's Redis that is kept, open already; a PlatformError when it cannot be reached until the signal aborts. */
export async function openRedis(context: ProbeContext, signal: AbortSignal): Promise<Keeper<RedisConnection>> {
  if (endpointsOf(context).length === 0) throw new PlatformError(`${context.site.name} has no redis`);
  const keeper = new Keeper((changed, greetMs) => connectKept(context, changed, greetMs), context.timeoutUs / 1000);
  try {
    await keeper.open(`Redis of ${context.site.name}`, signal);
  } catch (error) {
    await keeper[Symbol.asyncDispose]();
    throw error;
  }
  return keeper;
}

async function connectKept(context: ProbeContext, changed: Changed, greetMs: number): Promise<RedisConnection> {
  const [at] = await locate(endpointsOf(context), context.site, KEEPER.resolveMs);
  if (!at) throw new Unconnected('no-host', false);
  await knock([at], KEEPER.connectMs);
  const client = newClient(at, context.params, greetMs);
  const connection = new RedisConnection(client, changed);
  const over = Promise.withResolvers<never>();
  // Its own limit is for the handshake of TCP alone.
  const timer = setTimeout(() => over.reject(new Unconnected('not-connected', true)), greetMs);
  try {
    await Promise.race([client.connect().then(() => client.ping()), over.promise]);
    return connection;
  } catch (error) {
    connection.close();
    if (error instanceof Unconnected) throw error;
    throw new Unconnected(classifyRedisError(error).error, false, error);
  } finally {
    clearTimeout(timer);
    over.promise.catch(() => {});
  }
}

function endpointsOf({ site }: Pick<ProbeContext, 'site'>): readonly Endpoint[] {
  return site.endpoints.redis ?? [];
}

/** What it is set to, for plan.json. */
export function redisSettings({
  site,
  timeoutUs,
  params,
}: Omit<ProbeContext, 'run'>): Readonly<Record<string, unknown>> {
  return {
    driver: '@redis/client 6.3.1',
    contactPoints: endpointsOf({ site }).map(({ host, port }) => `${host}:${port}`),
    ...describeNames(site),
    requestTimeoutMs: timeoutUs / 1000,
    retries: 0,
    queueWhileDisconnected: false,
    ...describeKeeper(),
    ...describeSecurity(params),
  };
}
