import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type AnomalyKind, compareSites, inspect } from '../../src/check/integrity.ts';
import { type ReaderHandle, spawnReader } from '../../src/client/spawn.ts';
import type { BoundFault } from '../../src/faults/fault.ts';
import { FAULTS } from '../../src/faults/registry.ts';
import { type CensusEntry, censusRow } from '../../src/history/census.ts';
import { parseCsvLine } from '../../src/history/csv.ts';
import type { Platform } from '../../src/platform/platform.ts';
import { startTestPlatform, type TestPlatform } from './support/local-platform.ts';

/*
 * What the census finds, held against what was done to a real graph: known elements are damaged behind its back, one kind at a time, and put back.
 */
const RUN = '20260131T120000Z-census';
const SITES = ['paris', 'london', 'frankfurt'] as const;
const TRANSACTIONS = 30;
const LEDGER_ROWS = 1_000;
const DAMAGED = 7;

const started = new AsyncDisposableStack();
let up: TestPlatform;
let platform: Platform;
let reader: ReaderHandle;
const within = (): AbortSignal => AbortSignal.timeout(240_000);
/** What was written on either side of a cut arrives at the other with Cassandra's hints. */
const LONG = { timeout: 200_000, interval: 1_000 };

beforeAll(async () => {
  up = started.use(await startTestPlatform());
  platform = up.platform;
  reader = started.use(spawnTestReader());
  const targets = (['cql', 'gremlin', 'customers'] as const).flatMap((probe) =>
    SITES.map((site) => targetOf(probe, site)),
  );
  await reader.run({ type: 'prepare', targets }, within());
});

afterAll(() => started.disposeAsync());

const STRIKING = fileURLToPath(new URL('support/striking-reader.ts', import.meta.url));
const DELETIONS = fileURLToPath(new URL('support/deletions-main.ts', import.meta.url));
/** Cassandra refuses a read that meets more than 100 000 (tombstone_failure_threshold). */
const DELETIONS_COUNT = 110_000;

function spawnTestReader(script?: string): ReaderHandle {
  const config = { run: RUN, originNs: String(process.hrtime.bigint()) };
  return spawnReader({ place: platform.place('outside'), config, script, onRows: () => {} });
}

function targetOf(probe: 'cql' | 'gremlin' | 'customers', name: string) {
  const site = platform.facts().sites.find((one) => one.name === name);
  if (!site) throw new Error(`no site ${name}`);
  const { datacenter, endpoints } = site;
  const planned = { cassandra: [...endpoints.cassandra], janusgraph: [...endpoints.janusgraph] };
  return { probe, site: { name, datacenter, endpoints: planned }, timeoutUs: 10_000_000, params: {} };
}

function keysOf(probe: 'cql' | 'gremlin', count: number): readonly { key: string; seq: number }[] {
  return Array.from({ length: count }, (_, seq) => ({ key: `${RUN}/${probe}.test/${seq}`, seq }));
}

async function write(probe: 'cql' | 'gremlin', count: number): Promise<readonly { key: string; seq: number }[]> {
  const writes = keysOf(probe, count);
  for (const one of writes) {
    const target = targetOf(probe, 'paris');
    const { served, detail } = await reader.run({ type: 'served', target, write: one }, within());
    if (!served) throw new Error(`${one.key}: ${detail}`);
  }
  return writes;
}

let censuses = 0;
/** What each site has, by the store's own cells. */
async function census(
  probe: 'gremlin' | 'customers' = 'gremlin',
): Promise<ReadonlyMap<string, readonly CensusEntry[]>> {
  const path = join(up.directory, `graph-${censuses++}.csv`);
  for (const site of SITES) {
    await reader.run({ type: 'census', target: targetOf(probe, site), stage: 'after', path }, within());
  }
  const lines = readFileSync(path, 'utf8').split('\r\n').slice(1, -1);
  const found = lines.flatMap((line) => censusRow(parseCsvLine(line)) ?? []);
  expect(found).toHaveLength(lines.length);
  return Map.groupBy(found, ({ site }) => site);
}

