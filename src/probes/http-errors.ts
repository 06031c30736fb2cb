import { UNSENT } from './knock.ts';
import type { ProbeOutcome } from './probe.ts';

type Failure = Pick<ProbeOutcome, 'outcome' | 'error'>;

/** What a request is refused with before anything of it is done: it asks for something wrong, by somebody who may not, or too often. */
const CERTAIN: ReadonlyMap<number, string> = new Map([
  [400, 'invalid'],
  [401, 'auth'],
  [403, 'auth'],
  [404, 'no-route'],
  [405, 'invalid'],
  [413, 'too-large'],
  [415, 'invalid'],
  [429, 'rate-limited'],
]);

/** And what may hide an effect: whoever stands in front of the graph gives up sooner than it. */
const DOUBTFUL: ReadonlyMap<number, string> = new Map([
  [409, 'conflict'],
  [502, 'unavailable'],
  [503, 'unavailable'],
  [504, 'graph-timeout'],
]);

/** What became of a write that was answered with this status: `fail` only where it certainly was not applied. */
export function classifyStatus(status: number): Failure {
  const certain = CERTAIN.get(status);
  if (certain !== undefined) return { outcome: 'fail', error: certain };
  return { outcome: 'info', error: DOUBTFUL.get(status) ?? `server-${status}` };
}

/** An error of the HTTP client's, as far as it says what happened. */
interface Said {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly syscall?: unknown;
}

/** And of one that ended in an error of the connection. */
export function classifyHttpError(error: unknown): Failure {
  const { name, code, syscall } = (error ?? {}) as Said;
  const unsent = syscall === 'connect' || syscall === 'getaddrinfo' ? UNSENT.get(String(code)) : undefined;
  if (unsent !== undefined) return { outcome: 'fail', error: unsent };
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return { outcome: 'fail', error: 'not-connected' };
  if (name === 'TimeoutError' || name === 'AbortError' || TIMEOUTS.has(String(code)))
    return { outcome: 'info', error: 'timeout' };
  return { outcome: 'info', error: 'closed' };
}

const TIMEOUTS: ReadonlySet<string> = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_ABORTED']);
