import { expect, test } from 'vitest';
import { aloneIn } from './apart.ts';

const NTS = 'org.apache.cassandra.locator.NetworkTopologyStrategy';

test('a keyspace with copies in other datacenters keeps those of its own, as many as it has', () => {
  const keyspaces = [
    { name: 'janusgraph', replication: { class: NTS, 'paris-dc': '3', 'london-dc': '2' } },
    { name: 'odd"name', replication: { class: NTS, 'paris-dc': '1', 'london-dc': '1' } },
    { name: 'here', replication: { class: NTS, 'paris-dc': '1' } },
    { name: 'elsewhere', replication: { class: NTS, 'london-dc': '1' } },
    { name: 'system', replication: { class: 'org.apache.cassandra.locator.LocalStrategy' } },
  ];
  expect(aloneIn('paris-dc', keyspaces)).toEqual([
    `ALTER KEYSPACE "janusgraph" WITH replication = {'class': 'NetworkTopologyStrategy', 'paris-dc': 3}`,
    `ALTER KEYSPACE "odd""name" WITH replication = {'class': 'NetworkTopologyStrategy', 'paris-dc': 1}`,
  ]);
});
