import { expect, test } from 'vitest';
import { PlatformError } from '../../errors.ts';
import { loadLocalConfig } from './config.ts';
import { localPlatformFacts, refuseOtherSystems } from './local-platform.ts';

test.each(['darwin', 'win32', 'freebsd'])('%s is refused with the two ways out', (system) => {
  try {
    refuseOtherSystems(system);
  } catch (error) {
    expect(error).toBeInstanceOf(PlatformError);
    const { message, hint } = error as PlatformError;
    expect(message).toBe(`the local platform needs Linux namespaces; this is ${system}`);
    expect(hint).toContain('.devcontainer/devcontainer.json');
    expect(hint).toContain('lima.yaml');
    return;
  }
  throw new Error('it was accepted');
});

test('Linux is accepted', () => {
  expect(() => refuseOtherSystems('linux')).not.toThrow();
});

test('the facts follow from the configuration: sites, endpoints of every node, copies', () => {
  const facts = localPlatformFacts({ ...loadLocalConfig(), nodesPerSite: 2 });
  expect(facts.replicationFactor).toBe(2);
  expect(facts.abilities).toEqual(['network', 'processes', 'nodetool', 'queries', 'compaction']);
  expect(facts.sites[1]).toEqual({
    name: 'london',
    datacenter: 'london-dc',
    endpoints: {
      cassandra: [
        { host: '10.77.2.10', port: 9042 },
        { host: '10.77.2.11', port: 9042 },
      ],
      janusgraph: [{ host: '10.77.2.10', port: 8182 }],
    },
  });
});
