import { randomInt } from 'node:crypto';
import { Pool } from 'undici';
import { PlatformError } from '../errors.ts';
import type { Component, Endpoint } from '../platform/platform.ts';
import type { ProbeContext } from './probe.ts';
import { describeSecurity, loadSecurity } from './security.ts';

/** How much longer than an operation the client waits for a connection, in steps of half a second: the operation's own deadline comes first. */
const LONGER_MS = 2_000;
/** Connections of one client to each instance, at most: more than operations that are in flight when nothing answers. */
const SOCKETS = 1_024;

/** What a service answered: its status, its JSON (null: it was none), and how long it asks to be left alone, in ms. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly retryAfterMs: number;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  /** Sent as JSON; bytes and forms as they are. */
  readonly body?: unknown;
  /** Beside its own: those that bytes need. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** HTTP to a component of one site, by the client of Node's own project: retries nothing, and closes a connection on which an answer is late. Its accounts take turns. */
export class HttpDriver implements AsyncDisposable {
  private readonly pools: readonly Pool[];
  private readonly authorizations: readonly string[];
  private readonly timeoutMs: number;
  private asked: number;

  /** InputErrors of what its security names; a PlatformError where the site has no such component. */
  constructor(component: Component, { site, timeoutUs, params }: Pick<ProbeContext, 'site' | 'timeoutUs' | 'params'>) {
    const endpoints = site.endpoints[component] ?? [];
    if (endpoints.length === 0) throw new PlatformError(`${site.name} has no ${component}`);
    const { tls, auth } = loadSecurity(params);
    this.timeoutMs = timeoutUs / 1000;
    // Whoever comes anew every second, to see whether a site serves, must not use up the quota of the first few.
    this.asked = randomInt(2 ** 20);
    const timeout = this.timeoutMs + LONGER_MS;
    this.pools = endpoints.map(
      (endpoint) =>
        new Pool(urlOf(endpoint, tls !== undefined), {
          connections: SOCKETS,
          pipelining: 1,
          connect: { timeout, ...tls },
          headersTimeout: 0,
          bodyTimeout: 0,
        }),
    );
    const names = accountsOf(params);
    this.authorizations = auth
      ? names.map((name) => `Basic ${Buffer.from(`${name}:${auth.password}`).toString('base64')}`)
      : [''];
  }

  /** In the names of how many it asks, in turn. */
  get accounts(): number {
    return this.authorizations.length;
  }

  /** Its answer by the deadline, whatever its status. Rejects with what `classifyHttpError` knows. */
  async ask(request: HttpRequest, withinMs = this.timeoutMs): Promise<HttpAnswer> {
    this.asked += 1;
    const pool = this.pools[this.asked % this.pools.length] as Pool;
    const authorization = this.authorizations[this.asked % this.authorizations.length];
    const over = new AbortController();
    const late = Promise.withResolvers<never>();
    late.promise.catch(() => {});
    const timer = setTimeout(() => {
      const error = new DOMException('no answer in time', 'TimeoutError');
      // The client hears of it once it has a connection, and sends nothing then: whoever waits is told at once.
      over.abort(error);
      late.reject(error);
    }, withinMs);
    try {
      return await Promise.race([this.answered(pool, request, authorization, over.signal), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  private async answered(
    pool: Pool,
    { method, path, body, headers }: HttpRequest,
    authorization: string | undefined,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const answer = await pool.request({
      method,
      path,
      signal,
      headers: {
        ...(authorization && { authorization }),
        ...(body !== undefined && { 'content-type': typeOf(body) }),
        ...headers,
      },
      ...(body !== undefined && { body: bytesOf(body) }),
    });
    const text = await answer.body.text();
    return {
      status: answer.statusCode,
      body: parse(text),
      retryAfterMs: secondsIn(answer.headers['retry-after']) * 1_000,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.pools.map((pool) => pool.destroy()));
  }
}

/** In whose names it asks: of several clients each has a quota of its own. */
function accountsOf({ auth, clients }: Readonly<Record<string, unknown>>): readonly string[] {
  const { username = '' } = (auth ?? {}) as { readonly username?: string };
  return typeof clients === 'number' ? Array.from({ length: clients }, (_, n) => `${username}-${n + 1}`) : [username];
}

function typeOf(body: unknown): string {
  return body instanceof URLSearchParams ? 'application/x-www-form-urlencoded' : 'application/json';
}

function bytesOf(body: unknown): string | Uint8Array {
  if (body instanceof Uint8Array) return body;
  return body instanceof URLSearchParams ? body.toString() : JSON.stringify(body);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function secondsIn(header: string | string[] | undefined): number {
  const seconds = Number(header);
  return Number.isFinite(seconds) && seconds > 0 ? seconds : 0;
}

function urlOf({ host, port }: Endpoint, tls: boolean): string {
  return `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** What it is set to, for plan.json. */
export function httpSettings(
  component: Component,
  { site, timeoutUs, params }: Omit<ProbeContext, 'run'>,
): Readonly<Record<string, unknown>> {
  return {
    driver: 'undici 8.12.4',
    contactPoints: (site.endpoints[component] ?? []).map(({ host, port }) => `${host}:${port}`),
    requestTimeoutMs: timeoutUs / 1000,
    retries: 0,
    accounts: accountsOf(params).length,
    connections: `kept open, at most ${SOCKETS}`,
    ...describeSecurity(params),
  };
}
