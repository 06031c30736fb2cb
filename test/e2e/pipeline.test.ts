import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type ReaderHandle, spawnReader } from '../../src/client/spawn.ts';
import type { BoundFault } from '../../src/faults/fault.ts';
import { faultType } from '../../src/faults/registry.ts';
import { loadLocalConfig, withComponents } from '../../src/platform/local/config.ts';
import { PIPELINE } from '../../src/platform/pipeline.ts';
import type { Platform } from '../../src/platform/platform.ts';
import { pipelineProbe } from '../../src/probes/pipeline.ts';
import type { EventOrders } from './support/events-main.ts';
import { startTestPlatform, type TestPlatform } from './support/local-platform.ts';
import { placedFetch } from './support/placed-fetch.ts';

/* From an event in a real Pulsar to its payment in a real JanusGraph, by a consumer between them: what is acknowledged arrives, once, whoever of the three is struck meanwhile. */
const EVENTS = fileURLToPath(new URL('./support/events-main.ts', import.meta.url));
const RUN = '20260131T120000Z-pipeline';
const LONG_MS = 240_000;
const LONG = { timeout: LONG_MS, interval: 250 };
const long = (): AbortSignal => AbortSignal.timeout(LONG_MS);

const started = new AsyncDisposableStack();
let up: TestPlatform;
let platform: Platform;
let reader: ReaderHandle;
let writes: { readonly key: string; readonly seq: number }[] = [];

beforeAll(async () => {
  const [paris = { name: 'paris', datacenter: 'paris-dc' }] = loadLocalConfig().sites;
  const config = withComponents(loadLocalConfig(), ['pulsar', 'consumer']);
  up = started.use(await startTestPlatform({ ...config, sites: [paris] }));
  platform = up.platform;
  reader = started.use(
    spawnReader({
      place: platform.place('outside'),
      config: { run: RUN, originNs: String(process.hrtime.bigint()) },
      onRows: () => {},
    }),
  );
  await reader.run({ type: 'prepare', targets: [target()] }, long());
});
afterAll(() => started.disposeAsync());

function target(timeoutUs = 20_000_000) {
  const [site] = platform.facts().sites;
  if (!site) throw new Error('no site');
  const { name, datacenter, endpoints } = site;
  const at = Object.fromEntries(Object.entries(endpoints).map(([component, places]) => [component, [...places]]));
  return {
    probe: 'pipeline',
    site: { name, datacenter, endpoints: at },
    timeoutUs,
    params: pipelineProbe.params.parse({}),
  };
}

function newWrites(count: number): typeof writes {
  const more = Array.from({ length: count }, (_, n) => ({
    key: `${RUN}/events/${writes.length + n}`,
    seq: writes.length + n,
  }));
  writes = [...writes, ...more];
  return more;
}

const topicAt = (path: string) => ({
  namespace: path.slice(0, path.lastIndexOf('/')),
  name: path.slice(path.lastIndexOf('/') + 1),
});

/** Sends events, and does not await them; all must be acknowledged. */
async function send(events: typeof writes, texts: readonly string[] = []): Promise<void> {
  const { probe, ...context } = target();
  const orders: EventOrders = {
    context: { run: RUN, ...context },
    topic: topicAt(PIPELINE.topic),
    writes: events,
    texts,
  };
  const [file = '', ...args] = [...platform.place('outside'), process.execPath, EVENTS, JSON.stringify(orders)];
  const { stdout } = await promisify(execFile)(file, args, { maxBuffer: 1 << 24 });
  expect(new Set(JSON.parse(stdout) as string[]), probe).toEqual(new Set(events.length === 0 ? [] : ['ok']));
}

/** What a site's Pulsar says. */
function asked(path: string): Promise<unknown> {
  return placedFetch(platform, target().site.endpoints.pulsar?.[0], path);
}

async function waiting(): Promise<number> {
  const { hints } = await reader.run({ type: 'pending-hints', target: target() }, long());
  expect(hints?.nodes).toBe(1);
  return hints?.files ?? Number.NaN;
}

async function counts(of: typeof writes) {
  const reading = {
    ...({ type: 'read-back', stage: 'after-recovery' } as const),
    ...{ target: target(), fault: '', writes: of, rate: 1_000, withinMs: 60_000, attempts: 3, alone: true },
  };
  return (await reader.run(reading, long())).counts;
}

async function inForce(type: string, params: Readonly<Record<string, unknown>>): Promise<BoundFault> {
  const planned = { ...{ id: `${type}-1`, type, site: 'paris', disaster: true, at_us: 0, for_us: 1 }, params };
  const fault = faultType(type).bind(planned as Parameters<ReturnType<typeof faultType>['bind']>[0], platform);
  await platform.register.record({ fault: `${type}-1`, run: 'r1', undo: fault.undo }, LONG_MS, long());
  await fault.inject(long());
  await vi.waitUntil(async () => (await fault.observe(long())).state === 'full', LONG);
  return fault;
}

