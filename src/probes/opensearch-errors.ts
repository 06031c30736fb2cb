import { UNSENT } from './knock.ts';
import type { ProbeOutcome } from './probe.ts';

type Failure = Pick<ProbeOutcome, 'outcome' | 'error'>;

/**
 * What a request is refused with before anything of it is done, by its own fault. Nothing else of what a server says is certain: the node that is asked sends a
 * write on to the shard's primary, and once more to the next one when the first is gone, which may have done it (TransportReplicationAction, ReroutePhase). Only the
 * second answer is heard.
 */
const CERTAIN: ReadonlyMap<number, string> = new Map([
  [400, 'invalid'],
  [401, 'auth'],
  [404, 'no-index'],
  [405, 'invalid'],
  [406, 'invalid'],
  [413, 'too-large'],
  [415, 'invalid'],
]);

/** And what may hide an effect. 409: somebody has written this key, which nobody else does: this very write, told once more by the cluster itself. */
const DOUBTFUL: ReadonlyMap<number, string> = new Map([
  [403, 'blocked'],
  [409, 'conflict'],
  [429, 'overloaded'],
  [503, 'unavailable'],
]);

/** An error of the client's, as far as it says what happened. */
interface Said {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly statusCode?: unknown;
  readonly body?: unknown;
  /** Set by our connection: there was none to send anything on (`opensearch-driver.ts`). */
  readonly unsent?: unknown;
}

/** What became of a write that ended in `error`: `fail` only where it certainly was not applied. */
export function classifyOpensearchError(error: unknown): Failure {
  const { name, message, statusCode, body, unsent } = (error ?? {}) as Said;
  if (unsent === true) return { outcome: 'fail', error: UNSENT.get(socketCode(message)) ?? 'not-connected' };
  if (name === 'ResponseError' && typeof statusCode === 'number') return answered(statusCode, body);
  if (name === 'TimeoutError' || name === 'RequestAbortedError') return { outcome: 'info', error: 'timeout' };
  if (name === 'DeserializationError') return { outcome: 'info', error: 'unreadable' };
  if (name === 'NoLivingConnectionsError') return { outcome: 'fail', error: 'no-host' };
  return { outcome: 'info', error: 'closed' };
}

function answered(status: number, body: unknown): Failure {
  if (status === 403 && typeOf(body) === 'security_exception') return { outcome: 'fail', error: 'auth' };
  const certain = CERTAIN.get(status);
  if (certain !== undefined) return { outcome: 'fail', error: certain };
  return { outcome: 'info', error: DOUBTFUL.get(status) ?? `server-${status}` };
}

/** `{ error: { type } }`, as OpenSearch says what went wrong. */
function typeOf(body: unknown): unknown {
  const { error } = (typeof body === 'object' && body !== null ? body : {}) as { error?: unknown };
  return typeof error === 'object' && error !== null ? (error as { type?: unknown }).type : undefined;
}

/** The client keeps a socket's words and not its code: `connect ECONNREFUSED 10.77.1.10:9200`. */
function socketCode(message: unknown): string {
  return /\bE[A-Z]+\b/.exec(String(message))?.[0] ?? '';
}
