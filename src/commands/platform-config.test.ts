import { expect, test } from 'vitest';
import { loadLocalConfig, withStores } from '../platform/local/config.ts';
import { configFor, isOtherThan } from './platform-config.ts';

type Loaded = Parameters<typeof configFor>[1][number];
/** A scenario whose only service has this probe. */
const probing = (probe: string): Loaded =>
  ({ scenario: { services: { one: { probe } }, timeline: [] } }) as unknown as Loaded;

test('a platform for several scenarios has what any of them needs, and no more', () => {
  expect(configFor(undefined, [probing('cql')]).stores).toEqual([]);
  expect(configFor(undefined, [probing('cql'), probing('opensearch'), probing('opensearch')]).stores).toEqual([
    'opensearch',
  ]);
});

test('a platform is the one that a file says whatever stores it has beside; with another heap it is not', () => {
  const file = loadLocalConfig();
  expect(isOtherThan(withStores(file, ['opensearch']), file)).toBe(false);
  expect(isOtherThan({ ...file, cassandra: { ...file.cassandra, heap: '700m' } }, file)).toBe(true);
});
