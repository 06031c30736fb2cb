import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { parseAttempt } from '../history/history-csv.ts';
import { type Attempt, CANARY_SERVICE } from '../history/operation.ts';
import { isWrite, slotIntendedUs } from '../history/timetable.ts';
import type { Service, Timetable } from '../scenario/plan.ts';
import type { ClientConfig, ClientEvent } from './protocol.ts';
import { type ClientHandle, spawnClient } from './spawn.ts';

const SCRIPT = fileURLToPath(new URL('./testing-client-main.ts', import.meta.url));
const WAIT = { timeout: 40_000, interval: 10 };

interface Running extends AsyncDisposable {
  readonly handle: ClientHandle;
  readonly rows: Attempt[];
  readonly events: ClientEvent[];
  readonly nowUs: () => number;
  /** The last `k` of a timetable, when it has ended. */
  last(timetable: number): Promise<number>;
}

const timetable = (over: Partial<Timetable> = {}): Timetable => ({
  probe: 'fake',
  service: '',
  site: 'paris',
  client: 'outside',
  rate: 200,
  timeout_us: 100_000,
  writes: ['write'],
  params: {},
  ...over,
});

const service = (sites: string[]): Service => ({
  probe: 'fake',
  sites,
  client: 'outside',
  rate: 200,
  timeout_us: 100_000,
  latency: null,
  params: {},
});

/** A client process with a probe that answers from memory, connected. */
async function start(timetables: readonly Timetable[], over: Partial<ClientConfig> = {}): Promise<Running> {
  const rows: Attempt[] = [];
  const events: ClientEvent[] = [];
  const originNs = process.hrtime.bigint();
  const names = new Set([
    ...timetables.map(({ site }) => site),
    ...Object.values(over.services ?? {}).flatMap((one) => one.sites),
  ]);
  const handle = spawnClient({
    place: [],
    script: SCRIPT,
    config: {
      client: 'outside',
      run: 'r',
      originNs: String(originNs),
      sites: [...names].map((name) => ({ name, datacenter: name, endpoints: {} })),
      timetables,
      services: {},
      failover: { after: 5, retry_us: 30_000_000, halfOpen: 1, failback: 'operator' },
      retry: null,
      canarySite: 'paris',
      inFlight: 1_000,
      ...over,
    },
    onRows: (text) => rows.push(...text.trimEnd().split('\n').map(parseAttempt)),
    onEvent: (event) => events.push(event),
  });
  await handle.ready;
  return {
    handle,
    rows,
    events,
    nowUs: () => Number((process.hrtime.bigint() - originNs) / 1000n),
    async last(index) {
      const found = await vi.waitFor(() => {
        const ended = events.find((event) => event.type === 'timetable-ended' && event.timetable === index);
        if (ended?.type !== 'timetable-ended') throw new Error('not ended yet');
        return ended.last;
      }, WAIT);
      await vi.waitFor(() => expect(new Set(rows.map(({ index: k }) => k)).size).toBeGreaterThan(found), WAIT);
      return found;
    },
    [Symbol.asyncDispose]: () => handle[Symbol.asyncDispose](),
  };
}

test('every operation has a row: intended on the dot, never sent before, none after the last', async () => {
  await using client = await start([timetable()]);
  const startUs = client.nowUs() + 50_000;
  client.handle.send({ type: 'start', starts: [{ timetable: 0, startUs }] });
  await vi.waitFor(() => expect(client.rows.length).toBeGreaterThan(40), WAIT);
  client.handle.send({ type: 'stop', timetables: [0] });
  const last = await client.last(0);
  const rows = client.rows.toSorted((a, b) => a.index - b.index);
  expect(rows.map(({ index }) => index)).toEqual(Array.from({ length: last + 1 }, (_, k) => k));
  for (const row of rows) {
    expect(row.intendedUs).toBe(slotIntendedUs(startUs, 200, row.index));
    expect(row.invokedUs).toBeGreaterThanOrEqual(row.intendedUs);
    expect(row.completedUs).toBeGreaterThanOrEqual(row.invokedUs);
    expect(row).toMatchObject({ outcome: 'ok', error: '', site: 'paris', f: isWrite(row.index) ? 'write' : 'read' });
  }
});

test('the stub refuses exactly what is invoked between its instants', async () => {
  await using client = await start([timetable()]);
  const startUs = client.nowUs() + 50_000;
  const [fromUs, toUs] = [startUs + 100_000, startUs + 200_000];
  client.handle.send({ type: 'gate', timetable: 0, gate: { mode: 'refuse' }, fromUs, toUs });
  client.handle.send({ type: 'start', starts: [{ timetable: 0, startUs }] });
  await vi.waitFor(() => expect(client.rows.length).toBeGreaterThan(60), WAIT);
  client.handle.send({ type: 'stop', timetables: [0] });
  await client.last(0);
  for (const { invokedUs, outcome, error } of client.rows) {
    const inside = invokedUs >= fromUs && invokedUs < toUs;
    expect(`${outcome} ${error}`.trim()).toBe(inside ? 'fail refused' : 'ok');
  }
});

