import { expect, test } from 'vitest';
import { FAULTS } from '../faults/registry.ts';
import { strikes } from './strikes.ts';

test.each([
  ['the store of a graph strikes the graph', 'kill', { component: 'cassandra' }, 'janusgraph', true],
  ['a graph leaves its store alone', 'kill', { component: 'janusgraph' }, 'cassandra', false],
  ['a further store is struck by its own', 'kill', { component: 'opensearch' }, 'opensearch', true],
  ['and strikes no other', 'kill', { component: 'opensearch' }, 'janusgraph', false],
  ['nor is it struck by another', 'kill', { component: 'cassandra' }, 'opensearch', false],
  ['all of a site is all', 'pause', { component: 'all' }, 'opensearch', true],
  ['a lost site as well', 'site-loss', {}, 'opensearch', true],
  ['what only Cassandra has', 'disk-full', {}, 'opensearch', false],
  ['and with it the graph', 'disk-full', {}, 'janusgraph', true],
  [
    'clients of the store alone',
    'firewall-block',
    { component: 'cassandra', from: 'clients', answer: 'reset' },
    'janusgraph',
    false,
  ],
] as const)('%s', (_, type, params, component, expected) => {
  expect(strikes({ type, params }, component, FAULTS)).toBe(expected);
});
