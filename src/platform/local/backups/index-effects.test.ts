import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ManagedComponent } from '../components.ts';
import { Inventory } from '../inventory.ts';
import { Register } from '../register.ts';
import type { ClusterRequest } from './cluster-request.ts';
import { IndexEffects } from './index-effects.ts';

const TARGET = { site: 'paris', index: 'ledger', backup: 'daily' };
const UNDO = { kind: 'index' as const, params: { id: 'x', ...TARGET } };
const COUNTED = { files: 3, bytes: 30 };

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'drill-index-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Two nodes with a copy of one shard each; a snapshot that is whole until `broken` says why not, and whose restore fails while `full` is set. */
function platform() {
  const log: string[] = [];
  const fails = { broken: '', full: false };
  const shards = [0, 1].map((node) => join(directory, `node-${node}`, 'data/nodes/0/indices/uuid-1/0/index'));
  for (const shard of shards) {
    mkdirSync(shard, { recursive: true });
    writeFileSync(join(shard, '_0.cfs'), Buffer.alloc(500, 7));
    writeFileSync(join(shard, 'segments_3'), 'commit');
    writeFileSync(join(shard, 'write.lock'), '');
  }
  const nodes = shards.map(
    (_, node) =>
      ({
        site: 'paris',
        component: 'opensearch',
        node,
        directory: join(directory, `node-${node}`),
      }) as ManagedComponent,
  );
  const register: Register = new Register(
    join(directory, 'faults.json'),
    async ({ params }) => void ('id' in params && (await effects.undo(params.id))),
    () => 0,
  );
  const effects: IndexEffects = new IndexEffects({
    inventory: new Inventory(nodes),
    guard: register,
    directory: join(directory, 'corrupt'),
    snapshots: {
      verify: async () => {
        if (fails.broken !== '') throw new Error(fails.broken);
        return COUNTED;
      },
      restore: async (site, backup, index) => {
        log.push(`restore ${index} of ${site} from ${backup}`);
        if (fails.full) throw new Error('no space left');
        return { copiedUs: 10, startedUs: 20 };
      },
      untilGreen: async () => {},
      ask: async (_, { method, path }: ClusterRequest) => {
        log.push(`${method} ${path}`);
        if (path.includes('_settings')) return { ledger: { settings: { 'index.uuid': 'uuid-1' } } };
        return path.includes('_cluster/health') ? { indices: { ledger: { status: 'red' } } } : {};
      },
    },
    start: async ({ site, components }) => void log.push(`start ${site} ${components.join(' ')}`),
    restart: async ({ site, components }) => void log.push(`restart ${site} ${components.join(' ')}`),
  });
  const spoilt = (): readonly number[] =>
    shards.map((shard) => readFileSync(join(shard, '_0.cfs')).filter((byte) => byte !== 7).length);
  const record = (): void => register.record('fault', 'run', [UNDO], 10_000);
  return { log, fails, shards, register, effects, spoilt, record };
}

test('as many bytes of every copy are flipped, only in files that hold documents, and the cluster is to read them', async () => {
  const { effects, log, shards, spoilt, record } = platform();
  record();
  await effects.corrupt('x', { ...TARGET, places: 20 });
  expect(spoilt()).toEqual([20, 20]);
  for (const shard of shards) expect(readFileSync(join(shard, 'segments_3'), 'utf8')).toBe('commit');
  expect(await effects.observe('x')).toMatchObject({ inForce: true, damaged: 40, of: 40, health: 'red' });
  expect(log.at(-2)).toBe('POST /ledger/_forcemerge?max_num_segments=1');
  expect(effects.inForce()).toEqual(['x']);
});

