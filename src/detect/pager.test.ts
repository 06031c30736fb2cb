import { createServer } from 'node:net';
import { expect, test, vi } from 'vitest';
import type { Endpoint } from '../platform/platform.ts';
import { fakeHttpServer } from '../probes/testing-http-server.ts';
import { bePaged, DeadMan } from './pager.ts';
import type { WatcherEvent } from './protocol.ts';

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function pager({ standIn = false, prometheus = [] }: { standIn?: boolean; prometheus?: Endpoint[] } = {}) {
  const at = { host: '127.0.0.1', port: await freePort() };
  const told: WatcherEvent[] = [];
  const sites = ['paris', 'london'].map((name) => ({ name, datacenter: `${name}-dc`, endpoints: { prometheus } }));
  await bePaged({ at: { ...at, standIn, alerts: [] }, deadManMs: 3_600_000, sites }, (event) => told.push(event));
  const post = async (body: unknown): Promise<number> =>
    (
      await fetch(`http://${at.host}:${at.port}/`, {
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
      })
    ).status;
  return { told, post };
}

/** As an Alertmanager 0.25 posts it, shortened. */
const notice = (alerts: readonly object[]) => ({
  version: '4',
  groupKey: '{}:{}',
  status: 'firing',
  receiver: 'pager',
  alerts,
});
const alert = (over: object = {}, labels: object = {}) => ({
  status: 'firing',
  labels: { alertname: 'PrometheusDown', site: 'paris', component: 'prometheus', severity: 'critical', ...labels },
  annotations: {},
  startsAt: new Date(Date.now() - 5_000).toISOString(),
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: '',
  fingerprint: 'f1',
  ...over,
});

test('an alert is told once when it fires, however often it is notified, and once when it is resolved', async () => {
  const { told, post } = await pager();
  for (let n = 0; n < 3; n += 1) expect(await post(notice([alert()]))).toBe(200);
  await vi.waitFor(() => expect(told).toHaveLength(1));
  expect(told).toMatchObject([
    { type: 'alarm', alert: 'PrometheusDown', site: 'paris', component: 'prometheus', simulated: false },
  ]);
  const [first] = told;
  expect(first && 'failingForMs' in first && first.failingForMs).toBeGreaterThanOrEqual(5_000);
  expect(await post(notice([alert({ status: 'resolved' }), alert({ fingerprint: 'f2' }, { site: 'london' })]))).toBe(
    200,
  );
  await vi.waitFor(() => expect(told).toHaveLength(3));
  expect(told.slice(1)).toMatchObject([
    { type: 'clear', site: 'paris' },
    { type: 'alarm', site: 'london' },
  ]);
  // Resolved before it was ever told: nothing changes.
  await post(notice([alert({ status: 'resolved', fingerprint: 'f3' })]));
  expect(told).toHaveLength(3);
});

test('what an alert does not say is not made up', async () => {
  const { told, post } = await pager();
  await post(notice([{ ...alert(), labels: { alertname: 'Odd', component: 'toString' } }]));
  await vi.waitFor(() => expect(told).toHaveLength(1));
  expect(told).toMatchObject([{ alert: 'Odd', site: '', component: null }]);
});

test('what is no notice is refused, and the next one is heard', async () => {
  const { told, post } = await pager();
  for (const wrong of ['', '{', '[]', '{"alerts":[{"status":"firing"}]}', { alerts: [alert({ startsAt: 'soon' })] }])
    expect(await post(wrong)).toBe(400);
  expect(await post(`{"alerts":"${'x'.repeat(5_000_000)}"}`)).toBe(400);
  expect(told).toEqual([]);
  expect(await post(notice([alert()]))).toBe(200);
  await vi.waitFor(() => expect(told).toHaveLength(1));
});

test('the alert that always fires is told of by nobody, as long as it comes', async () => {
  const { told, post } = await pager();
  const watchdog = alert({}, { alertname: 'Watchdog' });
  for (let n = 0; n < 2; n += 1) await post(notice([watchdog]));
  expect(told).toEqual([]);
  await post(notice([{ ...watchdog, status: 'resolved' }]));
  expect(told).toMatchObject([{ type: 'alarm', site: 'paris', component: 'prometheus', simulated: true }]);
  expect(told[0]).not.toHaveProperty('alert');
  await post(notice([watchdog]));
  expect(told.slice(1)).toMatchObject([{ type: 'clear', site: 'paris' }]);
});

test('and is missed at each site on its own, once, after its time, also where it never came', () => {
  const told: WatcherEvent[] = [];
  const deadMan = new DeadMan(['paris', 'london'], 180_000, (event) => told.push(event), 0);
  deadMan.heard('paris', true, 100_000);
  deadMan.heard('elsewhere', false, 100_000);
  deadMan.check(180_000);
  expect(told).toEqual([]);
  deadMan.check(180_001);
  deadMan.check(200_000);
  expect(told).toMatchObject([{ type: 'alarm', site: 'london', simulated: true, failingForMs: 180_001 }]);
  deadMan.check(280_001);
  expect(told.slice(1)).toMatchObject([
    { type: 'alarm', site: 'paris', what: 'not heard for 180 s', failingForMs: 120_001 },
  ]);
  // One that came is missing since when it should have come again, which is within a minute.
  deadMan.heard('paris', true, 281_000);
  expect(told.slice(2)).toMatchObject([{ type: 'clear', site: 'paris' }]);
});

test('by rules of ours it is a stand-in, and it began when it was pending, where a Prometheus says so', async () => {
  const active = {
    labels: { alertname: 'PrometheusDown', site: 'paris' },
    activeAt: new Date(Date.now() - 65_000).toISOString(),
  };
  const of = (labels: object) => ({
    ...active,
    labels: { ...active.labels, ...labels },
    activeAt: new Date(0).toISOString(),
  });
  await using server = await fakeHttpServer(({ reply }) =>
    reply(200, { status: 'success', data: { alerts: [active, of({ site: 'london' }), of({ alertname: 'Other' })] } }),
  );
  await using silent = await fakeHttpServer(() => {});
  const prometheus = [server, silent].map(({ port }) => ({ host: '127.0.0.1', port }));
  const { told, post } = await pager({ standIn: true, prometheus });
  await post(notice([alert()]));
  await vi.waitFor(() => expect(told).toHaveLength(1));
  const [first] = told;
  expect(first).toMatchObject({ simulated: true, site: 'paris' });
  const failingForMs = first && 'failingForMs' in first ? (first.failingForMs ?? 0) : 0;
  expect(failingForMs).toBeGreaterThanOrEqual(65_000);
  expect(failingForMs).toBeLessThan(600_000);
});
