import { ClientClosedError, ClientOfflineError, ErrorReply, SocketClosedUnexpectedlyError } from '@redis/client';
import { expect, test } from 'vitest';
import { Late } from './deadline.ts';
import { Unconnected, Unsent } from './keeper.ts';
import { classifyRedisError } from './redis-errors.ts';

const socketError = (code: string, syscall: string): Error => Object.assign(new Error(code), { code, syscall });

test.each([
  [new ErrorReply("OOM command not allowed when used memory > 'maxmemory'."), 'oom'],
  [new ErrorReply("READONLY You can't write against a read only replica."), 'readonly'],
  [new ErrorReply('LOADING Redis is loading the dataset in memory'), 'loading'],
  [new ErrorReply('MISCONF Errors writing to the AOF file: No space left on device'), 'misconf'],
  [new ErrorReply('NOREPLICAS Not enough good replicas to write.'), 'noreplicas'],
  [new ErrorReply('NOAUTH Authentication required.'), 'auth'],
  [new ErrorReply('WRONGPASS invalid username-password pair or user is disabled.'), 'auth'],
  [new ErrorReply("NOPERM this user has no permissions to run the 'set' command"), 'auth'],
  [new ErrorReply('ERR unknown command'), 'invalid'],
  [new ErrorReply('what is this'), 'invalid'],
  [new Unconnected('refused', false), 'refused'],
  [new Unsent('not-connected', false), 'not-connected'],
  [new ClientClosedError(), 'not-connected'],
  [new ClientOfflineError(), 'not-connected'],
  [socketError('ECONNREFUSED', 'connect'), 'refused'],
])('%s: certainly not applied, %s', (error, code) => {
  expect(classifyRedisError(error)).toEqual({ outcome: 'fail', error: code });
});

test.each([
  [new Late('no answer within 100 ms'), 'timeout'],
  [new SocketClosedUnexpectedlyError(), 'closed'],
  [socketError('ECONNRESET', 'read'), 'closed'],
  // Of a connection on which something was on its way.
  [socketError('EHOSTUNREACH', 'read'), 'closed'],
  [socketError('EPIPE', 'write'), 'closed'],
  [new Error('anything'), 'closed'],
  [undefined, 'closed'],
])('%s: it may have been applied, %s', (error, code) => {
  expect(classifyRedisError(error)).toEqual({ outcome: 'info', error: code });
});
