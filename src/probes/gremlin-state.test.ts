import { expect, test } from 'vitest';
import { checksum } from './checksum.ts';
import { transactionState } from './gremlin-state.ts';
import type { SeenAccount, SeenEdge } from './gremlin-traversals.ts';

const KEY = 'r/gremlin.graph.outside/4';
const SUM = checksum(KEY, 4);
const from = (...out: string[]): SeenAccount => ({ key: `${KEY}#from`, out, in: [] });
const to = (...into: string[]): SeenAccount => ({ key: `${KEY}#to`, out: [], in: into });
const edge = (sum = SUM, seq = 4): SeenEdge => ({ key: KEY, seq, sum });

test.each<[string, SeenAccount[], SeenEdge[] | null, string]>([
  ['all of it', [from(SUM), to(SUM)], [edge()], 'present'],
  ['all of it, edges not asked for', [from(SUM), to(SUM)], null, 'present'],
  ['nothing', [], [], 'absent'],
  ['one account', [from()], [], 'partial'],
  ['accounts without the transaction', [from(), to()], [], 'partial'],
  ['the transaction seen from one end only', [from(SUM), to()], [edge()], 'partial'],
  ['not in the index of edges', [from(SUM), to(SUM)], [], 'partial'],
  ['in the index of edges only', [], [edge()], 'partial'],
  ['a wrong checksum at one end', [from(SUM), to('bad')], [edge()], 'corrupt'],
  ['a wrong checksum in the index', [from(SUM), to(SUM)], [edge('bad')], 'corrupt'],
  ['a wrong number', [from(SUM), to(SUM)], [edge(SUM, 5)], 'corrupt'],
  ['two transactions', [from(SUM, SUM), to(SUM, SUM)], [edge(), edge()], 'phantom'],
  ['written twice', [from(SUM), to(SUM), from(SUM), to(SUM)], [edge(), edge()], 'phantom'],
])('%s', (_, accounts, edges, state) => {
  expect(transactionState(KEY, 4, accounts, edges).state).toBe(state);
});

test('what was read is told: the wrong checksum where there is one', () => {
  expect(transactionState(KEY, 4, [from(SUM), to('bad')], null).valueSha).toBe('bad');
  expect(transactionState(KEY, 4, [from(SUM), to(SUM)], null).valueSha).toBe(SUM);
  expect(transactionState(KEY, 4, [], null).valueSha).toBe('');
});