function bound(type: string, params: Record<string, unknown>, id = `${type}-1`): BoundFault {
  const kind = FAULTS.get(type);
  if (!kind) throw new Error(`no fault ${type}`);
  const planned = { id, type, site: 'paris', disaster: true, at_us: 0, for_us: 1, params };
  return kind.bind(planned as Parameters<typeof kind.bind>[0], platform);
}

/** Does the fault, then `look`, and undoes it; it is seen to be there and to be gone. */
async function underFault(type: string, params: Record<string, unknown>, look: () => Promise<void>): Promise<void> {
  await using _lock = await platform.lock('a-run', within());
  const fault = bound(type, params);
  expect((await fault.observe(within())).state).toBe('none');
  await platform.register.record({ fault: 'damage', run: 'r', undo: fault.undo }, 120_000, within());
  await fault.inject(within());
  expect((await fault.observe(within())).state).toBe('full');
  try {
    await look();
  } finally {
    expect((await platform.register.undo('damage', within())).map(({ ok, error }) => [ok, error])).toEqual([
      [true, ''],
    ]);
  }
  expect((await fault.observe(within())).state).toBe('none');
}

test('a graph that nobody damaged is whole at every site, and the same at each', async () => {
  expect([...(await census()).values()].flat()).toEqual([]);
  await write('gremlin', TRANSACTIONS);
  await vi.waitFor(async () => expect(compareSites(await census())).toEqual([]), { timeout: 30_000, interval: 1_000 });
  for (const entries of (await census()).values()) {
    expect(inspect(entries)).toEqual({
      vertices: 2 * TRANSACTIONS,
      edges: TRANSACTIONS,
      transactions: TRANSACTIONS,
      whole: TRANSACTIONS,
      purses: 0,
      customers: 0,
      anomalies: [],
    });
  }
});

const KINDS: readonly [what: string, finds: readonly AnomalyKind[]][] = [
  ['half-edge', ['one-ended-edge', 'partial-transaction']],
  ['vertex', ['dangling-edge', 'index-without-element', 'partial-transaction']],
  ['existence', ['dangling-edge', 'ghost-vertex', 'index-without-element', 'partial-transaction']],
  ['index-entry', ['element-without-index', 'partial-transaction']],
];

test.each(KINDS)('%s: as many as were damaged, at every site, and none once they are put back', async (what, finds) => {
  await underFault('graph-damage', { what, count: DAMAGED }, async () => {
    const bySite = await census();
    expect([...bySite.keys()].sort()).toEqual([...SITES].sort());
    for (const entries of bySite.values()) {
      const { anomalies, whole } = inspect(entries);
      const counts = Object.fromEntries(
        [...Map.groupBy(anomalies, ({ kind }) => kind)].map(([kind, of]) => [kind, of.length]),
      );
      expect(counts).toEqual(Object.fromEntries(finds.map((kind) => [kind, expect.any(Number)])));
      const keys = new Set(anomalies.map(({ key }) => key));
      // Two vertices of one transaction may be among those of the index.
      expect(keys.size).toBeLessThanOrEqual(DAMAGED);
      expect(whole).toBe(TRANSACTIONS - keys.size);
      for (const kind of finds.filter((one) => one !== 'partial-transaction')) expect(counts[kind]).toBe(DAMAGED);
    }
    expect(compareSites(bySite)).toEqual([]);
  });
  for (const entries of (await census()).values())
    expect(inspect(entries)).toMatchObject({ whole: TRANSACTIONS, anomalies: [] });
});

