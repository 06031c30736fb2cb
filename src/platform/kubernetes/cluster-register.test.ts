import { expect, onTestFinished, test } from 'vitest';
import type { Undo } from '../undo.ts';
import { ClusterRegister } from './cluster-register.ts';
import { GraphSite } from './graph-site.ts';
import { heal } from './healer.ts';
import { renewLease } from './leases.ts';
import { HEALER_LEASE, RUN_LEASE } from './names.ts';
import { FakeApiServer } from './testing-api-server.ts';

const within = (): AbortSignal => AbortSignal.timeout(30_000);
const SET = '/apis/apps/v1/namespaces/bank/statefulsets';
const FAULTS = '/api/v1/namespaces/bank/configmaps';
const COMPONENTS = {
  cassandra: { selector: 'app=cassandra', service: 'cassandra', port: 9042 },
  janusgraph: { selector: 'app=janusgraph', service: 'janusgraph', port: 8182 },
};
const undoAt = (site: string): Undo<'processes'> => ({
  kind: 'processes',
  params: { site, components: ['janusgraph', 'cassandra'] },
});

/** A site with a cluster of its own, in which a healer says that it is at work. */
async function siteAt(name: string): Promise<{ server: FakeApiServer; site: GraphSite }> {
  const server = await FakeApiServer.start();
  onTestFinished(() => server[Symbol.asyncDispose]());
  server.graphSite();
  const cluster = server.cluster(name);
  const site = new GraphSite(
    { name, datacenter: `${name}-dc`, context: name, namespace: 'bank', networks: [] },
    cluster,
    {
      components: COMPONENTS,
      reach: 'node-port',
      knock: ['knock'],
    },
  );
  const beat = setInterval(() => void renewLease(cluster, HEALER_LEASE, 'healer', within()).catch(() => {}), 100);
  onTestFinished(() => clearInterval(beat));
  await renewLease(cluster, RUN_LEASE, 'run1', within());
  return { server, site };
}

test('a fault stands in the cluster that it strikes before anything happens, and goes when its undo is done', async () => {
  const paris = await siteAt('paris');
  const london = await siteAt('london');
  const register = new ClusterRegister([paris.site, london.site], () => {});
  await register.record({ fault: 'loss', run: 'run1', undo: [undoAt('paris')] }, 10_000, within());
  expect(london.server.list(FAULTS)).toEqual([]);
  const [stored] = paris.server.list(FAULTS);
  expect(JSON.parse(stored?.data.fault).steps).toEqual([
    // What needs the other comes after it, whatever the order of the undo.
    {
      kind: 'processes',
      undo: undoAt('paris'),
      workloads: [
        { name: 'cassandra', replicas: 1 },
        { name: 'janusgraph', replicas: 1 },
      ],
    },
  ]);
  expect(await register.list(within())).toMatchObject([{ fault: 'loss', run: 'run1', undo: [undoAt('paris')] }]);
  await register.require('paris', ['cassandra'], within());
  await paris.site.end(['cassandra', 'janusgraph'], 0, within());
  expect((await paris.site.observe(within())).map(({ state }) => state)).toEqual(['stopped', 'stopped']);
  // Another machine finds it without having recorded it.
  const other = new ClusterRegister([paris.site, london.site], () => {});
  expect((await other.undo('loss', within())).map(({ ok }) => ok)).toEqual([true]);
  expect((await paris.site.observe(within())).map(({ state }) => state)).toEqual(['ready', 'ready']);
  expect(paris.server.list(FAULTS)).toEqual([]);
  expect(await other.undo('loss', within())).toEqual([]);
});

test('nothing is recorded by a run that does not hold the site, without a healer, or for what the platform cannot undo', async () => {
  const { server, site } = await siteAt('paris');
  const register = new ClusterRegister([site], () => {});
  const record = (run: string, undo: Undo): Promise<void> =>
    register.record({ fault: 'loss', run, undo: [undo] }, 10_000, within());
  await expect(record('run2', undoAt('paris'))).rejects.toThrow('bank (context paris) is in use by run run1 any more');
  await expect(record('run1', { kind: 'names', params: { id: 'loss' } })).rejects.toThrow('cannot undo names');
  await record('run1', undoAt('paris'));
  await expect(record('run1', undoAt('paris'))).resolves.toBeUndefined();
  await expect(
    new ClusterRegister([site], () => {}).record(
      { fault: 'loss', run: 'recover', undo: [undoAt('paris')] },
      1,
      within(),
    ),
  ).rejects.toThrow('loss is in force already');
  server.answer = (method, path) => (method === 'PATCH' && path.endsWith(HEALER_LEASE) ? { status: 404 } : null);
  await expect(
    new ClusterRegister([site], () => {}).record({ fault: 'other', run: 'run1', undo: [undoAt('paris')] }, 1, within()),
  ).rejects.toThrow('no healer is at work in the namespace bank (context paris)');
  expect(server.list(FAULTS)).toHaveLength(1);
  // What only starts what is down needs nobody who would undo it.
  const recovering = { fault: 'recover-paris', run: 'recover', undo: [undoAt('paris')] };
  await new ClusterRegister([site], () => {}).record(recovering, 1, within());
});

