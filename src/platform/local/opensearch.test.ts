import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadLocalConfig, withComponents } from './config.ts';
import { opensearch } from './opensearch.ts';

const directory = mkdtempSync(join(tmpdir(), 'drill-opensearch-'));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const plain = withComponents(loadLocalConfig(), ['opensearch']);

function command(config: typeof plain, node: number) {
  mkdirSync(directory, { recursive: true });
  const home = '/distribution';
  const made = opensearch.command({ config, site: 1, node, directory }, { jars: ['/a.jar'], archive: [], home });
  const settings = parse(readFileSync(join(directory, 'config/opensearch.yml'), 'utf8')) as Record<string, unknown>;
  return { made, settings };
}

test('a node alone is a cluster by itself', () => {
  const { made, settings } = command(plain, 0);
  expect(settings).toMatchObject({
    'cluster.name': 'drill-london',
    'node.name': 'london-0',
    'http.host': '10.77.2.10',
    'discovery.type': 'single-node',
  });
  expect(made.args).toContain('-Xmx256m');
  expect(readlinkSync(join(directory, 'modules'))).toBe('/distribution/modules');
});

test('several nodes of a site are one cluster, which no node of another site is in', () => {
  const { settings } = command({ ...plain, opensearch: { ...plain.opensearch, nodes: 3 } }, 2);
  expect(settings).not.toHaveProperty('discovery.type');
  expect(settings).toMatchObject({
    'node.name': 'london-2',
    'http.host': '10.77.2.12',
    'transport.host': '127.0.0.12',
    'discovery.seed_hosts': ['127.0.0.10:9300', '127.0.0.11:9300', '127.0.0.12:9300'],
    'cluster.initial_cluster_manager_nodes': ['london-0', 'london-1', 'london-2'],
  });
});

test('an index that is gone is not made again by what is written to it', () => {
  expect(command(plain, 0).settings['action.auto_create_index']).toBe(false);
});
