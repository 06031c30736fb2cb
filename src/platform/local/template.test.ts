import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { loadLocalConfig } from './config.ts';
import { copyFromTemplate, findTemplate, makeTemplate, templateDirectory } from './template.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'template-'));
  vi.stubEnv('DRILL_CACHE', join(directory, 'cache'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true, force: true });
});

/** Data of a node as its shutdown leaves it; `file` is in the table of the graph's settings. */
function node(name: string, file: string): void {
  const table = join(directory, 'from', name, 'data/janusgraph/system_properties-1');
  mkdirSync(table, { recursive: true });
  writeFileSync(join(table, file), name);
  mkdirSync(join(directory, 'from', name, 'commitlog'));
}

test('a node gets the data of its namesake, and nothing else', () => {
  node('a', 'nb-1-big-Data.db');
  node('b', 'nb-1-big-Data.db');
  const template = templateDirectory(loadLocalConfig());
  makeTemplate(template, join(directory, 'from'), ['a', 'b']);
  expect(findTemplate(loadLocalConfig())).toBe(template);
  const target = join(directory, 'target');
  copyFromTemplate(template, 'b', target);
  const copied = join(target, 'data/janusgraph/system_properties-1/nb-1-big-Data.db');
  expect(readFileSync(copied, 'utf8')).toBe('b');
  expect(readdirSync(target)).toEqual(['data']);
});

test('a node that has not written the graph’s settings makes no template, and nothing is left of the trial', () => {
  node('a', 'nb-1-big-Data.db');
  node('b', 'nb-1-big-Index.db');
  const template = templateDirectory(loadLocalConfig());
  expect(() => makeTemplate(template, join(directory, 'from'), ['a', 'b'])).toThrow('b holds no settings of a graph');
  expect(existsSync(template)).toBe(false);
  expect(readdirSync(join(directory, 'cache'))).toEqual([]);
});

test('another cluster has another template; heaps and compilers make no other cluster', () => {
  const config = loadLocalConfig();
  const same = { ...config, environment: 'test' as const, cassandra: { ...config.cassandra, heap: '512m' } };
  expect(templateDirectory(same)).toBe(templateDirectory(config));
  expect(templateDirectory({ ...config, nodesPerSite: 2 })).not.toBe(templateDirectory(config));
  expect(templateDirectory({ ...config, network: '10.78.0.0/16' })).not.toBe(templateDirectory(config));
  expect(findTemplate(config)).toBeNull();
});
