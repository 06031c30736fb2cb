import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type ReaderHandle, spawnReader } from '../../src/client/spawn.ts';
import type { BoundFault } from '../../src/faults/fault.ts';
import { faultType } from '../../src/faults/registry.ts';
import type { RestoredCopy } from '../../src/platform/backups.ts';
import { loadLocalConfig } from '../../src/platform/local/config.ts';
import type { Endpoint, Platform } from '../../src/platform/platform.ts';
import { startTestPlatform, type TestPlatform } from './support/local-platform.ts';

/*
 * Backups of a real Cassandra, against known truth: of rows and transactions that were written before a backup and after it, exactly those from before are
 * in what is restored from it.
 */
const RUN = '20260131T120000Z-backup';
const LONG_MS = 240_000;
const within = (): AbortSignal => AbortSignal.timeout(LONG_MS);

type Probe = 'cql' | 'gremlin';
type Place = { readonly cassandra: readonly Endpoint[]; readonly janusgraph: readonly Endpoint[] };
/** Numbers of the writes of each probe. */
const BEFORE = { cql: [0, 60], gremlin: [0, 12] } as const;
const AFTER = { cql: [60, 90], gremlin: [12, 18] } as const;

const started = new AsyncDisposableStack();
let up: TestPlatform;
let platform: Platform;
let reader: ReaderHandle;

beforeAll(async () => {
  const [paris = { name: 'paris', datacenter: 'paris-dc' }] = loadLocalConfig().sites;
  up = started.use(await startTestPlatform({ ...loadLocalConfig(), sites: [paris], backups: 'medusa' }));
  platform = up.platform;
  reader = started.use(readerAt('outside'));
  await reader.run({ type: 'prepare', targets: [targetOf('cql'), targetOf('gremlin')] }, within());
  await write(BEFORE);
  const { nodes } = await take('first');
  expect(nodes).toMatchObject([{ site: 'paris', node: 0 }]);
  expect(nodes[0]?.files).toBeGreaterThan(50);
  await write(AFTER);
});
afterAll(() => started.disposeAsync());

function readerAt(client: string): ReaderHandle {
  const config = { run: RUN, originNs: String(process.hrtime.bigint()) };
  return spawnReader({ place: platform.place(client), config, onRows: () => {} });
}

function targetOf(probe: Probe, at?: Place) {
  const [site] = platform.facts().sites;
  if (!site) throw new Error('no site');
  const { cassandra, janusgraph } = at ?? site.endpoints;
  const endpoints = { cassandra: [...cassandra], janusgraph: [...janusgraph] };
  return {
    probe,
    site: { name: site.name, datacenter: site.datacenter, endpoints },
    timeoutUs: 10_000_000,
    params: {},
  };
}

const keysOf = (probe: Probe, [from, to]: readonly [number, number]) =>
  Array.from({ length: to - from }, (_, n) => ({ key: `${RUN}/${probe}.test/${from + n}`, seq: from + n }));

async function write(what: typeof BEFORE | typeof AFTER): Promise<void> {
  for (const probe of ['cql', 'gremlin'] as const) {
    for (const one of keysOf(probe, what[probe])) {
      const { served, detail } = await reader.run({ type: 'served', target: targetOf(probe), write: one }, within());
      if (!served) throw new Error(`${one.key}: ${detail}`);
    }
  }
}

/** States of what was written before the backup, and after it, as they are read at a place. */
async function found(by: ReaderHandle = reader, at?: Place): Promise<Record<string, unknown>> {
  const states: Record<string, unknown> = {};
  for (const [name, what] of Object.entries({ before: BEFORE, after: AFTER })) {
    for (const probe of ['cql', 'gremlin'] as const) {
      const reading = {
        stage: 'restore-test',
        fault: 'x',
        rate: 1_000,
        withinMs: 60_000,
        attempts: 5,
        alone: true,
      } as const;
      const writes = keysOf(probe, what[probe]);
      const { counts } = await by.run({ type: 'read-back', target: targetOf(probe, at), writes, ...reading }, within());
      states[`${probe} ${name}`] = counts;
    }
  }
  return states;
}
const RESTORED = {
  'cql before': { present: 60 },
  'gremlin before': { present: 12 },
  'cql after': { absent: 30 },
  'gremlin after': { absent: 6 },
};
const WHOLE = { ...RESTORED, 'cql after': { present: 30 }, 'gremlin after': { present: 6 } };

async function take(name: string) {
  const { backups } = platform.abilities;
  if (!backups) throw new Error('no backups');
  return backups.take(name, 'full', within());
}

function lossFrom(backup: string, id = 'data-loss-1'): BoundFault {
  const planned = { id, type: 'data-loss', site: 'paris', disaster: true, at_us: 0, for_us: 1, params: { backup } };
  return faultType('data-loss').bind(planned, platform);
}