test('nothing is done that no fault in the register would undo, twice, or without a whole snapshot', async () => {
  const { effects, fails, spoilt, record } = platform();
  await expect(effects.corrupt('x', { ...TARGET, places: 1 })).rejects.toThrow('no fault in the register');
  record();
  fails.broken = 'it lacks a file';
  await expect(effects.corrupt('x', { ...TARGET, places: 1 })).rejects.toThrow('it lacks a file');
  expect(spoilt()).toEqual([0, 0]);
  fails.broken = '';
  await effects.corrupt('x', { ...TARGET, places: 1 });
  await expect(effects.corrupt('x', { ...TARGET, places: 1 })).rejects.toThrow('an index is corrupt already');
});

test('its end is a restore, once', async () => {
  const { effects, log, register, record } = platform();
  record();
  await effects.corrupt('x', { ...TARGET, places: 20 });
  log.length = 0;
  expect(await register.undo('fault')).toMatchObject([{ ok: true }]);
  expect(log).toEqual(['start paris opensearch', 'restore ledger of paris from daily']);
  expect(await effects.observe('x')).toMatchObject({
    inForce: false,
    restored: [{ site: 'paris', node: 0, ...COUNTED, copiedUs: 10, startedUs: 20 }],
    failure: '',
  });
  await effects.undo('x');
  await effects.undo('unknown');
  expect(log.filter((line) => line.startsWith('restore'))).toHaveLength(1);
});

test('a restore that fails is tried again by the next undo, and nothing is put back into an index that may be gone', async () => {
  const { effects, fails, register, record, log } = platform();
  record();
  await effects.corrupt('x', { ...TARGET, places: 20 });
  fails.full = true;
  expect(await register.undo('fault')).toMatchObject([{ ok: false, error: 'no space left' }]);
  expect(effects.inForce()).toEqual(['x']);
  fails.full = false;
  expect(await register.undo('fault')).toMatchObject([{ ok: true }]);
  expect(effects.inForce()).toEqual([]);
  expect(log.filter((line) => line.startsWith('restart'))).toEqual([]);
});

test('where the snapshot is no longer whole the bytes are what they were, and nothing keeps the shards from opening', async () => {
  const { effects, fails, register, record, shards, spoilt, log } = platform();
  record();
  await effects.corrupt('x', { ...TARGET, places: 20 });
  for (const shard of shards) writeFileSync(join(shard, 'corrupted_abc'), '');
  fails.broken = 'it lacks a file';
  const [result] = await register.undo('fault');
  expect(result).toMatchObject({
    ok: false,
    error: 'it lacks a file; the files of the index were made what they were before',
  });
  expect(spoilt()).toEqual([0, 0]);
  expect(shards.map((shard) => readdirSync(shard).includes('corrupted_abc'))).toEqual([false, false]);
  expect(log.at(-1)).toBe('restart paris opensearch');
  expect(log.some((line) => line.startsWith('restore'))).toBe(false);
  expect(await effects.observe('x')).toMatchObject({ inForce: false, damaged: 0, restored: null });
});

test('a file that a merge has taken away took its damage with it', async () => {
  const { effects, register, record, shards } = platform();
  record();
  await effects.corrupt('x', { ...TARGET, places: 20 });
  rmSync(join(shards[0] ?? '', '_0.cfs'));
  expect(await effects.observe('x')).toMatchObject({ damaged: 20, of: 40 });
  expect(await register.undo('fault')).toMatchObject([{ ok: true }]);
});

test('an index of which nothing is on disk, or that the cluster does not know, is said', async () => {
  const { effects, record, shards } = platform();
  record();
  for (const shard of shards) rmSync(join(shard, '_0.cfs'));
  await expect(effects.corrupt('x', { ...TARGET, places: 1 })).rejects.toThrow(
    'there is no file of ledger at paris: nothing was written yet',
  );
  await expect(effects.corrupt('x', { ...TARGET, index: 'other', places: 1 })).rejects.toThrow(
    'OpenSearch of paris does not say where other is',
  );
  expect(existsSync(join(directory, 'corrupt', 'x.kept.json'))).toBe(false);
});
