import { expect, test } from 'vitest';
import { loadLocalConfig, withComponents } from '../platform/local/config.ts';
import { configFor, isOtherThan } from './platform-config.ts';

type Loaded = Parameters<typeof configFor>[1][number];
/** A scenario whose only service has this probe, and these backups. */
const probing = (probe: string, backups: object = {}): Loaded =>
  ({ scenario: { services: { one: { probe } }, timeline: [], backups } }) as unknown as Loaded;

test('a platform for several scenarios has what any of them needs, and no more', () => {
  expect(configFor(undefined, [probing('cql')]).components).toEqual([]);
  expect(configFor(undefined, [probing('cql'), probing('opensearch'), probing('opensearch')]).components).toEqual([
    'opensearch',
  ]);
});

test('a platform has backups where a scenario takes some, and is the same platform all the same', () => {
  const [plain, backedUp] = [probing('cql'), probing('cql', { hourly: { at: 0, of: 'cassandra' } })];
  expect(configFor(undefined, [plain]).backups).toBe('none');
  expect(configFor(undefined, [plain, backedUp]).backups).toBe('medusa');
  expect(isOtherThan(configFor(undefined, [backedUp]), configFor(undefined, [plain]))).toBe(false);
  // A snapshot of OpenSearch needs OpenSearch, and no Medusa.
  expect(configFor(undefined, [probing('cql', { daily: { at: 0, of: 'opensearch' } })])).toMatchObject({
    components: ['opensearch'],
    backups: 'none',
  });
});

test('a platform is the one that a file says whatever stores it has beside; with another heap it is not', () => {
  const file = loadLocalConfig();
  expect(isOtherThan(withComponents(file, ['opensearch']), file)).toBe(false);
  expect(isOtherThan({ ...file, cassandra: { ...file.cassandra, heap: '700m' } }, file)).toBe(true);
});
