import { errors, types } from 'cassandra-driver';
import { expect, test } from 'vitest';
import { classifyCqlError } from './cql-errors.ts';

const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
const unwritten = Object.assign(new Error('Socket was closed'), { isSocketError: true, requestNotWritten: true });
const timedOut = new errors.OperationTimedOutError('late');
const response = (code: number): Error => new errors.ResponseError(code, 'said');
const { responseErrorCodes: codes } = types;

test.each([
  ['refused connection', refused, 'fail', 'refused'],
  ['lost connection', reset, 'info', 'closed'],
  ['no answer', timedOut, 'info', 'timeout'],
  ['unavailable', response(codes.unavailableException), 'fail', 'unavailable'],
  ['write timeout in the server', response(codes.writeTimeout), 'info', 'write-timeout'],
  ['write failure', response(codes.writeFailure), 'info', 'write-failure'],
  ['unknown server error', response(codes.serverError), 'info', `server-${codes.serverError}`],
  ['every host refused', new errors.NoHostAvailableError({ a: refused, b: refused } as never), 'fail', 'refused'],
  [
    'one host may have got it',
    new errors.NoHostAvailableError({ a: refused, b: timedOut } as never),
    'info',
    'timeout',
  ],
  ['no host was tried', new errors.NoHostAvailableError({} as never), 'fail', 'no-host'],
  [
    'a host that is down',
    new errors.NoHostAvailableError({ a: 'Host considered as DOWN' } as never),
    'fail',
    'no-host',
  ],
  [
    'a pool that is empty',
    new errors.NoHostAvailableError({ a: new Error('No connection available') } as never),
    'fail',
    'no-host',
  ],
  ['closed before it was written', unwritten, 'fail', 'no-host'],
  [
    'one host down, one lost after it was asked',
    new errors.NoHostAvailableError({ a: 'Host considered as DOWN', b: reset } as never),
    'info',
    'closed',
  ],
  ['login refused by the driver', new errors.AuthenticationError('no'), 'fail', 'auth'],
  ['login refused by the server', response(codes.badCredentials), 'fail', 'auth'],
  ['overloaded', response(codes.overloaded), 'info', 'overloaded'],
  ['nothing known', new Error('?'), 'info', 'closed'],
])('CQL: %s', (_, error, outcome, code) => {
  expect(classifyCqlError(error)).toEqual({ outcome, error: code });
});
