import { expect, test } from 'vitest';
import { PlatformError } from '../../errors.ts';
import { checkGraphSettings } from './graph-settings.ts';

test('a server that runs with other settings of the graph is refused, with the setting', () => {
  const log = `2026-11-21 [main] WARN x.ReadConfigurationBuilder - Local setting cluster.max-partitions=4 (Type: FIXED) is overridden by globally managed value (32).  Use the ManagementSystem\n`;
  expect(() => checkGraphSettings('london janusgraph/0', log)).toThrow(PlatformError);
  expect(() => checkGraphSettings('london janusgraph/0', log)).toThrow('cluster.max-partitions=4');
});

test('a server without such a line is accepted', () => {
  expect(() => checkGraphSettings('london janusgraph/0', 'Channel started at port 8182.\n')).not.toThrow();
});
