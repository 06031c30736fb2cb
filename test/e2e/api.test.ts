import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type ReaderHandle, spawnReader } from '../../src/client/spawn.ts';
import type { BoundFault } from '../../src/faults/fault.ts';
import { faultType } from '../../src/faults/registry.ts';
import { loadLocalConfig, withComponents } from '../../src/platform/local/config.ts';
import type { Platform } from '../../src/platform/platform.ts';
import { startTestPlatform, type TestPlatform } from './support/local-platform.ts';

/* The Analytics API in front of a real JanusGraph: what the probe writes through it stands in the graph, and each fault strikes what it says and is gone after its undo. */
const RUN = '20260131T120000Z-apiapi';
const LONG_MS = 240_000;
const LONG = { timeout: LONG_MS, interval: 250 };
const long = (): AbortSignal => AbortSignal.timeout(LONG_MS);
const CLIENTS = 3;

const started = new AsyncDisposableStack();
let up: TestPlatform;
let platform: Platform;
let reader: ReaderHandle;

beforeAll(async () => {
  const [paris = { name: 'paris', datacenter: 'paris-dc' }] = loadLocalConfig().sites;
  const config = withComponents(loadLocalConfig(), ['api']);
  up = started.use(await startTestPlatform({ ...config, api: { ...config.api, clients: CLIENTS }, sites: [paris] }));
  platform = up.platform;
  for (const [name, value] of Object.entries(platform.credentials)) vi.stubEnv(name, value);
  reader = started.use(
    spawnReader({
      place: platform.place('outside'),
      config: { run: RUN, originNs: String(process.hrtime.bigint()) },
      onRows: (rows) => read.push(rows),
    }),
  );
});
afterAll(() => started.disposeAsync());

const read: string[] = [];

function target() {
  const [site] = platform.facts().sites;
  if (!site) throw new Error('no site');
  const auth = { username: 'drill', passwordEnv: 'DRILL_API_PASSWORD' };
  const { name, datacenter, endpoints } = site;
  const at = { api: [...(endpoints.api ?? [])], cassandra: [], janusgraph: [...endpoints.janusgraph] };
  return {
    probe: 'api',
    site: { name, datacenter, endpoints: at },
    timeoutUs: 5_000_000,
    params: { auth, clients: CLIENTS },
  };
}

/** What the API answers to a request of one of its clients, from outside. */
async function asked(path: string, { account = 'drill-1', body }: { account?: string; body?: object } = {}) {
  const [endpoint] = target().site.endpoints.api ?? [];
  const script = `const [, url, authorization, body] = process.argv;
    const answer = await fetch(url, { headers: { authorization, 'content-type': 'application/json' }, ...(body && { method: 'POST', body }) });
    process.stdout.write(JSON.stringify({ status: answer.status, body: await answer.json().catch(() => null) }));`;
  const authorization = `Basic ${Buffer.from(`${account}:${platform.credentials.DRILL_API_PASSWORD}`).toString('base64')}`;
  const { execFile } = await import('node:child_process');
  const [file = '', ...args] = [
    ...platform.place('outside'),
    ...[process.execPath, '--input-type=module', '-e', script],
    ...[`http://${endpoint?.host}:${endpoint?.port}${path}`, authorization, body ? JSON.stringify(body) : ''],
  ];
  return new Promise<{ status: number; body: unknown }>((resolve, reject) =>
    execFile(file, args, (error, stdout) => (error ? reject(error) : resolve(JSON.parse(stdout)))),
  );
}

async function inForce(type: string, params: Readonly<Record<string, unknown>> = {}): Promise<BoundFault> {
  const planned = { ...{ id: `${type}-1`, type, site: 'paris', disaster: true, at_us: 0, for_us: 1 }, params };
  const fault = faultType(type).bind(planned as Parameters<ReturnType<typeof faultType>['bind']>[0], platform);
  expect((await fault.observe(long())).state).toBe('none');
  await platform.register.record({ fault: `${type}-1`, run: 'r1', undo: fault.undo }, LONG_MS, long());
  await fault.inject(long());
  await vi.waitUntil(async () => (await fault.observe(long())).state === 'full', LONG);
  return fault;
}

async function undone(type: string, fault: BoundFault): Promise<void> {
  expect((await platform.register.undo(`${type}-1`, long())).map(({ ok }) => ok)).not.toContain(false);
  await vi.waitUntil(async () => (await fault.observe(long())).state === 'none', LONG);
}

async function stateOf(component: string): Promise<string | undefined> {
  const states = (await platform.abilities.processes?.observe(long())) ?? [];
  return states.find((one) => one.component === component)?.state;
}

