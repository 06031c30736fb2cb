import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ApiConstructor,
  type ApiType,
  AppsV1Api,
  AuthorizationV1Api,
  type ConfigurationOptions,
  CoordinationV1Api,
  CoreV1Api,
  type KubeConfig,
  NetworkingV1Api,
  Observable,
  type ObservableMiddleware,
  PatchStrategy,
  type RequestContext,
  VersionApi,
} from '@kubernetes/client-node';
import { againAfterMs, apiErrorOf } from './api-error.ts';

/** How long one request may take: an API server behind a silent partition never answers. */
const EACH_MS = 5_000;
/** How long a request is tried again in all, where its signal leaves it the time. */
const AGAIN_MS = 15_000;

/** What a request of the generated clients is given beside its parameters. */
export type RequestOptions = ConfigurationOptions<ObservableMiddleware>;

/** The API server of one context, and the namespace in it that a site is. */
export class Cluster {
  readonly context: string;
  readonly namespace: string;
  readonly config: KubeConfig;
  readonly core: CoreV1Api;
  readonly apps: AppsV1Api;
  readonly coordination: CoordinationV1Api;
  readonly authorization: AuthorizationV1Api;
  readonly networking: NetworkingV1Api;
  readonly version: VersionApi;

  private readonly againMs: number;

  /** `config`: its current context is the one that is meant. */
  constructor(config: KubeConfig, namespace: string, againMs = AGAIN_MS) {
    this.context = config.getCurrentContext();
    this.namespace = namespace;
    this.config = config;
    this.againMs = againMs;
    const make = <T extends ApiType>(type: ApiConstructor<T>): T => config.makeApiClient(type);
    this.core = make(CoreV1Api);
    this.apps = make(AppsV1Api);
    this.coordination = make(CoordinationV1Api);
    this.authorization = make(AuthorizationV1Api);
    this.networking = make(NetworkingV1Api);
    this.version = make(VersionApi);
  }

  /**
   * Makes a request, again where the API server is busy (429, 5xx) or gives no answer: it must do no harm when it arrives twice. An ApiError says
   * what it was about; at the signal it rejects with its reason.
   */
  async ask<T>(what: string, request: (options: RequestOptions) => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.send(what, request, {}, signal);
  }

  /** The same for a merge patch (RFC 7386). */
  async patch<T>(what: string, request: (options: RequestOptions) => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.send(what, request, { 'Content-Type': PatchStrategy.MergePatch }, signal);
  }

  private async send<T>(
    what: string,
    request: (options: RequestOptions) => Promise<T>,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<T> {
    const untilMs = performance.now() + this.againMs;
    for (let attempt = 0; ; attempt += 1) {
      signal.throwIfAborted();
      try {
        const limit = AbortSignal.any([signal, AbortSignal.timeout(EACH_MS)]);
        // Also where something before the request hangs that knows no signal: a program that logs in.
        return await orAborted(request(optionsOf(headers, limit)), limit);
      } catch (error) {
        signal.throwIfAborted();
        const waitMs = againAfterMs(error, attempt);
        if (waitMs === null || performance.now() + waitMs > untilMs) throw apiErrorOf(error, this.context, what);
        await sleep(waitMs, undefined, { signal }).catch(() => {});
      }
    }
  }
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  return Promise.race([work, aborted.promise]).finally(() => signal.removeEventListener('abort', abort));
}

function optionsOf(headers: Readonly<Record<string, string>>, signal: AbortSignal): RequestOptions {
  const pre = (context: RequestContext): Observable<RequestContext> => {
    for (const [name, value] of Object.entries(headers)) context.setHeaderParam(name, value);
    context.setSignal(signal);
    return new Observable(Promise.resolve(context));
  };
  return {
    middleware: [{ pre, post: (context) => new Observable(Promise.resolve(context)) }],
    middlewareMergeStrategy: 'append',
  };
}
