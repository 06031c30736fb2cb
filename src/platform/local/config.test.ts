import { expect, test } from 'vitest';
import { InputError } from '../../errors.ts';
import { addressOf, loadLocalConfig, ofRunning, parseLocalConfig, withComponents } from './config.ts';

const GOOD = `environment: laboratory
sites:
  - { name: paris, datacenter: paris-dc }
  - { name: london, datacenter: london-dc }
nodesPerSite: 2
network: 10.77.0.0/16
cassandra: { heap: 640m, cqlPort: 9042, storagePort: 7000 }
janusgraph: { heap: 400m, port: 8182 }
jit: quick
`;

function messageFor(text: string): string {
  try {
    parseLocalConfig(text, 'platform.yaml');
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  }
  throw new Error('it was accepted');
}

test('the file of the repository is valid and has three sites', () => {
  expect(loadLocalConfig().sites.map(({ name }) => name)).toEqual(['paris', 'london', 'frankfurt']);
});

test('every file of the repository is valid, and says how JanusGraph is set where it differs', () => {
  const of = (name: string) =>
    loadLocalConfig(new URL(`../../../clusters/local/${name}.yaml`, import.meta.url).pathname).janusgraph;
  expect(of('platform')).toMatchObject({ idBlockSize: 1_000_000, systemOperations: 'local' });
  expect(of('small-id-blocks')).toMatchObject({ idBlockSize: 100, systemOperations: 'local' });
  expect(of('site-tags')).toMatchObject({ idBlockSize: 100, conflictAvoidance: 'site-tags' });
  expect(of('host-names')).toMatchObject({ idBlockSize: 1_000_000 });
  expect(of('small-disks')).toMatchObject({ idBlockSize: 1_000_000 });
  expect(of('global-system-operations')).toMatchObject({ idBlockSize: 1_000_000, systemOperations: 'global' });
});

test('clocks can be set only where the file says so', () => {
  expect(parseLocalConfig(GOOD, 'platform.yaml').clocks).toBe('machine');
  const file = new URL('../../../clusters/local/skewed-clocks.yaml', import.meta.url).pathname;
  expect(loadLocalConfig(file)).toEqual({ ...loadLocalConfig(), clocks: 'adjustable' });
  expect(messageFor(`${GOOD}clocks: wrong\n`)).toMatch(/^platform\.yaml:10:9: clocks: /);
});

test('each site and each of its nodes has an address of its own, clients outside another', () => {
  const config = parseLocalConfig(GOOD, 'platform.yaml');
  expect(addressOf(config, 0)).toBe('10.77.1.10');
  expect(addressOf(config, 1, 1)).toBe('10.77.2.11');
  expect(addressOf(config, -1)).toBe('10.77.0.1');
});

test('a wrong value is named with line, column and path', () => {
  expect(messageFor(GOOD.replace('heap: 640m', 'heap: lots'))).toBe(
    'platform.yaml:7:20: cassandra.heap: megabytes such as 640m',
  );
});

test('every wrong place is named, not the first alone', () => {
  const text = messageFor(GOOD.replace('nodesPerSite: 2', 'nodesPerSite: 0').replace('port: 8182', 'port: 99999'));
  expect(text.split('\n').map((line) => line.split(': ')[0])).toEqual(['platform.yaml:5:15', 'platform.yaml:8:33']);
});

test('a key that is missing is named at the mapping that lacks it', () => {
  expect(messageFor(GOOD.replace(', storagePort: 7000', ''))).toMatch(/^platform\.yaml:7:12: cassandra\.storagePort: /);
});

test('an unknown key is refused', () => {
  expect(messageFor(`${GOOD}nodes: 3\n`)).toContain('"nodes"');
});

test.each(['Drill.internal', '-drill', 'drill.', 'a..b', ''])('a domain %j is refused', (domain) => {
  expect(messageFor(`${GOOD}names: { domain: "${domain}" }\n`)).toContain('names.domain: a domain such as');
});

test('text that is no YAML is named with line and column', () => {
  expect(messageFor('environment: [laboratory\n')).toMatch(/^platform\.yaml:\d+:\d+: /);
});

test.each([
  ['two sites of one name', GOOD.replace('name: london', 'name: paris')],
  ['a datacenter with the name of a site', GOOD.replace('datacenter: london-dc', 'datacenter: paris')],
  ['a site with the name of the clients', GOOD.replace('name: london', 'name: outside')],
])('%s is refused', (_, text) => {
  expect(messageFor(text)).toContain('cannot be used, or stands there twice');
});

test('a file that cannot be read is an error of the input', () => {
  expect(() => loadLocalConfig('no-such-file.yaml')).toThrow(InputError);
});

test('a store stands there once; those that scenarios need come to the others in one order', () => {
  expect(parseLocalConfig(`${GOOD}components: [opensearch]\n`, 'p.yaml').components).toEqual(['opensearch']);
  expect(() => parseLocalConfig(`${GOOD}components: [opensearch, opensearch]\n`, 'p.yaml')).toThrow();
  expect(() => parseLocalConfig(`${GOOD}components: [solr]\n`, 'p.yaml')).toThrow(/p\.yaml:\d+:\d+: components\.0/);
  const plain = parseLocalConfig(GOOD, 'p.yaml');
  expect(withComponents(plain, ['opensearch', 'opensearch']).components).toEqual(['opensearch']);
  expect(withComponents(plain, []).components).toEqual([]);
});

test('what stands on others is refused without them', () => {
  expect(parseLocalConfig(`${GOOD}components: [pulsar, consumer]\n`, 'p.yaml').consumer.batch).toBe(50);
  expect(() => parseLocalConfig(`${GOOD}components: [consumer]\n`, 'p.yaml')).toThrow(
    'p.yaml: components: expected pulsar as well, which others of them need',
  );
});

test('a platform that an older version started has what it had, by the names of today', () => {
  const { components, opensearch, ...older } = parseLocalConfig(GOOD, 'p.yaml');
  expect(ofRunning(older)).toMatchObject({ components, opensearch });
  const plain = parseLocalConfig(`${GOOD}components: [pulsar]\n`, 'p.yaml');
  const { components: _, ...rest } = plain;
  const running = ofRunning({ ...rest, stores: ['pulsar'] } as Parameters<typeof ofRunning>[0]);
  expect(JSON.stringify(running)).toBe(JSON.stringify(plain));
});

test('alert rules of the platform’s own stand beside its file, or it is refused', () => {
  const file = new URL('../../../clusters/local/platform.yaml', import.meta.url).pathname;
  const config = parseLocalConfig(`${GOOD}prometheus: { rules: monitoring/rules.yaml }\n`, file);
  expect(config.prometheus.rules).toBe(new URL('./monitoring/rules.yaml', `file://${file}`).pathname);
  const wrong = `${GOOD}prometheus: { rules: nowhere.yaml }\n`;
  expect(() => parseLocalConfig(wrong, file)).toThrow(
    /prometheus\.rules: there is no .*clusters\/local\/nowhere\.yaml$/,
  );
});
