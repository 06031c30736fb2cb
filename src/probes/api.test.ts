import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { GraphTimeout, GraphUnavailable } from '../../clusters/local/api/graph.ts';
import { checksum } from '../history/checksum.ts';
import { apiProbe } from './api.ts';
import type { ExpectedWrite, ProbeClient, ProbeOperation, ReadBackAnswer } from './probe.ts';
import { apiContextAt, FakeGraph, PASSWORD, serveApi } from './testing-api-server.ts';
import { fakeHttpServer } from './testing-http-server.ts';

const soon = (): AbortSignal => AbortSignal.timeout(30_000);
const write = (key: string, seq = 7): ProbeOperation => ({ f: 'write', key, seq });
const read = (key: string, seq = 7): ProbeOperation => ({ f: 'read', key, seq });

beforeEach(() => vi.stubEnv('TEST_API_PASSWORD', PASSWORD));
afterEach(() => vi.unstubAllEnvs());

async function answersTo(client: ProbeClient, expected: readonly ExpectedWrite[]): Promise<readonly ReadBackAnswer[]> {
  const answers: ReadBackAnswer[] = [];
  for await (const answer of client.readBack(expected, soon())) answers.push(answer);
  return answers;
}

async function readBack(client: ProbeClient, keys: readonly string[], seq = 7): Promise<readonly ReadBackAnswer[]> {
  return answersTo(
    client,
    keys.map((key) => ({ key, seq })),
  );
}

test('what is written is there, is read, and is read back; what is not is absent', async () => {
  const graph = new FakeGraph();
  await using server = await serveApi(graph);
  const context = apiContextAt(server.port);
  await apiProbe.prepare([context], soon());
  await using client = await apiProbe.connect(context, soon());
  const sum = checksum('r1/payments/7', 7);
  expect(await client.invoke(write('r1/payments/7'), soon())).toEqual({ outcome: 'ok', error: '', valueSha: sum });
  expect(await client.invoke(read('r1/payments/7'), soon())).toEqual({ outcome: 'ok', error: '', valueSha: sum });
  expect(await client.invoke(read('r1/payments/8'), soon())).toMatchObject({ outcome: 'fail', error: 'absent' });
  expect(await readBack(client, ['r1/payments/7', 'r1/payments/8'])).toEqual([
    { key: 'r1/payments/7', state: 'present', valueSha: sum },
    { key: 'r1/payments/8', state: 'absent', valueSha: '' },
  ]);
});

test('what is there otherwise than it was written, or twice, is corrupt', async () => {
  const graph = new FakeGraph();
  await using server = await serveApi(graph);
  await using client = await apiProbe.connect(apiContextAt(server.port), soon());
  for (const key of ['a', 'b', 'c', 'd']) await client.invoke(write(key), soon());
  graph.transactions.splice(2, 0, graph.transactions[1] as (typeof graph.transactions)[0]);
  graph.transactions[0] = { ...(graph.transactions[0] as (typeof graph.transactions)[0]), amount: 8 };
  graph.transactions[3] = { ...(graph.transactions[3] as (typeof graph.transactions)[0]), payee: 'somebody else' };
  expect((await readBack(client, ['a', 'b', 'c', 'd'])).map(({ state }) => state)).toEqual([
    'corrupt',
    'corrupt',
    'corrupt',
    'present',
  ]);
  expect(await client.invoke(read('a'), soon())).toMatchObject({ outcome: 'fail', error: 'corrupt' });
});

test('a write that is tried again is made once; another under its key is not made, and nobody knows whether the first one is right', async () => {
  const graph = new FakeGraph();
  await using server = await serveApi(graph);
  await using client = await apiProbe.connect(apiContextAt(server.port), soon());
  for (let n = 0; n < 2; n += 1) expect(await client.invoke(write('a'), soon())).toMatchObject({ outcome: 'ok' });
  expect(graph.transactions.length).toBe(1);
  expect(await client.invoke(write('a', 8), soon())).toMatchObject({ outcome: 'info', error: 'conflict' });
});

test('its clients take turns; whoever asks for too much is refused, and a read-back waits until it is served', async () => {
  await using server = await serveApi(new FakeGraph(), { requests: 4, windowMs: 1_500 });
  await using client = await apiProbe.connect(apiContextAt(server.port, { clients: 2 }), soon());
  const outcomes: string[] = [];
  // One request of eight was the greeting.
  for (let n = 0; n < 9; n += 1) outcomes.push((await client.invoke(write(`k${n}`, n), soon())).error);
  expect(outcomes.slice(0, 6)).toEqual(['', '', '', '', '', '']);
  expect(outcomes.at(-1)).toBe('rate-limited');
  const [first, last] = await answersTo(client, [
    { key: 'k0', seq: 0 },
    { key: 'k8', seq: 8 },
  ]);
  expect([first?.state, last?.state]).toEqual(['present', 'absent']);
});

test('a client that the API does not know is told so, and the password stands nowhere', async () => {
  await using server = await serveApi(new FakeGraph());
  vi.stubEnv('TEST_API_PASSWORD', 'battery staple');
  const context = apiContextAt(server.port);
  const connecting = apiProbe.connect(context, soon());
  await expect(connecting).rejects.toThrow('the API of paris cannot be used: auth');
  await expect(apiProbe.prepare([context], soon())).rejects.toThrow('cannot be used: auth');
  expect(JSON.stringify(apiProbe.settings(context))).not.toContain('battery');
  expect(apiProbe.settings(context)).toMatchObject({ authentication: true, accounts: 2, retries: 0 });
});