test('what cannot be recorded everywhere is recorded nowhere', async () => {
  const paris = await siteAt('paris');
  const london = await siteAt('london');
  london.server.answer = (method, path) => (method === 'POST' && path === FAULTS ? { status: 403 } : null);
  const register = new ClusterRegister([paris.site, london.site], () => {});
  const undo = [undoAt('paris'), undoAt('london')];
  await expect(register.record({ fault: 'loss', run: 'run1', undo }, 10_000, within())).rejects.toThrow('403');
  expect(paris.server.list(FAULTS)).toEqual([]);
});

test('an undo that fails at one site is done at the other, and is said not to be done everywhere', async () => {
  const paris = await siteAt('paris');
  const london = await siteAt('london');
  const register = new ClusterRegister([paris.site, london.site], () => {});
  await register.record({ fault: 'loss', run: 'run1', undo: [undoAt('paris'), undoAt('london')] }, 10_000, within());
  await london.site.end(['cassandra'], 0, within());
  paris.server.answer = () => ({ status: 403 });
  await expect(register.undo('loss', within())).rejects.toThrow('loss may not be undone everywhere');
  expect((await london.site.observe(within())).map(({ state }) => state)).toEqual(['ready', 'ready']);
  expect(london.server.list(FAULTS)).toEqual([]);
  paris.server.answer = () => null;
  expect((await register.undo('loss', within())).map(({ ok }) => ok)).toEqual([true]);
});

test('the healer leaves alone what is renewed, undoes what is not, and its harness learns of it', async () => {
  const { server, site } = await siteAt('paris');
  const lapsed: string[] = [];
  const register = new ClusterRegister([site], (fault) => lapsed.push(fault));
  const over = new AbortController();
  onTestFinished(() => over.abort());
  const said: string[] = [];
  void heal(site.cluster, 'healer', (line) => said.push(line), over.signal);
  await register.record({ fault: 'loss', run: 'run1', undo: [undoAt('paris')] }, 2_500, within());
  await site.end(['cassandra', 'janusgraph'], 0, within());
  for (let n = 0; n < 8; n += 1) {
    await register.renew(['loss'], 2_500, within());
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  expect(said).toEqual([]);
  await expect.poll(() => server.list(FAULTS), { timeout: 15_000 }).toEqual([]);
  expect(said).toEqual(['undoing loss of run run1, which nobody renewed for 2500 ms', 'loss is undone']);
  expect(server.get(`${SET}/cassandra`)?.spec.replicas).toBe(1);
  await register.renew(['loss'], 2_500, within());
  expect(lapsed).toEqual(['loss']);
  // Nothing is made any more under a fault that is gone.
  await expect(register.require('paris', ['cassandra'], within())).rejects.toThrow('no fault in paris would undo this');
});

test('the healer goes on when the API server comes back, and when an undo fails', async () => {
  const { server, site } = await siteAt('paris');
  const register = new ClusterRegister([site], () => {});
  await register.record({ fault: 'loss', run: 'run1', undo: [undoAt('paris')] }, 500, within());
  await site.end(['cassandra'], 0, within());
  const over = new AbortController();
  onTestFinished(() => over.abort());
  const said: string[] = [];
  server.answer = (method, path) => {
    if (said.length === 0) return { status: 401 };
    return said.length < 4 && method === 'PATCH' && path.startsWith(SET) ? { status: 422, message: 'no' } : null;
  };
  void heal(site.cluster, 'healer', (line) => said.push(line), over.signal);
  await expect.poll(() => said.at(-1), { timeout: 25_000 }).toBe('loss is undone');
  expect(said[0]).toContain('the faults cannot be seen');
  expect(said[1]).toBe('the faults can be seen again');
  expect(said.some((line) => line.startsWith('loss is not undone: processes: scaling cassandra'))).toBe(true);
});

test('a fault that cannot be read keeps nobody from undoing the others, and is named until somebody has looked at it', async () => {
  const { server, site } = await siteAt('paris');
  const register = new ClusterRegister([site], () => {});
  await register.record({ fault: 'loss', run: 'run1', undo: [undoAt('paris')] }, 500, within());
  const labels = server.list(FAULTS)[0]?.metadata.labels as Record<string, string>;
  server.put(`${FAULTS}/drill-fault-newer`, { metadata: { labels }, data: { fault: '{"schema":2}', renewal: '' } });
  await site.end(['cassandra'], 0, within());
  const over = new AbortController();
  onTestFinished(() => over.abort());
  const said: string[] = [];
  void heal(site.cluster, 'healer', (line) => said.push(line), over.signal);
  await expect.poll(() => said.at(-1), { timeout: 20_000 }).toBe('loss is undone');
  expect(said[0]).toBe('drill-fault-newer cannot be read: is it of another version? It is not undone here');
  expect((await register.list(within())).map(({ fault }) => fault)).toEqual(['drill-fault-newer']);
  expect(await register.undo('drill-fault-newer', within())).toEqual([]);
});

test('what needs a database that does not get ready is scaled up all the same', async () => {
  const { server, site } = await siteAt('paris');
  const register = new ClusterRegister([site], () => {});
  await register.record({ fault: 'loss', run: 'run1', undo: [undoAt('paris')] }, 60_000, within());
  await site.end(['cassandra', 'janusgraph'], 0, within());
  server.ready = false;
  const [result] = await register.undo('loss', AbortSignal.timeout(1_500));
  expect(result).toMatchObject({ ok: false, error: expect.stringContaining('cassandra (context paris): 0 of 1') });
  expect(server.get(`${SET}/janusgraph`)?.spec.replicas).toBe(1);
  expect(server.list(FAULTS)).toHaveLength(1);
});
