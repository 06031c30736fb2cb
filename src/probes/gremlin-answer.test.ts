import { expect, test } from 'vitest';
import { classifyGremlinFailure, type GremlinAnswer } from './gremlin-answer.ts';

const server = (status: number, message = ''): Exclude<GremlinAnswer, { kind: 'result' }> => ({
  kind: 'error',
  status,
  message,
});

test.each<[string, Exclude<GremlinAnswer, { kind: 'result' }>, string, string]>([
  ['not connected', { kind: 'unsent', error: 'refused' }, 'fail', 'refused'],
  ['no answer', { kind: 'timeout' }, 'info', 'timeout'],
  ['connection lost after sending', { kind: 'closed' }, 'info', 'closed'],
  ['login', server(401), 'fail', 'auth'],
  ['not allowed', server(403), 'fail', 'auth'],
  ['too many requests', server(429), 'fail', 'overloaded'],
  ['malformed', server(498), 'fail', 'invalid'],
  ['arguments', server(499), 'fail', 'invalid'],
  ['evaluation timeout', server(598), 'info', 'server-timeout'],
  ['storage', server(500, 'Could not execute operation due to backend exception'), 'info', 'backend'],
  ['commit', server(597, 'Could not commit transaction due to exception during persistence'), 'info', 'backend'],
  ['serialization of an answer, after the commit', server(599), 'info', 'server-599'],
  ['anything else', server(500, '?'), 'info', 'server-500'],
])('a write: %s', (_, answer, outcome, error) => {
  expect(classifyGremlinFailure('write', answer)).toEqual({ outcome, error });
  expect(classifyGremlinFailure('read', answer)).toEqual({ outcome: 'fail', error });
});
