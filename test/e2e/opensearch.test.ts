import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { answers } from '../../src/platform/health.ts';
import { aheadOf } from '../../src/platform/local/wall-clock.ts';
import { opensearchProbe } from '../../src/probes/opensearch.ts';
import type { ProbeClient, ProbeContext } from '../../src/probes/probe.ts';
import { type OpensearchServer, startOpensearch } from './support/opensearch-server.ts';

const directory = mkdtempSync(join(tmpdir(), 'drill-e2e-opensearch-'));
const soon = (): AbortSignal => AbortSignal.timeout(300_000);
let server: OpensearchServer;
let context: ProbeContext;
beforeAll(async () => {
  server = await startOpensearch(directory, soon());
  context = { run: 'r1', site: server.site, timeoutUs: 2_000_000, params: {} };
  await opensearchProbe.prepare([context], soon());
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

/** Its index. */
const LEDGER = 'drill-ledger';
const writes = Array.from({ length: 450 }, (_, seq) => ({ key: `r1/ledger/${seq}`, seq }));

async function statesOf(client: ProbeClient): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for await (const { state } of client.readBack(writes, soon())) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

async function writeAll(client: ProbeClient): Promise<void> {
  for (const write of writes)
    expect(await client.invoke({ f: 'write', ...write }, soon())).toMatchObject({ outcome: 'ok' });
}

test('what is written is there at once, also before any refresh; what is removed is missing; after the cleanup nothing is left', async () => {
  await using client = await opensearchProbe.connect(context, soon());
  await writeAll(client);
  const [first = { key: '', seq: 0 }] = writes;
  expect(await client.invoke({ f: 'read', ...first }, soon())).toMatchObject({ outcome: 'ok' });
  expect(await statesOf(client)).toEqual({ present: 450 });
  // The same key is never written twice: a second one is doubtful, and changes nothing.
  expect(await client.invoke({ f: 'write', ...first }, soon())).toMatchObject({ outcome: 'info', error: 'conflict' });
  await opensearchProbe.remove(context, writes.slice(0, 5), soon());
  expect(await statesOf(client)).toEqual({ present: 445, absent: 5 });
  expect(await client.invoke({ f: 'read', ...first }, soon())).toMatchObject({ outcome: 'fail', error: 'absent' });
  expect(await opensearchProbe.cleanup([context], writes, soon())).toEqual({ left: 0 });
  expect(await statesOf(client)).toEqual({ absent: 450 });
  // Once more where it is made already.
  await opensearchProbe.prepare([context], soon());
});

async function ordered(method: 'GET' | 'PUT' | 'POST', path: string, body?: object): Promise<unknown> {
  const [at] = server.site.endpoints.opensearch ?? [];
  const answer = await fetch(`http://${at?.host}:${at?.port}/${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  expect(answer.status).toBe(200);
  return answer.json();
}

/** That are under way, or wait for their turn. */
async function refreshes(): Promise<number> {
  const { nodes } = (await ordered('GET', '_nodes/stats/thread_pool')) as {
    readonly nodes: Readonly<Record<string, { thread_pool: { refresh: { active: number; queue: number } } }>>;
  };
  return Object.values(nodes).reduce((sum, { thread_pool: { refresh } }) => sum + refresh.active + refresh.queue, 0);
}

test('a search finds a document when the index is refreshed, and not before: it is awaited', async () => {
  const searching = { ...context, timeoutUs: 60_000_000, params: opensearchProbe.params.parse({ reads: 'search' }) };
  await using client = await opensearchProbe.connect(searching, soon());
  const [first, second] = [0, 1].map((n) => ({ key: `r1/search/${n}`, seq: n }));
  if (!first || !second) throw new Error('no writes');
  // A search of a shard that was not searched for a while refreshes it.
  await ordered('PUT', `${LEDGER}/_settings`, { index: { refresh_interval: '-1' } });
  // A change of the interval refreshes once by itself, in its own time: it would come after the write.
  await vi.waitUntil(async () => (await refreshes()) === 0, { timeout: 60_000, interval: 100 });
  try {
    expect(await client.invoke({ f: 'write', ...first }, soon())).toMatchObject({ outcome: 'ok' });
    let seen = false;
    const reading = client.invoke({ f: 'read', ...first }, soon()).then((outcome) => {
      seen = true;
      return outcome;
    });
    await using hasty = await opensearchProbe.connect({ ...searching, timeoutUs: 1_500_000 }, soon());
    expect(await hasty.invoke({ f: 'read', ...first }, soon())).toMatchObject({ outcome: 'fail', error: 'absent' });
    expect(seen).toBe(false);
    await ordered('POST', `${LEDGER}/_refresh`);
    expect(await reading).toMatchObject({ outcome: 'ok' });
  } finally {
    await ordered('PUT', `${LEDGER}/_settings`, { index: { refresh_interval: null } });
  }
  // As it comes: within about a second.
  expect(await client.invoke({ f: 'write', ...second }, soon())).toMatchObject({ outcome: 'ok' });
  expect(await client.invoke({ f: 'read', ...second }, soon())).toMatchObject({ outcome: 'ok' });
  expect(await opensearchProbe.cleanup([context], [first, second], soon())).toEqual({ left: 0 });
});

test('a node that is paused answers nothing, in time; its writes are doubtful, and the next one after it is ok', async () => {
  await using client = await opensearchProbe.connect(context, soon());
  const [first = { key: '', seq: 0 }, second = first] = writes;
  await server.pause();
  try {
    const began = performance.now();
    expect(await client.invoke({ f: 'write', ...first }, soon())).toMatchObject({ outcome: 'info', error: 'timeout' });
    expect(performance.now() - began).toBeLessThan(4_000);
    const [at = { host: '', port: 0 }] = server.site.endpoints.opensearch ?? [];
    expect(await answers('opensearch', at, 1_000)).toBe(false);
  } finally {
    server.signal('SIGCONT');
  }
  await expect
    .poll(async () => (await client.invoke({ f: 'read', ...first }, soon())).outcome, { timeout: 30_000 })
    .toBe('ok');
  expect(await client.invoke({ f: 'write', ...second }, soon())).toMatchObject({ outcome: 'ok' });
  expect(await opensearchProbe.cleanup([context], writes, soon())).toEqual({ left: 0 });
});

test('what was acknowledged survives a node that is killed; meanwhile every write is refused', async () => {
  await using client = await opensearchProbe.connect(context, soon());
  await writeAll(client);
  server.signal('SIGKILL');
  await expect
    .poll(async () => (await client.invoke({ f: 'write', key: 'r1/ledger/900', seq: 900 }, soon())).error, {
      timeout: 30_000,
    })
    .toBe('refused');
  await server.restart();
  expect(await statesOf(client)).toEqual({ present: 450 });
  expect(await opensearchProbe.cleanup([context], writes, soon())).toEqual({ left: 0 });
});

test('it says what time it is', async () => {
  const [at = { host: '', port: 0 }] = server.site.endpoints.opensearch ?? [];
  const ahead = await aheadOf('opensearch', at);
  expect(ahead?.lower).toBeLessThanOrEqual(1_000);
  expect(ahead?.upper).toBeGreaterThanOrEqual(-1_000);
});
