import { errors, types } from 'cassandra-driver';
import type { ProbeOutcome } from './probe.ts';

type Failure = Pick<ProbeOutcome, 'outcome' | 'error'>;

const { responseErrorCodes: codes } = types;

/** Server errors that say that nothing was applied. Every other answer to a write may hide an effect. */
const CERTAIN = new Map<number, string>([
  [codes.unavailableException, 'unavailable'],
  [codes.badCredentials, 'auth'],
  [codes.unauthorized, 'auth'],
  [codes.syntaxError, 'invalid'],
  [codes.invalid, 'invalid'],
  [codes.configError, 'invalid'],
  [codes.unprepared, 'unprepared'],
  [codes.isBootstrapping, 'bootstrapping'],
  [codes.overloaded, 'overloaded'],
]);

/** Errors of a socket on which nothing can have been sent. */
const UNSENT = new Map([
  ['ECONNREFUSED', 'refused'],
  ['EHOSTUNREACH', 'unreachable'],
  ['ENETUNREACH', 'unreachable'],
  ['ENOTFOUND', 'unknown-host'],
]);

/** What became of a write that ended in `error`: `fail` only where it certainly was not applied. */
export function classifyCqlError(error: unknown): Failure {
  if (error instanceof errors.NoHostAvailableError) return classifyHosts(Object.values(error.innerErrors ?? {}));
  if (error instanceof errors.OperationTimedOutError) return { outcome: 'info', error: 'timeout' };
  if (error instanceof errors.ResponseError) return classifyResponse(error.code);
  if (error instanceof errors.BusyConnectionError) return { outcome: 'fail', error: 'busy' };
  if (error instanceof errors.AuthenticationError) return { outcome: 'fail', error: 'auth' };
  const unsent = UNSENT.get((error as { code?: string } | null)?.code ?? '');
  if (unsent !== undefined) return { outcome: 'fail', error: unsent };
  return { outcome: 'info', error: 'closed' };
}

/** Without a host that was tried nothing was sent; else any attempt that may have been sent decides. */
function classifyHosts(inner: readonly unknown[]): Failure {
  const failures = inner.map((error) =>
    isPoolError(error) ? { outcome: 'fail' as const, error: 'refused' } : classifyCqlError(error),
  );
  return failures.find(({ outcome }) => outcome === 'info') ?? failures[0] ?? { outcome: 'fail', error: 'no-host' };
}

/** The driver had no open connection to borrow: it never sent. */
function isPoolError(error: unknown): boolean {
  return (
    error instanceof Error &&
    /Host considered as DOWN|no connections available|not set the pool|pool is (closing|shutting)/i.test(error.message)
  );
}

function classifyResponse(code: number): Failure {
  const certain = CERTAIN.get(code);
  if (certain !== undefined) return { outcome: 'fail', error: certain };
  if (code === codes.writeTimeout) return { outcome: 'info', error: 'write-timeout' };
  if (code === codes.writeFailure) return { outcome: 'info', error: 'write-failure' };
  if (code === codes.readTimeout) return { outcome: 'info', error: 'read-timeout' };
  return { outcome: 'info', error: `server-${code}` };
}
