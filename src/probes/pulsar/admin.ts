import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { z } from 'zod';
import { messageOf, PlatformError } from '../../errors.ts';
import type { Endpoint } from '../../platform/platform.ts';
import { formatEndpoint } from '../gremlin-link.ts';
import { locate } from '../locate.ts';
import { lookupOf } from '../websocket.ts';
import type { Topic, TransportOptions } from './transport.ts';

const RESOLVE_MS = 2_000;
const REDIRECTS = 3;
const MAX_BODY = 1 << 24;

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** A broker answered that it does not do this: 404, 409 and the like. */
export class AdminError extends PlatformError {
  readonly status: number;

  constructor(what: string, { status, text }: Answer) {
    super(`Pulsar: ${what}: HTTP ${status} ${reasonOf(text)}`.trim());
    this.status = status;
  }
}

/** Pulsar's administration of one site, over HTTP. Everything rejects with a PlatformError that says what was asked and why not. */
export class PulsarAdmin {
  private readonly options: Omit<TransportOptions, 'quietMs'>;

  constructor(options: Omit<TransportOptions, 'quietMs'>) {
    if (options.endpoints.length === 0) throw new PlatformError('there is no endpoint of Pulsar');
    this.options = options;
  }

  /** The JSON of an answer, as it was; undefined where it has no body. */
  async ask(
    method: 'GET' | 'PUT' | 'POST' | 'DELETE',
    path: string,
    signal: AbortSignal,
    body?: unknown,
  ): Promise<unknown> {
    const what = `${method} ${path}`;
    let failure: unknown;
    for (const endpoint of this.options.endpoints) {
      try {
        const answer = await this.send(method, endpoint, `/admin/v2/${path}`, signal, body);
        if (answer.status < 200 || answer.status > 299) throw new AdminError(what, answer);
        return answer.text === '' ? undefined : JSON.parse(answer.text);
      } catch (error) {
        if (error instanceof AdminError) throw error;
        failure ??= error;
      }
    }
    throw new PlatformError(`Pulsar: ${what}: ${messageOf(failure)}`, { cause: failure });
  }

  /** The same with an answer of this form. */
  async get<T>(path: string, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    const parsed = schema.safeParse(await this.ask('GET', path, signal));
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new PlatformError(`Pulsar: GET ${path}: ${issue?.path.join('.')}: ${issue?.message}`);
  }

  private async send(
    method: string,
    endpoint: Endpoint,
    path: string,
    signal: AbortSignal,
    body: unknown,
    redirects = 0,
  ): Promise<Answer> {
    const { resolver, security } = this.options;
    const [at = endpoint] = await locate([endpoint], { resolver }, RESOLVE_MS);
    const text = body === undefined ? '' : JSON.stringify(body);
    const options = {
      method,
      signal,
      agent: false as const,
      headers: {
        ...authorization(this.options),
        'content-length': Buffer.byteLength(text),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(resolver !== undefined && { lookup: lookupOf(at.host) }),
    };
    const { tls } = security;
    const url = `${tls ? 'https' : 'http'}://${formatEndpoint(endpoint)}${path}`;
    const answer = await new Promise<Answer & { location: string | undefined }>((resolve, reject) => {
      const request = tls ? requestHttps(url, { ...options, ...tls }) : requestHttp(url, options);
      request.on('error', reject);
      request.on('response', (response) => {
        let said = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          said += chunk;
          if (said.length > MAX_BODY) request.destroy(new Error('an answer that is too long'));
        });
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: said, location: response.headers.location }),
        );
      });
      request.end(text);
    });
    // Another broker of the cluster owns what it is about.
    if (answer.status === 307 && answer.location !== undefined && redirects < REDIRECTS) {
      const { hostname, port, pathname, search } = new URL(answer.location, url);
      const owner = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || (tls ? 443 : 80)) };
      return this.send(method, owner, `${pathname}${search}`, signal, body, redirects + 1);
    }
    return answer;
  }
}

/** The header by which a broker knows its client; none where there is no login. */
export function authorization({
  security: { auth },
  token,
}: Pick<TransportOptions, 'security' | 'token'>): Readonly<Record<string, string>> {
  if (!auth) return {};
  const { username, password } = auth;
  if (token) return { authorization: `Bearer ${password}` };
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}

/** A topic as it stands in paths of the administration. */
export function pathOfTopic({ namespace, name }: Topic): string {
  return `persistent/${namespace}/${encodeURIComponent(name)}`;
}

const reasonSchema = z.object({ reason: z.string() });

function reasonOf(text: string): string {
  try {
    return messageOf(new Error(reasonSchema.parse(JSON.parse(text)).reason)).slice(0, 200);
  } catch {
    return '';
  }
}