test('what is too much is shed: a row, and nothing sent', async () => {
  await using client = await start([timetable({ site: 'paris-hangs' })], { inFlight: 2 });
  client.handle.send({ type: 'start', starts: [{ timetable: 0, startUs: client.nowUs() + 20_000 }] });
  await vi.waitFor(() => expect(client.rows.some(({ error }) => error === 'shed')).toBe(true), WAIT);
  client.handle.send({ type: 'stop', timetables: [0] });
  await client.last(0);
  const kinds = new Set(client.rows.map(({ f, outcome, error }) => `${f} ${outcome} ${error}`));
  expect(kinds).toContain('write info timeout');
  expect([...kinds].filter((kind) => kind.endsWith('shed')).every((kind) => kind.includes(' fail '))).toBe(true);
});

test('a service moves to the next site after five failures, says so, and comes back when it is told', async () => {
  await using client = await start([timetable({ service: 'ledger', site: '' })], {
    services: { ledger: service(['paris-refuses', 'london']) },
  });
  client.handle.send({ type: 'start', starts: [{ timetable: 0, startUs: client.nowUs() + 20_000 }] });
  await vi.waitFor(() => expect(client.rows.some(({ site }) => site === 'london')).toBe(true), WAIT);
  const moved = client.events.find(({ type }) => type === 'failover');
  expect(moved).toMatchObject({ data: { service: 'ledger', from: 'paris-refuses', to: 'london' } });
  expect(client.rows.filter(({ site }) => site === 'paris-refuses').length).toBeGreaterThanOrEqual(5);
  client.handle.send({ type: 'failback', service: 'ledger', to: 'paris-refuses' });
  await vi.waitFor(() => expect(client.events.map(({ type }) => type)).toContain('failback'), WAIT);
  client.handle.send({ type: 'stop', timetables: [0] });
  await client.last(0);
});

test('only a service tries again: an outage of a canary or of a site would be hidden behind its tries', async () => {
  const names = [CANARY_SERVICE, '', 'ledger'];
  await using client = await start(
    names.map((name) => timetable({ service: name, site: name === 'ledger' ? '' : 'paris-refuses' })),
    {
      services: { ledger: service(['paris-refuses']) },
      canarySite: 'paris-refuses',
      retry: { retries: 2, base_us: 1_000, max_us: 2_000 },
    },
  );
  const startUs = client.nowUs() + 20_000;
  client.handle.send({ type: 'start', starts: names.map((_, index) => ({ timetable: index, startUs })) });
  await vi.waitFor(() => expect(client.rows.length).toBeGreaterThan(100), WAIT);
  client.handle.send({ type: 'stop', timetables: names.map((_, index) => index) });
  for (const [index, name] of names.entries()) {
    const last = await client.last(index);
    // Rows and events come through different pipes.
    const rows = () => client.rows.filter((row) => row.service === name).length;
    await vi.waitFor(() => expect(rows()).toBe((last + 1) * (name === 'ledger' ? 3 : 1)), WAIT);
  }
});

test('at its end a client stops what still runs and says how it went', async () => {
  const client = await start([timetable()]);
  client.handle.send({ type: 'start', starts: [{ timetable: 0, startUs: client.nowUs() + 20_000 }] });
  await vi.waitFor(() => expect(client.rows.length).toBeGreaterThan(10), WAIT);
  client.handle.send({ type: 'end' });
  await client[Symbol.asyncDispose]();
  await client.handle.ended;
  const last = await client.last(0);
  expect(client.rows).toHaveLength(last + 1);
  const said = client.events.find((event) => event.type === 'client');
  expect(said).toMatchObject({ data: { client: 'outside', operations: last + 1 } });
});

test('when its standard input ends, a client is gone, whatever runs', async () => {
  const client = await start([timetable({ site: 'paris-hangs', timeout_us: 3_600_000_000 })]);
  client.handle.send({ type: 'start', starts: [{ timetable: 0, startUs: client.nowUs() }] });
  await client[Symbol.asyncDispose]();
  await expect(client.handle.ended).resolves.toBeUndefined();
  expect(client.events.map(({ type }) => type)).toEqual(['ready']);
});

test('a site that cannot be reached is said instead of ready', async () => {
  await expect(start([timetable({ site: 'paris-unreachable' })])).rejects.toThrow(
    'paris-unreachable cannot be reached',
  );
});

test('a probe that throws is a defect in a row, and the client goes on', async () => {
  await using client = await start([timetable({ site: 'paris-throws' })]);
  client.handle.send({ type: 'start', starts: [{ timetable: 0, startUs: client.nowUs() }] });
  await vi.waitFor(() => expect(client.rows.length).toBeGreaterThan(5), WAIT);
  client.handle.send({ type: 'stop', timetables: [0] });
  await client.last(0);
  expect(new Set(client.rows.map(({ error }) => error))).toEqual(new Set(['defect']));
});
