import { expect, test } from 'vitest';
import { PlatformError } from '../errors.ts';
import { FAULTS } from '../faults/registry.ts';
import { PROBES } from '../probes/registry.ts';
import { PLATFORM } from './fixtures.ts';
import { componentsNeeded, requireComponents } from './needed-components.ts';

const of = (probe: string, component?: unknown): Parameters<typeof componentsNeeded>[0] =>
  ({
    services: { one: { probe } },
    backups: {},
    timeline: component === undefined ? [] : [{ fault: { type: 'kill', site: 'paris', params: { component } } }],
  }) as unknown as Parameters<typeof componentsNeeded>[0];
const needed = (...args: Parameters<typeof of>) => componentsNeeded(of(...args), { probes: PROBES, faults: FAULTS });

test('a scenario needs what its faults name, also where it is one of several to pick from', () => {
  expect(needed('cql')).toEqual([]);
  expect(needed('cql', 'cassandra')).toEqual([]);
  expect(needed('cql', 'opensearch')).toEqual(['opensearch']);
  expect(needed('cql', { pick: ['cassandra', 'opensearch'] })).toEqual(['opensearch']);
});

test('and what these need in their turn', () => {
  expect(needed('pipeline')).toEqual(['pulsar', 'consumer']);
  expect(needed('cql', 'consumer')).toEqual(['pulsar', 'consumer']);
  expect(needed('pulsar')).toEqual(['pulsar']);
});

test('and what its faults strike, whoever asks for it', () => {
  const fault = (type: string) => ({ ...of('cql'), timeline: [{ fault: { type, site: 'paris', params: {} } }] });
  const neededFor = (type: string) =>
    componentsNeeded(fault(type) as unknown as Parameters<typeof componentsNeeded>[0], {
      probes: PROBES,
      faults: FAULTS,
    });
  expect(neededFor('rate-limit')).toEqual(['api']);
  expect(neededFor('topic-unload')).toEqual(['pulsar']);
  expect(neededFor('site-loss')).toEqual([]);
});

test('and what raises the alerts that it looks for', () => {
  const looking = { ...of('cql'), detectors: { alerts: { expect: ['NodeDown'], deadMan: 1 } } };
  expect(componentsNeeded(looking, { probes: PROBES, faults: FAULTS })).toEqual(['prometheus', 'alertmanager']);
});

test('what strikes all that is there, or any of it, needs no more than is there', () => {
  expect(needed('cql', 'all')).toEqual([]);
  expect(needed('cql', { pick: 'any' })).toEqual([]);
});

test('a platform that lacks one is refused with the lines that help', () => {
  const registries = { probes: PROBES, faults: FAULTS };
  requireComponents({ ...of('cql', 'cassandra'), name: 'crash' }, PLATFORM, registries);
  try {
    requireComponents({ ...of('cql', 'opensearch'), name: 'crash' }, PLATFORM, registries);
  } catch (error) {
    expect(error).toBeInstanceOf(PlatformError);
    expect((error as PlatformError).message).toBe('crash: the platform fake has no opensearch');
    expect((error as PlatformError).hint).toContain('platform down');
    expect((error as PlatformError).hint).toContain('components: [opensearch]');
    return;
  }
  throw new Error('it was accepted');
});
