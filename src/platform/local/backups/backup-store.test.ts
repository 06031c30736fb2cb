import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { verifyBackup } from './backup-store.ts';

const NODE = { site: 'paris', address: '10.0.1.10' };
const DATA = 'paris/10.0.1.10/hourly/data/janusgraph/edgestore-1/nb-1-big-Data.db';

let store: string;
beforeEach(() => {
  store = mkdtempSync(join(tmpdir(), 'drill-backups-'));
});
afterEach(() => rmSync(store, { recursive: true, force: true }));

function put(path: string, content: string): void {
  const file = join(store, 'backups', path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

function object(path: string, content: string): object {
  return { path, MD5: createHash('md5').update(content).digest('hex'), size: content.length };
}

function manifest(sections: unknown): void {
  put('paris/10.0.1.10/hourly/meta/manifest.json', typeof sections === 'string' ? sections : JSON.stringify(sections));
}

const section = (keyspace: string, ...objects: object[]): object => ({
  keyspace,
  columnfamily: 'edgestore-1',
  objects,
});
const verify = (): Promise<{ files: number; bytes: number }> => verifyBackup(store, NODE, 'hourly', ['janusgraph']);

test('a backup is what its manifest says, file by file', async () => {
  put(DATA, 'rows');
  manifest([section('janusgraph', object(DATA, 'rows')), section('empty')]);
  expect(await verify()).toEqual({ files: 1, bytes: 4 });
});

test('none that was begun and not ended, none that copied nothing', async () => {
  await expect(verify()).rejects.toThrow('the backup hourly of paris has no manifest: it was not taken to its end');
  manifest([]);
  await expect(verify()).rejects.toThrow('has nothing of the keyspace janusgraph');
  manifest([section('janusgraph')]);
  await expect(verify()).rejects.toThrow('has nothing of the keyspace janusgraph');
});

test('a file that is gone, cut short, or of the same length and another', async () => {
  manifest([section('janusgraph', object(DATA, 'rows'))]);
  await expect(verify()).rejects.toThrow(`the backup hourly of paris lacks ${DATA}`);
  put(DATA, 'row');
  await expect(verify()).rejects.toThrow(`${DATA} has 3 bytes, and its manifest says 4`);
  put(DATA, 'rowz');
  await expect(verify()).rejects.toThrow(`${DATA} is another than its manifest says`);
});

test('a manifest that is none, or leads out of the store', async () => {
  manifest('{');
  await expect(verify()).rejects.toThrow('its manifest cannot be read');
  manifest([section('janusgraph', object('../../etc/passwd', 'x'))]);
  await expect(verify()).rejects.toThrow('its manifest cannot be read');
});
