import { expect, test } from 'vitest';
import { InputError } from '../errors.ts';
import { componentBehind } from '../history/components.ts';
import { PROBES, probeType, registry } from './registry.ts';

test('an unknown probe is an error that lists what there is', () => {
  expect(() => probeType(PROBES, 'grmlin')).toThrow(InputError);
  expect(() => probeType(PROBES, 'grmlin')).toThrow('unknown probe grmlin; there is cql, gremlin');
});

test('two probes of one name are an error', () => {
  const one = probeType(PROBES, 'cql');
  expect(() => registry([one, one])).toThrow('two probes are registered as cql');
});

test('who judges a record knows the component behind every probe', () => {
  expect([...PROBES.keys()].map(componentBehind)).toEqual([...PROBES.values()].map(({ component }) => component));
});