test('flipped bytes of the ledger cannot be read in Paris, can in London, and are back after the undo', async () => {
  const writes = await write('cql', LEDGER_ROWS);
  const readBack = async (site: string): Promise<Readonly<Record<string, number>>> => {
    const target = targetOf('cql', site);
    const job = { type: 'read-back', target, stage: 'at-failover', fault: 'x', writes } as const;
    const { counts = {} } = await reader.run(
      { ...job, rate: 100_000, withinMs: 60_000, attempts: 1, alone: true },
      within(),
    );
    return counts;
  };
  expect(await readBack('paris')).toEqual({ present: LEDGER_ROWS });
  await underFault('sstable-corruption', { table: 'ledger', places: 20 }, async () => {
    const { unreadable = 0, present = 0, ...others } = await readBack('paris');
    expect(others).toEqual({});
    expect(unreadable).toBeGreaterThan(0);
    expect(unreadable + present).toBe(LEDGER_ROWS);
    expect(await readBack('london')).toEqual({ present: LEDGER_ROWS });
  });
  expect(await readBack('paris')).toEqual({ present: LEDGER_ROWS });
});

test('damage that nobody renews is put back by the platform', async () => {
  const fault = bound('graph-damage', { what: 'half-edge', count: 3 });
  await platform.register.record({ fault: 'damage', run: 'r', undo: fault.undo }, 3_000, within());
  await fault.inject(within());
  await vi.waitFor(async () => expect(await platform.register.list(within())).toEqual([]), { timeout: 60_000 });
  expect(await platform.abilities.storage?.inForce(within())).toEqual([]);
  for (const entries of (await census()).values()) expect(inspect(entries).anomalies).toEqual([]);
});

test('damage whose undo nobody recorded is refused', async () => {
  const fault = bound('graph-damage', { what: 'half-edge', count: 3 });
  await expect(fault.inject(within())).rejects.toThrow('no fault in the register would undo this');
});

/* From here on nothing is put back: what comes back after a cleanup would be in the way of the next one. */
const CLEANUPS = KINDS.flatMap(([what]) => (['JanusGraph', 'the store'] as const).map((by) => [what, by] as const));

test.each(CLEANUPS)(
  '%s: what lacks a part is cleaned up by %s, at every site, and nothing else is',
  async (what, by) => {
    const targets = SITES.map((site) => targetOf('gremlin', site));
    const cleanUp = async (writes: readonly { key: string; seq: number }[]): Promise<void> => {
      await using other = by === 'JanusGraph' ? null : spawnTestReader(STRIKING);
      expect(await (other ?? reader).run({ type: 'cleanup', targets, writes, mayScan: true }, within())).toMatchObject({
        left: 0,
      });
    };
    const sitesHave = async (expected: ReadonlySet<string>): Promise<void> => {
      await vi.waitFor(
        async () => {
          const bySite = await census();
          for (const site of SITES) {
            const entries = bySite.get(site) ?? [];
            expect(inspect(entries).anomalies).toEqual([]);
            expect(new Set(entries.map(({ key }) => key.split('#')[0]))).toEqual(expected);
          }
        },
        { timeout: 30_000, interval: 500 },
      );
    };
    await cleanUp(keysOf('gremlin', TRANSACTIONS));
    await using _lock = await platform.lock('a-run', within());
    const writes = await write('gremlin', 2 * DAMAGED);
    await vi.waitFor(async () => expect(compareSites(await census())).toEqual([]), { timeout: 30_000, interval: 500 });
    const id = `damage-${what}-${by === 'JanusGraph' ? 1 : 2}`;
    const fault = bound('graph-damage', { what, count: DAMAGED }, id);
    await platform.register.record({ fault: id, run: 'r', undo: fault.undo }, 1_800_000, within());
    await fault.inject(within());
    expect((await fault.observe(within())).state).toBe('full');
    const damaged = new Set(inspect((await census()).get('paris') ?? []).anomalies.map(({ key }) => key));
    expect(damaged.size).toBeGreaterThan(0);
    await cleanUp(writes.filter(({ key }) => damaged.has(key)));
    const whole = writes.filter(({ key }) => !damaged.has(key));
    await sitesHave(new Set(whole.map(({ key }) => key)));
    await cleanUp(whole);
    await sitesHave(new Set());
  },
);

