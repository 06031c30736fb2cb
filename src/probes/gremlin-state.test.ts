import { expect, test } from 'vitest';
import { checksum } from '../history/checksum.ts';
import { isWhole, transactionState, viewsOf } from './gremlin-state.ts';
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

const other: SeenEdge = { key: 'r/gremlin.graph.outside/6', seq: 6, sum: checksum('r/gremlin.graph.outside/6', 6) };

test.each<[string, SeenEdge[][] | null, SeenEdge[][] | null, SeenEdge[] | null, boolean]>([
  ['each once and right, a neighbour beside', [[edge()], [other]], [[edge()], [other]], [edge(), other], true],
  ['not in the index', [[edge()]], [[edge()]], [], false],
  ['not at the end where it arrives', [[edge()]], [], [edge()], false],
  ['an account more that has no edge', [[edge()], []], [[edge()]], [edge()], false],
  ['two edges at one account', [[edge(), edge()]], [[edge()]], [edge()], false],
  ['written twice', [[edge()], [edge()]], [[edge()], [edge()]], [edge(), edge()], false],
  ['a wrong checksum', [[edge()]], [[edge('bad')]], [edge()], false],
  ['a wrong number', [[edge()]], [[edge()]], [edge(SUM, 5)], false],
  ['another transaction', [[other]], [[other]], [other], false],
  ['one end that could not be read', null, [[edge()]], [edge()], false],
  ['an index that could not be read', [[edge()]], [[edge()]], null, false],
])('seen from everywhere: %s', (_, leaving, arriving, indexed, whole) => {
  const views = viewsOf([leaving, arriving], indexed);
  expect(views !== null && isWhole({ key: KEY, seq: 4 }, views)).toBe(whole);
});