async function openCopy(id: string, backup: string): Promise<RestoredCopy> {
  const { restoreTests } = platform.abilities;
  if (!restoreTests) throw new Error('no restore tests');
  await platform.register.record(
    { fault: id, run: 'r1', undo: [{ kind: 'restore-test', params: { id } }] },
    LONG_MS,
    within(),
  );
  return restoreTests.open(id, { site: 'paris', backup }, within());
}

/** A data file of a backup, in the store. */
function fileOf(backup: string): string {
  const store = join(up.state, 'backups');
  const file = readdirSync(store, { recursive: true })
    .map(String)
    .find((name) => name.includes(`/${backup}/data/janusgraph/`) && name.endsWith('-Data.db'));
  if (file === undefined) throw new Error(`no data file of ${backup} in ${store}`);
  return join(store, file);
}

const undo = async (fault: string): Promise<readonly boolean[]> =>
  (await platform.register.undo(fault, within())).map(({ ok }) => ok);

test('a copy restored beside the platform has exactly what was written before its backup, and nothing of it stays', async () => {
  const copy = await openCopy('test-1', 'first');
  {
    await using inside = readerAt(copy.client);
    expect(await found(inside, copy.endpoints)).toEqual(RESTORED);
  }
  // The platform went on, and neither knows of the other.
  expect(await found()).toEqual(WHOLE);
  expect(await undo('test-1')).toEqual([true]);
  expect(await platform.abilities.restoreTests?.inForce(within())).toEqual([]);
  expect(existsSync(join(up.state, 'data/restore-test'))).toBe(false);
});

test('a copy that nobody renews is taken away', async () => {
  const opened = platform.abilities.restoreTests;
  await platform.register.record(
    { fault: 'test-2', run: 'r1', undo: [{ kind: 'restore-test', params: { id: 'test-2' } }] },
    1_000,
    within(),
  );
  const opening = opened?.open('test-2', { site: 'paris', backup: 'first' }, within());
  await expect(opening).rejects.toThrow(/test-2: given up|undone while it was done|not ready|ended while it started/);
  await vi.waitUntil(async () => (await platform.register.list(within())).length === 0, {
    timeout: LONG_MS,
    interval: 250,
  });
  expect(await opened?.inForce(within())).toEqual([]);
});

test('everything is lost and restored: what was written since the backup is gone, and nothing else', async () => {
  const fault = lossFrom('first');
  expect((await fault.observe(within())).state).toBe('none');
  await platform.register.record({ fault: 'data-loss-1', run: 'r1', undo: fault.undo }, LONG_MS, within());
  await fault.inject(within());
  await vi.waitUntil(async () => (await fault.observe(within())).state === 'full', { timeout: LONG_MS });
  expect(await undo('data-loss-1')).toEqual([true]);
  expect(await fault.observe(within())).toMatchObject({
    state: 'none',
    observed: expect.stringContaining('restored from first'),
  });
  expect(await found()).toEqual(RESTORED);
  await write(AFTER);
});

test('a backup that is damaged is not relied on: nothing is taken away, nothing is restored from it', async () => {
  await take('second');
  const file = fileOf('second');
  const bytes = readFileSync(file);
  bytes[0] = (bytes[0] ?? 0) ^ 0xff;
  writeFileSync(file, bytes);
  const fault = lossFrom('second', 'data-loss-2');
  await platform.register.record({ fault: 'data-loss-2', run: 'r1', undo: fault.undo }, LONG_MS, within());
  await expect(fault.inject(within())).rejects.toThrow('is another than its manifest says');
  expect((await fault.observe(within())).state).toBe('none');
  expect(await undo('data-loss-2')).toEqual([true]);
  await expect(openCopy('test-3', 'second')).rejects.toThrow('is another than its manifest says');
  expect(await undo('test-3')).toEqual([true]);
  expect(await found()).toEqual(WHOLE);
});

test('a backup that is spoilt after the loss: what was lost is put back, and the restore has failed', async () => {
  await take('third');
  const fault = lossFrom('third', 'data-loss-3');
  await platform.register.record({ fault: 'data-loss-3', run: 'r1', undo: fault.undo }, LONG_MS, within());
  await fault.inject(within());
  rmSync(fileOf('third'));
  const [result] = await platform.register.undo('data-loss-3', within());
  expect(result).toMatchObject({
    ok: false,
    error: expect.stringMatching(/lacks .*-Data\.db; what was there before was put back/),
  });
  expect(await found()).toEqual(WHOLE);
  expect(await platform.abilities.data?.observe('data-loss-3', within())).toMatchObject({
    inForce: false,
    restored: null,
  });
  expect(await undo('data-loss-3')).toEqual([true]);
});

test('a harness that dies while everything is lost: the platform restores it', async () => {
  const fault = lossFrom('first', 'data-loss-4');
  await platform.register.record({ fault: 'data-loss-4', run: 'r1', undo: fault.undo }, 1_000, within());
  await fault.inject(within()).catch(() => {});
  await vi.waitUntil(async () => (await platform.register.list(within())).length === 0, {
    timeout: LONG_MS,
    interval: 250,
  });
  expect((await fault.observe(within())).state).toBe('none');
  expect(await found()).toEqual(RESTORED);
});
