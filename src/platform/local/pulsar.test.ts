import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadLocalConfig, withComponents } from './config.ts';
import { pulsar } from './pulsar.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'drill-pulsar-'));
  mkdirSync(join(home, 'conf'));
  writeFileSync(join(home, 'conf/standalone.conf'), 'bindAddress=0.0.0.0\nclusterName=standalone');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function command() {
  const placed = {
    config: withComponents(loadLocalConfig(), ['pulsar']),
    site: 1,
    node: 0,
    directory: join(home, 'london'),
  };
  return pulsar.command(placed, { jars: ['/a.jar', '/b.jar'], archive: ['-Xshare:auto'], home });
}

test('the settings of the distribution hold where the platform says nothing else: the last value of a key counts', () => {
  command();
  const lines = readFileSync(join(home, 'london/standalone.conf'), 'utf8').trim().split('\n');
  const last = new Map(lines.map((line) => line.split('=') as [string, string]));
  expect(last.get('clusterName')).toBe('london');
  expect(last.get('bindAddress')).toBe('10.77.2.10');
  expect(last.get('journalSyncData')).toBe('true');
  expect(lines).toContain('clusterName=standalone');
});

test('everything that it writes stands in its own directory', () => {
  const { args, directory, log } = command();
  const own = args.filter((arg) => arg.includes(directory)).map((arg) => arg.replace(directory, '.'));
  expect(log).toBe(join(directory, 'pulsar.log'));
  expect(own).toEqual([
    '-Djava.io.tmpdir=./tmp',
    '-Dlog4j.configurationFile=./log4j2.xml',
    '-Dpulsar.log.file=./pulsar.log',
    './standalone.conf',
    './metadata',
    './bookkeeper',
  ]);
  expect(args).toContain(`${join(home, 'conf')}:/a.jar:/b.jar`);
});