test('what is written through it stands in the graph, is read back, and is gone after the cleanup', async () => {
  await reader.run({ type: 'prepare', targets: [target()] }, long());
  const writes = Array.from({ length: 5 }, (_, seq) => ({ key: `${RUN}/payments/${seq}`, seq }));
  for (const write of writes.slice(0, 4))
    expect(await reader.run({ type: 'served', target: target(), write }, long())).toMatchObject({ served: true });
  const reading = {
    ...({ type: 'read-back', stage: 'after-recovery' } as const),
    ...{ target: target(), fault: '', writes, rate: 100, withinMs: 60_000, attempts: 3, alone: true },
  };
  expect((await reader.run(reading, long())).counts).toEqual({ present: 4, absent: 1 });
  // Behind its back, as the canary does it.
  await reader.run({ type: 'remove', target: target(), writes: writes.slice(0, 1) }, long());
  expect((await reader.run(reading, long())).counts).toEqual({ present: 3, absent: 2 });
  expect(await asked(`/v1/transactions/${encodeURIComponent(`${RUN}/payments/3`)}`)).toMatchObject({
    status: 200,
    body: { id: `${RUN}/payments/3`, payer: `${RUN}/payments/3#payer`, amount: 3 },
  });
  expect(await reader.run({ type: 'cleanup', targets: [target()], writes }, long())).toMatchObject({ left: 0 });
  expect((await reader.run(reading, long())).counts).toEqual({ absent: 5 });
});

test('what it is asked wrongly it refuses, and says so', async () => {
  const body = { id: 'x', payer: 'a', payee: 'b', amount: -1, reference: 'of a test' };
  expect(await asked('/v1/transactions', { body })).toMatchObject({ status: 400 });
  expect(await asked('/v1/transactions', { body: { ...body, amount: 1, more: 1 } })).toMatchObject({ status: 400 });
  expect(await asked('/v1/transactions/nothing')).toMatchObject({ status: 404 });
  expect(await asked('/health')).toMatchObject({ status: 200, body: { serves: true } });
});

test('its account is asked for, and only what it may', async () => {
  expect((await asked('/v1/quota', { account: 'nobody' })).status).toBe(401);
  expect((await asked('/v1/quota', { account: 'observer' })).status).toBe(200);
});

test.each([['kill'], ['pause']])('%s', async (type) => {
  const fault = await inForce(type, { component: 'api' });
  expect([await stateOf('cassandra'), await stateOf('janusgraph')]).toEqual(['ready', 'ready']);
  await undone(type, fault);
  expect(await stateOf('api')).toBe('ready');
  expect((await asked('/health')).status).toBe(200);
});

test('behind a JanusGraph that hangs it says so in time, and sends nothing of it later', async () => {
  const fault = await inForce('pause', { component: 'janusgraph' });
  const body = { id: 'late', payer: 'late#payer', payee: 'late#payee', amount: 1, reference: 'of a test' };
  const said = await Promise.all([1, 2, 3].map(() => asked('/v1/transactions', { body })));
  expect(said.map(({ status }) => status)).toEqual([504, 504, 504]);
  await undone('pause', fault);
  await vi.waitUntil(async () => (await asked('/health')).status === 200, LONG);
  // What was under way on the connection that was open may have been done, at most once for each; the same once more is no other.
  expect([200, 201]).toContain((await asked('/v1/transactions', { body })).status);
});

test('the password is another one while it is revoked, also for an API that was started meanwhile, and the right one again', async () => {
  const fault = await inForce('credentials-revoked');
  expect((await asked('/v1/quota')).status).toBe(401);
  const target = { site: 'paris', components: ['api'] } as const;
  const undo = [{ kind: 'processes', params: target }] as const;
  await platform.register.record({ fault: 'left', run: 'r1', undo }, LONG_MS, long());
  await platform.abilities.processes?.end(target, 0, long());
  await platform.register.undo('left', long());
  expect((await fault.observe(long())).state).toBe('full');
  await undone('credentials-revoked', fault);
  expect((await asked('/v1/quota')).status).toBe(200);
});

test('a quota that is used up is back a minute after the end at the latest', async () => {
  const fault = await inForce('rate-limit');
  expect((await asked('/v1/quota', { account: 'drill-2' })).status).toBe(429);
  // Who is no client of ours is not touched.
  expect((await asked('/v1/quota', { account: 'observer' })).status).toBe(200);
  await undone('rate-limit', fault);
  await vi.waitUntil(async () => (await asked('/v1/quota', { account: 'drill-2' })).status === 200, LONG);
});

test('nobody renews them: the dead-man undoes both', async () => {
  const { quotas, signIn } = platform.abilities;
  const undo = [
    { kind: 'quota', params: { id: 'left' } },
    { kind: 'sign-in', params: { id: 'left' } },
  ] as const;
  await platform.register.record({ fault: 'left', run: 'r1', undo }, 2_000, long());
  await quotas?.exhaust('left', ['paris'], long());
  await signIn?.revoke('left', ['paris'], long());
  await vi.waitUntil(async () => (await platform.register.list(long())).length === 0, LONG);
  expect([await quotas?.inForce(long()), await signIn?.inForce(long())]).toEqual([[], []]);
  await vi.waitUntil(async () => (await signIn?.observe(['paris'], long()))?.[0]?.status === 200, LONG);
});

test('an API that is not there cannot be struck', async () => {
  await platform.register.record(
    { fault: 'f', run: 'r1', undo: [{ kind: 'quota', params: { id: 'f' } }] },
    LONG_MS,
    long(),
  );
  await expect(platform.abilities.quotas?.exhaust('f', ['london'], long())).rejects.toThrow('london has no API');
  await platform.register.undo('f', long());
});
