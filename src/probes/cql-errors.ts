import { errors, types } from 'cassandra-driver';
import { Late } from './deadline.ts';
import { Unconnected } from './keeper.ts';
import { UNSENT } from './knock.ts';
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
]);

/** What became of a write that ended in `error`: `fail` only where it certainly was not applied. */
export function classifyCqlError(error: unknown): Failure {
  if (error instanceof Unconnected) return { outcome: 'fail', error: error.code };
  if (error instanceof errors.NoHostAvailableError) return classifyHosts(Object.values(error.innerErrors ?? {}));
  if (error instanceof errors.OperationTimedOutError || error instanceof Late)
    return { outcome: 'info', error: 'timeout' };
  if (error instanceof errors.ResponseError) return classifyResponse(error.code);
  if (error instanceof errors.BusyConnectionError) return { outcome: 'fail', error: 'busy' };
  if (error instanceof errors.AuthenticationError) return { outcome: 'fail', error: 'auth' };
  if (isUnsent(error)) return { outcome: 'fail', error: 'no-host' };
  const unsent = UNSENT.get((error as { code?: string } | null)?.code ?? '');
  if (unsent !== undefined) return { outcome: 'fail', error: unsent };
  return { outcome: 'info', error: 'closed' };
}

/** Without a host that was tried nothing was sent; else any attempt that may have been sent decides. */
function classifyHosts(inner: readonly unknown[]): Failure {
  const failures = inner.map((error) =>
    isUnsent(error) ? { outcome: 'fail' as const, error: 'no-host' } : classifyCqlError(error),
  );
  return failures.find(({ outcome }) => outcome === 'info') ?? failures[0] ?? { outcome: 'fail', error: 'no-host' };
}

/**
 * The driver had no open connection to borrow, or found its connection closed before it wrote. It says the former with a text instead of an
 * error (request-handler.js), with one without a code (host-connection-pool.js), and the latter with a mark (writers.js).
 */
function isUnsent(error: unknown): boolean {
  if (error === 'Host considered as DOWN') return true;
  if (!(error instanceof Error)) return false;
  return (
    error.message === 'No connection available' || (error as { requestNotWritten?: boolean }).requestNotWritten === true
  );
}

function classifyResponse(code: number): Failure {
  const certain = CERTAIN.get(code);
  if (certain !== undefined) return { outcome: 'fail', error: certain };
  if (code === codes.writeTimeout) return { outcome: 'info', error: 'write-timeout' };
  if (code === codes.writeFailure) return { outcome: 'info', error: 'write-failure' };
  // Said of hints that are too many as well, by a coordinator that may have sent some of the copies.
  if (code === codes.overloaded) return { outcome: 'info', error: 'overloaded' };
  if (code === codes.readTimeout) return { outcome: 'info', error: 'read-timeout' };
  return { outcome: 'info', error: `server-${code}` };
}
