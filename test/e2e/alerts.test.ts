import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type ReaderHandle, spawnReader, spawnWatcher } from '../../src/client/spawn.ts';
import type { WatcherEvent } from '../../src/detect/protocol.ts';
import { loadLocalConfig, withComponents } from '../../src/platform/local/config.ts';
import type { Platform } from '../../src/platform/platform.ts';
import { startTestPlatform } from './support/local-platform.ts';
import { placedFetch } from './support/placed-fetch.ts';

/* Prometheus and Alertmanager of two sites, real: what the probes write is there and gone again, and the end of one raises the right alert, and no other. */
const RUN = '20260131T120000Z-monito';
const LONG_MS = 300_000;
const LONG = { timeout: LONG_MS, interval: 250 };
const long = (): AbortSignal => AbortSignal.timeout(LONG_MS);

const started = new AsyncDisposableStack();
let platform: Platform;
let reader: ReaderHandle;
const told: WatcherEvent[] = [];

beforeAll(async () => {
  const config = withComponents(loadLocalConfig(), ['prometheus', 'alertmanager']);
  const sites = config.sites.slice(0, 2);
  // Looked at more often: how long an alert takes is for the scenarios to measure.
  const fast = {
    prometheus: { ...config.prometheus, scrapeSeconds: 2 },
    alertmanager: { ...config.alertmanager, groupWaitSeconds: 1, groupIntervalSeconds: 1 },
  };
  const cassandra = { ...config.cassandra, commitLogDisk: '96m' };
  platform = started.use(await startTestPlatform({ ...config, ...fast, cassandra, sites })).platform;
  reader = started.use(
    spawnReader({
      place: platform.place('outside'),
      config: { run: RUN, originNs: String(process.hrtime.bigint()) },
      onRows: () => {},
    }),
  );
  const { pager: at } = platform.facts();
  if (!at) throw new Error('nobody is notified');
  const watcher = started.use(
    spawnWatcher({
      place: platform.place('outside'),
      config: {
        sites: platform.facts().sites.map((site) => planned(site)),
        ...{ health: null, driver: null },
        pager: { at, deadManMs: LONG_MS },
      },
      onEvent: (event) => told.push(event),
    }),
  );
  await watcher.ready;
});
afterAll(() => started.disposeAsync());

function planned({ name, datacenter, endpoints }: ReturnType<Platform['facts']>['sites'][number]) {
  const { prometheus = [], alertmanager = [] } = endpoints;
  return { name, datacenter, endpoints: { prometheus: [...prometheus], alertmanager: [...alertmanager] } };
}

function target(probe: string, at: number) {
  const site = platform.facts().sites[at];
  if (!site) throw new Error('no site');
  return { probe, site: planned(site), timeoutUs: 5_000_000, params: {} };
}

const reading = (probe: string, at: number, writes: readonly { key: string; seq: number }[]) =>
  ({
    ...({ type: 'read-back', stage: 'after-recovery' } as const),
    ...{ target: target(probe, at), fault: '', writes, rate: 100, withinMs: 60_000, attempts: 3, alone: true },
  }) as const;

const alarms = () =>
  told.flatMap((event) =>
    event.type !== 'ready' && event.alert ? [`${event.type} ${event.alert} ${event.site}`] : [],
  );

test.each([
  ['prometheus', 0],
  // Each knows what the other was told.
  ['alertmanager', 1],
])('%s: what is written stands there, is read back, and is gone after the cleanup', async (probe, other) => {
  const all = [0, 1].map((at) => target(probe, at));
  await reader.run({ type: 'prepare', targets: all }, long());
  const writes = Array.from({ length: 5 }, (_, seq) => ({ key: `${RUN}/${probe}/"${seq}".*`, seq }));
  for (const write of writes.slice(0, 4))
    expect(await reader.run({ type: 'served', target: target(probe, 0), write }, long())).toMatchObject({
      served: true,
    });
  const counts = async (at: number) => (await reader.run(reading(probe, at, writes), long())).counts;
  expect(await counts(0)).toEqual({ present: 4, absent: 1 });
  await vi.waitUntil(async () => (await counts(other))?.present === 4, LONG);
  await reader.run({ type: 'remove', target: target(probe, 0), writes: writes.slice(0, 1) }, long());
  expect(await counts(0)).toEqual({ present: 3, absent: 2 });
  expect(await reader.run({ type: 'cleanup', targets: all, writes }, long())).toMatchObject({ left: 0 });
  expect(await counts(0)).toEqual({ absent: 5 });
});

/** What a Prometheus answers to a query: each series by these labels, with its value. */
async function asked(at: number, query: string, labels: readonly string[]): Promise<Readonly<Record<string, number>>> {
  const [endpoint] = platform.facts().sites[at]?.endpoints.prometheus ?? [];
  const answer = await placedFetch(platform, endpoint, `/api/v1/query?query=${encodeURIComponent(query)}`);
  const { data } = answer as {
    readonly data: {
      readonly result: readonly { readonly metric: Record<string, string>; readonly value: [number, string] }[];
    };
  };
  return Object.fromEntries(
    data.result.map(({ metric, value }) => [labels.map((label) => metric[label]).join(' '), Number(value[1])]),
  );
}

test('each Prometheus knows of its own site how many SSTables there are and how much room the commit log has, and of no other', async () => {
  for (const [at, site] of ['paris', 'london'].entries()) {
    await vi.waitUntil(
      async () => Object.values(await asked(at, 'up', ['instance'])).filter(Boolean).length >= 6,
      LONG,
    );
    const rooms = 'node_filesystem_avail_bytes{mountpoint=~".*/commitlog"} / node_filesystem_size_bytes';
    const room = Object.entries(await asked(at, rooms, ['site']));
    expect(room).toEqual([[site, expect.closeTo(0.6, 0)]]);
    expect(room[0]?.[1]).toBeGreaterThan(0.1);
    const tables = await asked(at, 'max by (site, keyspace, table) (cassandra_table_live_sstables)', [
      'site',
      'keyspace',
      'table',
    ]);
    expect(tables[`${site} system local`]).toBeTypeOf('number');
    expect(Object.keys(tables).filter((one) => !one.startsWith(`${site} `))).toEqual([]);
    expect(Math.max(...Object.values(tables))).toBeLessThan(20);
  }
});

test('the end of both in one site raises an alert of each, and no other, and both are resolved after their start', async () => {
  const ended = { site: 'paris', components: ['prometheus', 'alertmanager'] } as const;
  const undo = [{ kind: 'processes', params: ended }] as const;
  await platform.register.record({ fault: 'f', run: 'r1', undo }, LONG_MS, long());
  await platform.abilities.processes?.end(ended, 0, long());
  await vi.waitUntil(() => alarms().length >= 2, LONG);
  expect(alarms().toSorted()).toEqual(['alarm AlertmanagerDown paris', 'alarm PrometheusDown paris']);
  expect((await platform.register.undo('f', long())).map(({ ok }) => ok)).not.toContain(false);
  await vi.waitUntil(() => alarms().length >= 4, LONG);
  expect(alarms().slice(2).toSorted()).toEqual(['clear AlertmanagerDown paris', 'clear PrometheusDown paris']);
});
