import { expect, test } from 'vitest';
import { FAULTS } from '../faults/registry.ts';
import { torturedTypes } from './scenarios.ts';

/** Faults under which no harness is killed, and why. */
const SPARED: Readonly<Record<string, string>> = {
  'network-delay': 'needs a kernel with netem',
  'data-loss': 'its end is a restore: killed in test/e2e/backups.test.ts',
  'data-corruption': 'what it writes stays: its end is a restore as well',
  'index-corruption': 'needs OpenSearch: its end is that of a stopped component',
  'topic-unload': 'needs Pulsar: nothing of it stays',
  'rate-limit': 'needs the API: nothing of it stays',
  'credentials-revoked': 'needs the API',
};

test('every type of fault is tortured, or there is a reason why it is not', () => {
  expect([...torturedTypes(), ...Object.keys(SPARED)].toSorted()).toEqual([...FAULTS.keys()].toSorted());
});
