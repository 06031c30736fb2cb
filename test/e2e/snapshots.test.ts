import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { IndexEffects } from '../../src/platform/local/backups/index-effects.ts';
import { snapshotsIn } from '../../src/platform/local/backups/snapshot-store.ts';
import { Snapshots } from '../../src/platform/local/backups/snapshots.ts';
import type { ManagedComponent } from '../../src/platform/local/components.ts';
import { Inventory } from '../../src/platform/local/inventory.ts';
import { Register } from '../../src/platform/local/register.ts';
import type { Undo } from '../../src/platform/undo.ts';
import { opensearchProbe } from '../../src/probes/opensearch.ts';
import type { ProbeClient, ProbeContext } from '../../src/probes/probe.ts';
import { LEDGER_INDEX } from '../../src/probes/tables.ts';
import { type OpensearchServer, startOpensearch } from './support/opensearch-server.ts';

const directory = mkdtempSync(join(tmpdir(), 'drill-e2e-snapshots-'));
const soon = (): AbortSignal => AbortSignal.timeout(300_000);
const TARGET = { site: 'paris', index: LEDGER_INDEX, backup: 'daily' };
const UNDO: Undo = { kind: 'index', params: { id: 'corrupt', ...TARGET } };
const before = keys(0, 300);
const since = keys(300, 400);
let server: OpensearchServer;
let context: ProbeContext;
let snapshots: Snapshots;
let register: Register;
let effects: IndexEffects;

function keys(from: number, to: number): readonly { readonly key: string; readonly seq: number }[] {
  return Array.from({ length: to - from }, (_, n) => ({ key: `r1/index/${from + n}`, seq: from + n }));
}

beforeAll(async () => {
  server = await startOpensearch(directory, soon());
  context = { run: 'r1', site: server.site, timeoutUs: 2_000_000, params: {} };
  await opensearchProbe.prepare([context], soon());
  const [{ host, port } = { host: '', port: 0 }] = server.site.endpoints.opensearch ?? [];
  const node = {
    ...{ site: 'paris', component: 'opensearch', node: 0, address: host, port, directory: server.home },
    state: () => ({ state: 'ready' }),
  } as unknown as ManagedComponent;
  const inventory = new Inventory([node]);
  snapshots = new Snapshots(inventory, directory);
  register = new Register(
    join(directory, 'faults.json'),
    async ({ params }) => void ('id' in params && (await effects.undo(params.id))),
    () => 0,
  );
  const own = { inventory, guard: register, snapshots, start: async () => {}, restart: () => server.restart() };
  effects = new IndexEffects({ ...own, directory: join(directory, 'corrupt-indexes') });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

/** 300 documents that the snapshot `daily` has, and 100 that came after it. */
beforeEach(async () => {
  await opensearchProbe.cleanup([context], [...before, ...since], soon());
  snapshots.newRun();
  effects.forgetSettled();
  await using client = await opensearchProbe.connect(context, soon());
  await writeAll(client, before);
  expect(await snapshots.take('daily')).toMatchObject({ name: 'daily', mode: 'full', nodes: [{ site: 'paris' }] });
  await writeAll(client, since);
  register.record('fault', 'r1', [UNDO], 1_000_000);
});

async function writeAll(client: ProbeClient, all: typeof before): Promise<void> {
  for (const write of all) {
    expect(await client.invoke({ f: 'write', ...write }, soon())).toMatchObject({ outcome: 'ok' });
  }
}

async function statesOf(client: ProbeClient, all: typeof before): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for await (const { state } of client.readBack(all, soon())) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

async function indexes(): Promise<readonly string[]> {
  const { indices } = await snapshots.ask('paris', { method: 'GET', path: '/_cluster/health?level=indices' }, soon());
  return Object.keys(indices as object);
}

/** A file of the snapshot, which is another from now on. */
function spoilSnapshot(): void {
  const repository = join(snapshotsIn(directory), 'paris/daily');
  const [file = ''] = readdirSync(repository, { recursive: true })
    .map(String)
    .filter((name) => /\/__/.test(name));
  const bytes = readFileSync(join(repository, file));
  bytes[bytes.length >> 1] = ~(bytes[bytes.length >> 1] ?? 0) & 0xff;
  writeFileSync(join(repository, file), bytes);
}

test('a corrupt index serves nothing, and what the snapshot has of it is there again after its undo, and no more', async () => {
  await using client = await opensearchProbe.connect(context, soon());
  expect(await effects.observe('corrupt')).toBeNull();
  await effects.corrupt('corrupt', { ...TARGET, places: 50 });
  await expect.poll(async () => (await effects.observe('corrupt'))?.health, { timeout: 60_000 }).toBe('red');
  expect(await effects.observe('corrupt')).toMatchObject({ inForce: true, of: 50, restored: null });
  expect(await client.invoke({ f: 'write', key: 'r1/index/900', seq: 900 }, soon())).not.toMatchObject({
    outcome: 'ok',
  });
  expect(await statesOf(client, before)).not.toHaveProperty('absent');
  expect(await register.undo('fault')).toEqual([{ undo: UNDO, ok: true, error: '' }]);
  const seen = await effects.observe('corrupt');
  expect(seen).toMatchObject({ inForce: false, damaged: 0, health: 'green', failure: '' });
  expect(seen?.restored).toMatchObject([{ site: 'paris', node: 0 }]);
  expect(await statesOf(client, before)).toEqual({ present: 300 });
  expect(await statesOf(client, since)).toEqual({ absent: 100 });
  expect(await indexes()).toEqual([LEDGER_INDEX]);
});

test('where the snapshot is not whole any more everything is put back, and said', async () => {
  await using client = await opensearchProbe.connect(context, soon());
  await effects.corrupt('corrupt', { ...TARGET, places: 50 });
  await expect.poll(async () => (await effects.observe('corrupt'))?.health, { timeout: 60_000 }).toBe('red');
  spoilSnapshot();
  const [result] = await register.undo('fault');
  expect(result).toMatchObject({ ok: false });
  expect(result?.error).toMatch(
    /the backup daily of paris: .* is another than it was when it was taken; the files of the index were made what they were/,
  );
  expect(await effects.observe('corrupt')).toMatchObject({
    inForce: false,
    damaged: 0,
    health: 'green',
    restored: null,
  });
  expect(await statesOf(client, [...before, ...since])).toEqual({ present: 400 });
  // Once more, as `recover` does: there is nothing left to do.
  expect(await register.undo('fault')).toEqual([{ undo: UNDO, ok: true, error: '' }]);
});

test('nothing is made corrupt that could not be restored', async () => {
  spoilSnapshot();
  await expect(effects.corrupt('corrupt', { ...TARGET, places: 50 })).rejects.toThrow('is another than it was');
  expect(await effects.observe('corrupt')).toBeNull();
  await using client = await opensearchProbe.connect(context, soon());
  expect(await statesOf(client, [...before, ...since])).toEqual({ present: 400 });
  await expect(snapshots.take('daily')).rejects.toThrow('there is a backup daily of paris already');
});