async function undone(type: string, fault: BoundFault): Promise<void> {
  expect((await platform.register.undo(`${type}-1`, long())).map(({ ok }) => ok)).not.toContain(false);
  await vi.waitUntil(async () => (await fault.observe(long())).state === 'none', LONG);
}

test('an event arrives in the graph, is read back, and is gone after the cleanup', async () => {
  const mine = newWrites(5);
  for (const write of mine.slice(0, 4))
    expect(await reader.run({ type: 'served', target: target(), write }, long())).toMatchObject({ served: true });
  expect(await counts(mine)).toEqual({ present: 4, absent: 1 });
  await reader.run({ type: 'remove', target: target(), writes: mine.slice(0, 1) }, long());
  expect(await counts(mine)).toEqual({ present: 3, absent: 2 });
  expect(await reader.run({ type: 'cleanup', targets: [target()], writes: mine }, long())).toMatchObject({ left: 0 });
  expect(await counts(mine)).toEqual({ absent: 5 });
});

test.each([['kill'], ['pause']])(
  '%s of the consumer: what is acknowledged meanwhile waits, and arrives once',
  async (type) => {
    const before = newWrites(20);
    await send(before);
    await vi.waitUntil(async () => (await waiting()) === 0, LONG);
    const fault = await inForce(type, { component: 'consumer' });
    const during = newWrites(300);
    await send(during);
    expect(await waiting()).toBe(300);
    expect(await counts([...before, ...during])).toEqual({ present: 20, absent: 300 });
    const [write] = newWrites(1) as [(typeof writes)[number]];
    // Nothing of it comes within the time of an operation.
    const late = await reader.run({ type: 'served', target: target(1_500_000), write }, long());
    expect(late).toMatchObject({ served: false, detail: expect.stringContaining('write ok, read fail absent') });
    await undone(type, fault);
    await vi.waitUntil(async () => (await waiting()) === 0, LONG);
    expect(await counts([...before, ...during, write])).toEqual({ present: 321 });
  },
);

test('a consumer that dies over and over while it works applies no event twice, and loses none', async () => {
  const mine: typeof writes = [];
  let over = false;
  // As long as it dies, however fast it is: what is sent beforehand could all be applied before it dies again.
  const sending = (async () => {
    while (!over) {
      const some = newWrites(50);
      mine.push(...some);
      await send(some);
    }
  })();
  for (let n = 0; n < 3; n += 1) {
    const fault = await inForce('kill', { component: 'consumer' });
    await vi.waitUntil(async () => (await waiting()) > 0, LONG);
    await undone('kill', fault);
  }
  over = true;
  await sending;
  await vi.waitUntil(async () => (await waiting()) === 0, LONG);
  expect(mine.length).toBeGreaterThan(100);
  expect(await counts(mine)).toEqual({ present: mine.length });
});

test('while JanusGraph hangs, and after it was killed, events wait; each is there once in the end', async () => {
  for (const type of ['pause', 'kill']) {
    const fault = await inForce(type, { component: 'janusgraph' });
    const mine = newWrites(200);
    await send(mine);
    expect(await waiting()).toBeGreaterThan(0);
    await undone(type, fault);
    await vi.waitUntil(async () => (await waiting()) === 0, LONG);
    expect(await counts(mine), type).toEqual({ present: 200 });
  }
});

test('what is no payment is delivered four times, and then a dead letter; what came with it arrives', async () => {
  const mine = newWrites(10);
  const produced = async (): Promise<number> =>
    ((await asked(`/admin/v2/persistent/${PIPELINE.deadLetters}/stats`)) as { msgInCounter: number }).msgInCounter;
  const before = await produced();
  await send(mine, ['no payment', JSON.stringify({ id: 'x' })]);
  await vi.waitUntil(async () => (await produced()) === before + 2, LONG);
  await vi.waitUntil(async () => (await waiting()) === 0, LONG);
  expect(await counts(mine)).toEqual({ present: 10 });
});

test('a subscription that nobody has is no way for events', async () => {
  const nobody = { ...target(), params: pipelineProbe.params.parse({ subscription: 'nobody' }) };
  await expect(reader.run({ type: 'prepare', targets: [nobody] }, long())).rejects.toThrow(
    'has no subscription nobody',
  );
});

test('after the cleanup there is nothing left of all of it', async () => {
  expect(await reader.run({ type: 'cleanup', targets: [target()], writes }, long())).toMatchObject({ left: 0 });
  expect(await counts(writes)).toEqual({ absent: writes.length });
});
