import { expect, test } from 'vitest';
import { classifyOpensearchError } from './opensearch-errors.ts';

test.each([
  ['a connection that was not made in time', { name: 'TimeoutError', unsent: true }, 'fail', 'not-connected'],
  ['one that was given up while it was made', { name: 'RequestAbortedError', unsent: true }, 'fail', 'not-connected'],
  [
    'no route',
    { name: 'ConnectionError', message: 'connect EHOSTUNREACH 10.0.0.1:9200', unsent: true },
    'fail',
    'unreachable',
  ],
  ['a reset of a connection that was there', { name: 'ConnectionError', message: 'read ECONNRESET' }, 'info', 'closed'],
  ['no answer on a connection', { name: 'TimeoutError' }, 'info', 'timeout'],
  ['given up on a connection', { name: 'RequestAbortedError' }, 'info', 'timeout'],
  ['an answer that cannot be read', { name: 'DeserializationError' }, 'info', 'unreadable'],
  ['no node at all', { name: 'NoLivingConnectionsError' }, 'fail', 'no-host'],
  ['an error of nobody', null, 'info', 'closed'],
  ['words', 'refused', 'info', 'closed'],
] as const)('OpenSearch: %s', (_, error, outcome, code) => {
  expect(classifyOpensearchError(error)).toEqual({ outcome, error: code });
});
