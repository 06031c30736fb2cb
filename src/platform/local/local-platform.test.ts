import { expect, test } from 'vitest';
import { PlatformError } from '../../errors.ts';
import { loadLocalConfig, ofRunning } from './config.ts';
import type { Kernel } from './kernel.ts';
import { factsOfRunning, localPlatformFacts, refuseOtherSystems } from './local-platform.ts';

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

test('a platform with names is reached by them, and by whoever goes by addresses all the same', () => {
  const file = new URL('../../../clusters/local/host-names.yaml', import.meta.url).pathname;
  const facts = localPlatformFacts(loadLocalConfig(file), { netem: null, memory: null, diskSpeed: null, cpu: null });
  expect(facts.abilities).toContain('names');
  expect(facts.tuning['host names']).toBe('drill.internal');
  expect(facts.sites[1]).toMatchObject({
    resolver: '10.77.0.53',
    endpoints: {
      cassandra: [{ host: 'cassandra-0.london.drill.internal', port: 9042, address: '10.77.2.10' }],
      janusgraph: [{ host: 'janusgraph-0.london.drill.internal', port: 8182, address: '10.77.2.10' }],
    },
  });
});

test('a platform with a further store says where it is, which version, and how many nodes', () => {
  const kernel = { netem: null, memory: null, diskSpeed: null, cpu: null };
  const file = new URL('../../../clusters/local/opensearch-nodes.yaml', import.meta.url).pathname;
  const facts = localPlatformFacts(loadLocalConfig(file), kernel);
  expect(facts.sites[0]?.endpoints.opensearch?.map(({ host, port }) => `${host}:${port}`)).toEqual([
    '10.77.1.10:9200',
    '10.77.1.11:9200',
    '10.77.1.12:9200',
  ]);
  expect(facts.versions.opensearch).toBe('2.19.5');
  expect(facts.tuning).toMatchObject({
    heap: 'cassandra 640m, janusgraph 400m, opensearch 256m',
    'nodes of opensearch a site': '3',
  });
  const plain = localPlatformFacts(loadLocalConfig(), kernel);
  expect(plain.sites[0]?.endpoints).not.toHaveProperty('opensearch');
  expect(plain.versions).toEqual({ cassandra: '5.0.6', janusgraph: '1.1.0' });
  expect(plain.tuning.heap).toBe('cassandra 640m, janusgraph 400m');
});

test('Linux is accepted', () => {
  expect(() => refuseOtherSystems('linux')).not.toThrow();
});

test('clocks that can be set are an ability, and are said', () => {
  const facts = localPlatformFacts(
    { ...loadLocalConfig(), clocks: 'adjustable' },
    { netem: null, memory: null, diskSpeed: null, cpu: null },
  );
  expect(facts.abilities).toContain('clocks');
  expect(facts.tuning.clocks).toBe('adjustable');
  expect(
    localPlatformFacts(loadLocalConfig(), { netem: null, memory: null, diskSpeed: null, cpu: null }).tuning.clocks,
  ).not.toBe('adjustable');
});

test('one that is up and was started before topics could be closed has not learnt it since', () => {
  const kernel = { netem: null, memory: null, diskSpeed: null, cpu: null };
  const { components: _, ...older } = loadLocalConfig();
  const said = { ...older, stores: ['pulsar'] } as Parameters<typeof factsOfRunning>[0];
  expect(factsOfRunning(said, kernel).abilities).not.toContain('topics');
  expect(factsOfRunning({ ...older, components: ['pulsar'] }, kernel).abilities).toContain('topics');
});

test('the facts follow from the configuration: sites, endpoints of every node, copies', () => {
  const lack = { why: 'the kernel has none', help: 'another kernel' };
  const facts = localPlatformFacts(
    { ...loadLocalConfig(), nodesPerSite: 2 },
    { netem: lack, memory: null, diskSpeed: null, cpu: null },
  );
  expect(facts.replicationFactor).toBe(2);
  const always = ['processes', 'pausing', 'restarts', 'loops', 'nodetool', 'storage', 'queries', 'compaction'];
  expect(facts.abilities).toEqual(['network', 'packets', 'bandwidth', ...always]);
  expect(facts.lacking?.netem).toEqual(lack);
  expect(facts.lacking?.disks?.help).toContain('small-disks.yaml');
  const able = localPlatformFacts(loadLocalConfig('clusters/local/small-disks.yaml'), {
    netem: null,
    memory: null,
    diskSpeed: null,
    cpu: null,
  });
  expect([able.abilities.slice(11), Object.keys(able.lacking ?? {})]).toEqual([
    ['disks', 'netem'],
    [
      'names',
      'clocks',
      'memory',
      'diskSpeed',
      'cpu',
      'backups',
      'data',
      'restoreTests',
      'snapshots',
      'topics',
      'quotas',
      'signIn',
    ],
  ]);
  const backedUp = localPlatformFacts(
    { ...loadLocalConfig(), backups: 'medusa' },
    { netem: null, memory: null, diskSpeed: null, cpu: null },
  );
  expect(backedUp.abilities.slice(12)).toEqual(['backups', 'data', 'restoreTests']);
  expect(backedUp.tuning.backups).toContain('Medusa 0.31.0');
  const small = { ...loadLocalConfig('clusters/local/small-disks.yaml'), backups: 'medusa' } as const;
  expect(
    localPlatformFacts(small, { netem: null, memory: null, diskSpeed: null, cpu: null }).lacking?.data?.why,
  ).toContain('disks of their own');
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

test('a platform that an older version started is known for what it is: whoever comes with a newer one can heal it', () => {
  const { processGroups: _, ...older } = loadLocalConfig();
  const kernel = { netem: null, memory: null } as Kernel;
  expect(localPlatformFacts(ofRunning(older), kernel).abilities).not.toContain('memory');
  const limited = { ...older, memoryGroups: true };
  expect(localPlatformFacts(ofRunning(limited), kernel).abilities).toContain('memory');
  expect(localPlatformFacts(ofRunning(limited), kernel).abilities).not.toContain('diskSpeed');
});
