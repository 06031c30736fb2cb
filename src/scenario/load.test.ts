import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GOOD, REGISTRIES } from './fixtures.ts';
import { listScenarioFiles, loadScenario, validateFiles } from './load.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drill-load-'));
  await mkdir(join(directory, 'site'));
  await writeFile(join(directory, 'site', 'good.yaml'), GOOD);
});
afterEach(() => rm(directory, { recursive: true }));

const load = (pathOrName: string) => loadScenario(pathOrName, { registries: REGISTRIES, directory });

test('by name, from a subfolder, with its bytes and their hash', async () => {
  const { scenario, file, sha256, bytes } = await load('good');
  expect(scenario.name).toBe('good');
  expect(file).toBe(join(directory, 'site', 'good.yaml'));
  expect(Buffer.from(bytes).toString()).toBe(GOOD);
  expect(sha256).toBe(createHash('sha256').update(GOOD).digest('hex'));
});

test('by path', async () => {
  expect((await load(join(directory, 'site', 'good.yaml'))).scenario.title).toBe('Paris is lost');
});

test('an unknown name: the nearest', async () => {
  await expect(load('goood')).rejects.toThrow(`no scenario "goood" in ${directory}; did you mean "good"?`);
});

test('a name that two files have', async () => {
  await writeFile(join(directory, 'good.yml'), GOOD);
  await expect(load('good')).rejects.toThrow(
    `scenario good is ambiguous: ${join(directory, 'good.yml')}, ${join(directory, 'site', 'good.yaml')}`,
  );
});

test('files that cannot be read', async () => {
  await expect(load(join(directory, 'none.yaml'))).rejects.toThrow('none.yaml: cannot be read: there is no such file');
  await expect(load(`${directory}/`)).rejects.toThrow('cannot be read: it is a directory');
});

test('every problem of every file', async () => {
  const bad = join(directory, 'bad.yaml');
  await writeFile(bad, GOOD.replace('name: good', 'name: bad').replace('rto: 30m', 'rto: 30').replace('50/s', '50'));
  expect(await listScenarioFiles(directory)).toEqual([bad, join(directory, 'site', 'good.yaml')]);
  const problems = await validateFiles(
    [...(await listScenarioFiles(directory)), join(directory, 'none.yaml')],
    REGISTRIES,
  );
  expect(problems.map(({ file, line, path }) => [file.slice(directory.length + 1), line, path])).toEqual([
    ['bad.yaml', 6, 'services.graph.rate'],
    ['bad.yaml', 12, 'objectives.rto'],
    ['none.yaml', 1, ''],
  ]);
  await expect(load('bad')).rejects.toThrow(/bad\.yaml:6:34: .*\n.*bad\.yaml:12:8: /);
});
