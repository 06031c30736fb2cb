import { ClientClosedError, ClientOfflineError, ErrorReply } from '@redis/client';
import { Late } from './deadline.ts';
import { Unconnected } from './keeper.ts';
import { UNSENT } from './knock.ts';
import type { ProbeOutcome } from './probe.ts';

/** The first word of an error is its kind (https://redis.io/docs/latest/develop/reference/protocol-spec/, "Simple errors"). */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['NOAUTH', 'auth'],
  ['WRONGPASS', 'auth'],
  ['NOPERM', 'auth'],
  ['ERR', 'invalid'],
  ['WRONGTYPE', 'invalid'],
]);

/**
 * What became of a command that ended in `error`. One that Redis answers with an error was not executed: it says so before it begins, be it that it is read only,
 * still loads, has no memory or no disk left, or has too few replicas.
 */
export function classifyRedisError(error: unknown): Pick<ProbeOutcome, 'outcome' | 'error'> {
  if (error instanceof Unconnected) return { outcome: 'fail', error: error.code };
  if (error instanceof Late) return { outcome: 'info', error: 'timeout' };
  if (error instanceof ErrorReply) {
    const [kind = ''] = error.message.split(' ', 1);
    return { outcome: 'fail', error: NAMES.get(kind) ?? (/^[A-Z]{2,}$/.test(kind) ? kind.toLowerCase() : 'invalid') };
  }
  if (isUnsent(error)) return { outcome: 'fail', error: 'not-connected' };
  // Only while it connects: one that was connected may have sent something before the network told it the same.
  const { syscall, code } = (error ?? {}) as { readonly syscall?: unknown; readonly code?: string };
  const unsent = syscall === 'connect' ? UNSENT.get(code ?? '') : undefined;
  if (unsent !== undefined) return { outcome: 'fail', error: unsent };
  return { outcome: 'info', error: 'closed' };
}

/** The driver had no connection when it was asked, and keeps nothing for later. */
export function isUnsent(error: unknown): boolean {
  return error instanceof ClientClosedError || error instanceof ClientOfflineError;
}
