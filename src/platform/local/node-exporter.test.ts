import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadLocalConfig } from './config.ts';
import { nodeExporter } from './node-exporter.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'drill-exporter-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** Whether the exporter of the first of these sites tells of a mount. */
function tellsOf(sites: readonly [string, ...string[]], mount: string): boolean {
  const config = { ...loadLocalConfig(), sites: sites.map((name) => ({ name, datacenter: `${name}-dc` })) };
  const { args } = nodeExporter.command(
    { config, site: 0, node: 0, directory: home },
    { jars: [], archive: [], home: '/usr/bin/node_exporter' },
  );
  const [, pattern = ''] = args.find((one) => one.includes('mount-points-exclude'))?.split(/=(.*)/s) ?? [];
  expect(pattern).not.toBe('');
  return !new RegExp(pattern).test(mount);
}

test('an exporter tells of its own site’s disks, and of no other’s', () => {
  const at = (site: string): string => `/root/.local/state/drill/data/${site}-cassandra-0/commitlog`;
  expect(tellsOf(['paris', 'london'], at('paris'))).toBe(true);
  expect(tellsOf(['paris', 'london'], at('london'))).toBe(false);
  expect(tellsOf(['paris', 'london'], '/')).toBe(true);
  expect(tellsOf(['paris', 'london'], '/proc/sys')).toBe(false);
  expect(tellsOf(['paris'], at('paris'))).toBe(true);
});

test('a site whose name begins another’s is not taken for it', () => {
  const at = (site: string): string => `/state/data/${site}-cassandra-1/commitlog`;
  for (const [own, other] of [
    ['paris', 'paris-east'],
    ['paris-east', 'paris'],
    ['paris-cassandra', 'paris'],
  ] as const) {
    expect([tellsOf([own, other], at(own)), tellsOf([own, other], at(other))]).toEqual([true, false]);
  }
});
