import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadPlatformFile } from './platform-file.ts';

const GOOD = `platform: kubernetes
environment: laboratory
replicationFactor: 1
components:
  cassandra: { selector: app=cassandra, service: cassandra, port: 9042 }
  janusgraph: { selector: app=janusgraph, service: janusgraph, port: ws }
sites:
  - { name: paris, datacenter: paris-dc, context: paris, namespace: bank }
  - { name: london, datacenter: london-dc, context: london, namespace: bank }
`;

function load(text: string): ReturnType<typeof loadPlatformFile> {
  const directory = mkdtempSync(join(tmpdir(), 'drill-platform-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'platform.yaml');
  writeFileSync(file, text);
  return loadPlatformFile(file);
}

const wrong = (from: string, to: string): string => {
  try {
    load(GOOD.replace(from, to));
  } catch (error) {
    return (error as Error).message.replaceAll(/\S*platform\.yaml/g, 'file');
  }
  return 'nothing';
};

test('a platform file says where each site is, and how its components are found', () => {
  expect(load(GOOD)).toMatchObject({
    name: 'kubernetes',
    reach: 'node-port',
    sites: [{ name: 'paris' }, { name: 'london' }],
  });
});

test('what is wrong with it is said with its place', () => {
  expect(wrong('replicationFactor: 1\n', '')).toMatch(/^file:1:1: .*replicationFactor/);
  expect(wrong('namespace: bank }', 'namespce: bank }')).toContain('file:8:');
  expect(wrong('name: london', 'name: paris')).toContain(
    'file:9:13: sites[1].name: expected another name: a site above has paris',
  );
  expect(wrong('context: london', 'context: paris')).toContain('expected another context or namespace');
  expect(wrong('name: london', 'name: outside')).toContain('outside is where clients are');
  expect(wrong('port: 9042', 'port: 90420')).toContain('file:5:');
  expect(wrong('platform: kubernetes', 'platform: local')).toContain('file:1:11');
});

test('a file that is not there is said to be none', () => {
  expect(() => loadPlatformFile('/nowhere/platform.yaml')).toThrow('/nowhere/platform.yaml: cannot be read');
});
