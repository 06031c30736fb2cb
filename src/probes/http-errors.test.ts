import { expect, test } from 'vitest';
import { classifyHttpError, classifyStatus } from './http-errors.ts';

test.each([
  [400, 'fail', 'invalid'],
  [401, 'fail', 'auth'],
  [404, 'fail', 'no-route'],
  [429, 'fail', 'rate-limited'],
  [409, 'info', 'conflict'],
  [500, 'info', 'server-500'],
  [502, 'info', 'unavailable'],
  [504, 'info', 'graph-timeout'],
  [302, 'info', 'server-302'],
] as const)('a write that is answered with %d: %s', (status, outcome, error) => {
  expect(classifyStatus(status)).toEqual({ outcome, error });
});

const of = (more: object): Error => Object.assign(new Error('it failed'), more);

test.each([
  [of({ code: 'ECONNREFUSED', syscall: 'connect' }), 'fail', 'refused'],
  [of({ code: 'EHOSTUNREACH', syscall: 'connect' }), 'fail', 'unreachable'],
  [of({ code: 'ENOTFOUND', syscall: 'getaddrinfo' }), 'fail', 'unknown-host'],
  [of({ code: 'UND_ERR_CONNECT_TIMEOUT' }), 'fail', 'not-connected'],
  // A connection that was there may have carried the request.
  [of({ code: 'EHOSTUNREACH', syscall: 'read' }), 'info', 'closed'],
  [of({ code: 'ECONNRESET', syscall: 'read' }), 'info', 'closed'],
  [of({ code: 'UND_ERR_SOCKET' }), 'info', 'closed'],
  [of({ name: 'TimeoutError' }), 'info', 'timeout'],
  [of({ code: 'UND_ERR_ABORTED' }), 'info', 'timeout'],
  [null, 'info', 'closed'],
] as const)('a write that ends in %s: %s', (error, outcome, code) => {
  expect(classifyHttpError(error)).toEqual({ outcome, error: code });
});
