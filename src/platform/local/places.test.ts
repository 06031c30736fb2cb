import { expect, test } from 'vitest';
import { loadLocalConfig, withComponents } from './config.ts';
import { endpointOf, namesOf } from './names.ts';
import { addressesIn, componentsIn, nodesOf, portOf, portsOf } from './places.ts';

const plain = loadLocalConfig();
const three = { ...withComponents(plain, ['opensearch']), opensearch: { ...plain.opensearch, nodes: 3 } };

test('a store is at every site of a platform that has it, and at none of another', () => {
  expect(componentsIn(plain)).toEqual(['cassandra', 'janusgraph']);
  expect(nodesOf(plain, 'opensearch')).toEqual([]);
  expect(componentsIn(three)).toEqual(['cassandra', 'janusgraph', 'opensearch']);
  expect(nodesOf(three, 'opensearch')).toEqual([0, 1, 2]);
  expect(nodesOf(three, 'cassandra')).toEqual([0]);
});

test('a site has as many addresses as the component with the most nodes needs', () => {
  expect(addressesIn(plain, 1)).toEqual(['10.77.2.10']);
  expect(addressesIn(three, 1)).toEqual(['10.77.2.10', '10.77.2.11', '10.77.2.12']);
  expect(addressesIn({ ...three, nodesPerSite: 5 }, 0)).toHaveLength(5);
});

test('clients reach a component at the first of its ports', () => {
  expect(portsOf(plain, 'cassandra')).toEqual([9042, 7000]);
  expect(portOf(three, 'opensearch')).toBe(9200);
  expect(portsOf(three, 'opensearch')).toEqual([9200, 9300]);
});

test('further stores have addresses and no names', () => {
  const named = { ...three, names: { domain: 'drill.internal', ttlSeconds: 5 } };
  expect(endpointOf(named, 0, 'opensearch', 2)).toEqual({ host: '10.77.1.12', port: 9200 });
  expect([...namesOf(named, 0).keys()]).toEqual([
    'cassandra-0.paris.drill.internal',
    'janusgraph-0.paris.drill.internal',
  ]);
});