/** Of these, each is enrolled in Paris and in London: some before the sites are apart, and the same again meanwhile with others. */
const KNOWN = 2;
const NEW = 3;

test('two sites that are apart make the same customers under one unique index: each of these is found twice, everywhere', async () => {
  const enrolments = (service: string, count: number) =>
    Array.from({ length: count }, (_, n) => ({ key: `${RUN}/customers.${service}.outside/${2 * n}`, seq: 2 * n }));
  const enrol = async (site: string, writes: readonly { key: string; seq: number }[]): Promise<void> => {
    for (const one of writes) {
      const target = targetOf('customers', site);
      const { served, detail } = await reader.run({ type: 'served', target, write: one }, within());
      if (!served) throw new Error(`${one.key} in ${site}: ${detail}`);
    }
  };
  const branch = enrolments('branch', KNOWN + NEW);
  const online = enrolments('online', KNOWN + NEW);
  await using _lock = await platform.lock('a-run', within());
  await enrol('paris', branch.slice(0, KNOWN));
  await vi.waitFor(
    async () =>
      expect([...(await census('customers')).values()].map((entries) => entries.map(({ value }) => value))).toEqual(
        SITES.map(() => Array(KNOWN).fill('found')),
      ),
    LONG,
  );
  const fault = bound('partition-site', { from: 'all', direction: 'both', clients: 'kept' });
  await platform.register.record({ fault: 'apart', run: 'r', undo: fault.undo }, 240_000, within());
  await fault.inject(within());
  await vi.waitFor(async () => expect((await fault.observe(within())).state).toBe('full'), LONG);
  await enrol('paris', branch.slice(KNOWN));
  await enrol('london', online);
  expect((await platform.register.undo('apart', within())).map(({ ok }) => ok)).toEqual([true]);
  const numbers = (n: number): string => `${RUN}/customer/${n}`;
  const expected = Array.from({ length: NEW }, (_, n) => numbers(KNOWN + n));
  await vi.waitFor(async () => {
    for (const entries of (await census('customers')).values()) {
      const { anomalies } = inspect(entries);
      const of = (kind: AnomalyKind): string[] => anomalies.filter((one) => one.kind === kind).map(({ key }) => key);
      expect([of('number-twice').sort(), of('hidden-customer').sort()]).toEqual([expected, expected]);
      expect(entries).toHaveLength(KNOWN + 2 * NEW);
    }
  }, LONG);
  const targets = SITES.map((site) => targetOf('customers', site));
  const writes = [...branch, ...online];
  expect(await reader.run({ type: 'cleanup', targets, writes, mayScan: true }, within())).toMatchObject({ left: 0 });
});

// The last one: what reads whole tables at once fails from here on.
test('what was deleted before, more than one read may meet, is in the way of neither census nor cleanup', async () => {
  const london = targetOf('cql', 'london').site;
  const [at] = london.endpoints.cassandra;
  const [file = '', ...args] = [...platform.place('outside'), process.execPath, DELETIONS];
  await promisify(execFile)(file, [...args, at?.host ?? '', `${at?.port}`, london.datacenter, `${DELETIONS_COUNT}`]);
  await using _lock = await platform.lock('a-run', within());
  const writes = await write('gremlin', TRANSACTIONS);
  await vi.waitFor(
    async () => {
      const bySite = await census();
      for (const site of SITES)
        expect(new Set(bySite.get(site)?.map(({ key }) => key.split('#')[0]))).toEqual(
          new Set(writes.map(({ key }) => key)),
        );
    },
    { timeout: 60_000, interval: 1_000 },
  );
  await using striking = spawnTestReader(STRIKING);
  const targets = SITES.map((site) => targetOf('gremlin', site));
  expect(await striking.run({ type: 'cleanup', targets, writes, mayScan: true }, within())).toMatchObject({ left: 0 });
});
