import { expect, test } from 'vitest';
import { PlatformError } from '../../errors.ts';
import { loadLocalConfig } from './config.ts';
import { checkGraphSettings } from './graph-settings.ts';
import { graphProperties } from './janusgraph.ts';

test('a server that runs with other settings of the graph is refused, with the setting', () => {
  const log = `2026-11-21 [main] WARN x.ReadConfigurationBuilder - Local setting cluster.max-partitions=4 (Type: FIXED) is overridden by globally managed value (32).  Use the ManagementSystem\n`;
  expect(() => checkGraphSettings('london janusgraph/0', log)).toThrow(PlatformError);
  expect(() => checkGraphSettings('london janusgraph/0', log)).toThrow('cluster.max-partitions=4');
});

test('a server without such a line is accepted', () => {
  expect(() => checkGraphSettings('london janusgraph/0', 'Channel started at port 8182.\n')).not.toThrow();
});

const LOCAL = 'storage.cql.only-use-local-consistency-for-system-operations';
const BLOCK = 'ids.block-size';
const MODE = 'ids.authority.conflict-avoidance-mode';
const TAG = 'ids.authority.conflict-avoidance-tag';

test.each([
  ['small-id-blocks', { [LOCAL]: 'true', [BLOCK]: '100' }],
  ['global-system-operations', { [LOCAL]: 'false' }],
  ['global-id-blocks', { [LOCAL]: 'false', [BLOCK]: '100' }],
  ['site-tags', { [LOCAL]: 'true', [BLOCK]: '100', [MODE]: 'LOCAL_MANUAL', [TAG]: '1' }],
])('a server of the platform %s opens its graph with the settings that it is called by', (name, expected) => {
  const config = loadLocalConfig(`clusters/local/${name}.yaml`);
  const lines = graphProperties(config, 1).trim().split('\n');
  const settings = Object.fromEntries(lines.map((line) => line.split('=')));
  expect(settings).toMatchObject(expected);
  if (!(MODE in expected)) expect(settings).not.toHaveProperty([MODE]);
});