test('a graph that says nothing in time, or fails, may have written all the same', async () => {
  const graph = new FakeGraph();
  await using server = await serveApi(graph);
  await using client = await apiProbe.connect(apiContextAt(server.port), soon());
  graph.create = () => Promise.reject(new GraphTimeout('too late'));
  expect(await client.invoke(write('a'), soon())).toMatchObject({ outcome: 'info', error: 'graph-timeout' });
  graph.create = () => Promise.reject(new GraphUnavailable('closed'));
  expect(await client.invoke(write('b'), soon())).toMatchObject({ outcome: 'info', error: 'unavailable' });
  graph.create = () => Promise.reject(new Error('a defect'));
  expect(await client.invoke(write('c'), soon())).toMatchObject({ outcome: 'info', error: 'server-500' });
});

test('who comes anew for each question asks in the names of all clients as well', async () => {
  const seen = new Set<string | undefined>();
  await using server = await fakeHttpServer(({ headers, reply }) => {
    seen.add(headers.authorization);
    reply(200, {});
  });
  const context = apiContextAt(server.port, { clients: 5 });
  for (let n = 0; n < 200 && seen.size < 5; n += 1) await apiProbe.prepare([context], soon());
  expect(seen.size).toBe(5);
});

test('an API that is silent ends an operation at its deadline, and on its connection nothing is sent any more', async () => {
  const connections = new Set<unknown>();
  await using server = await fakeHttpServer(({ path, response, reply }) => {
    connections.add(response.socket);
    if (path === '/v1/quota') reply(200, {});
  });
  await using client = await apiProbe.connect(apiContextAt(server.port, { timeoutMs: 200 }), soon());
  expect(await client.invoke(write('a'), soon())).toMatchObject({ outcome: 'info', error: 'timeout' });
  expect(await client.invoke(read('a'), soon())).toMatchObject({ outcome: 'fail', error: 'timeout' });
  expect(connections.size).toBe(2);
  expect((await readBack(client, ['a'])).map(({ state }) => state)).toEqual(['unreadable']);
});

test('an API that is gone refuses: nothing was written', async () => {
  const server = await serveApi(new FakeGraph());
  await using client = await apiProbe.connect(apiContextAt(server.port), soon());
  await server[Symbol.asyncDispose]();
  // The connection that was there is closed; the one after it is refused.
  await client.invoke(read('a'), soon());
  expect(await client.invoke(write('a'), soon())).toMatchObject({ outcome: 'fail', error: 'refused' });
});

test('an answer that is none is no success', async () => {
  await using server = await fakeHttpServer(({ method, path, response, reply }) => {
    if (path === '/v1/quota') reply(200, {});
    else if (path.endsWith('/search')) reply(200, { transactions: 'many' });
    else if (method === 'GET') response.writeHead(200).end('<html>');
    else reply(200, {});
  });
  await using client = await apiProbe.connect(apiContextAt(server.port), soon());
  expect(await client.invoke(write('a'), soon())).toMatchObject({ outcome: 'info', error: 'server-200' });
  expect(await client.invoke(read('a'), soon())).toMatchObject({ outcome: 'fail', error: 'corrupt' });
  expect((await readBack(client, ['a'])).map(({ state }) => state)).toEqual(['unreadable']);
});

test('what is late behind the API is asked again when nothing is measured, and not for ever', async () => {
  const graph = new FakeGraph();
  await using server = await serveApi(graph);
  const context = apiContextAt(server.port);
  const remove = graph.removeAccounts.bind(graph);
  let late = 2;
  graph.removeAccounts = async (ids) => {
    late -= 1;
    if (late >= 0) throw new GraphTimeout('too late');
    await remove(ids);
  };
  const writes = [{ key: 'r1/1', seq: 1 }];
  await apiProbe.remove(context, writes, soon());
  late = 100;
  await expect(apiProbe.remove(context, writes, soon())).rejects.toThrow('/v1/accounts/delete of the API');
});

test('the cleanup removes what the run wrote, with its accounts, and counts what is left', async () => {
  const graph = new FakeGraph();
  await using server = await serveApi(graph);
  const context = apiContextAt(server.port);
  await using client = await apiProbe.connect(context, soon());
  const writes = Array.from({ length: 450 }, (_, seq) => ({ key: `r1/${seq}`, seq }));
  for (const { key, seq } of writes.slice(0, 20)) await client.invoke(write(key, seq), soon());
  await client.invoke(write('r2/1', 1), soon());
  expect(await apiProbe.cleanup([context, context], writes, soon())).toEqual({ left: 0 });
  expect(graph.transactions.map(({ id }) => id)).toEqual(['r2/1']);
  expect(graph.accounts.size).toBe(2);
  await client.invoke(write('r1/0', 0), soon());
  graph.removeAccounts = async () => {};
  expect(await apiProbe.cleanup([context], writes, soon())).toEqual({ left: 1 });
});
