import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { GraphTimeout, GraphUnavailable } from '../../clusters/local/graph/connection.ts';
import { checksum } from '../history/checksum.ts';
import { apiProbe } from './api.ts';
import { HttpDriver } from './http-driver.ts';
import type { ExpectedWrite, ProbeClient, ProbeOperation, ProbeOutcome, ReadBackAnswer } from './probe.ts';
import { apiContextAt, FakeGraph, PASSWORD, serveApi } from './testing-api-server.ts';
import { fakeHttpServer } from './testing-http-server.ts';

const soon = (): AbortSignal => AbortSignal.timeout(30_000);
const write = (key: string, seq = 7): ProbeOperation => ({ f: 'write', key, seq });
const read = (key: string, seq = 7): ProbeOperation => ({ f: 'read', key, seq });

beforeEach(() => vi.stubEnv('TEST_API_PASSWORD', PASSWORD));
afterEach(() => vi.unstubAllEnvs());

/** Whether it was given up at its deadline of 300 ms, as far as a busy machine lets anybody say so: long before a connection would have been. */
async function timed(work: () => Promise<ProbeOutcome>): Promise<ProbeOutcome & { inTime: boolean }> {
  const began = performance.now();
  const outcome = await work();
  return { ...outcome, inTime: performance.now() - began < 2_000 };
}

/** A port of loopback whose queue of connections is full, of a process that takes none up: whoever connects is not answered. */
async function silentPort(): Promise<{ port: number; end(): Promise<void> }> {
  const script = `require('net').createServer().listen({ host: '127.0.0.1', port: 0, backlog: 1 }, function () { console.log(this.address().port) })`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(said.toString());
  child.kill('SIGSTOP');
  const sockets = Array.from({ length: 10 }, () => createConnection({ host: '127.0.0.1', port }).on('error', () => {}));
  const end = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    child.kill('SIGKILL');
  };
  return { port, end };
}

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

test('what is there otherwise than it was written is corrupt, and what is there twice a phantom', async () => {
  const graph = new FakeGraph();
  await using server = await serveApi(graph);
  await using client = await apiProbe.connect(apiContextAt(server.port), soon());
  for (const key of ['a', 'b', 'c', 'd']) await client.invoke(write(key), soon());
  graph.transactions.splice(2, 0, graph.transactions[1] as (typeof graph.transactions)[0]);
  graph.transactions[0] = { ...(graph.transactions[0] as (typeof graph.transactions)[0]), amount: 8 };
  graph.transactions[3] = { ...(graph.transactions[3] as (typeof graph.transactions)[0]), payee: 'somebody else' };
  expect((await readBack(client, ['a', 'b', 'c', 'd'])).map(({ state }) => state)).toEqual([
    'corrupt',
    'phantom',
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

test('a client among many that the API does not know is found before anything is measured', async () => {
  await using server = await fakeHttpServer(({ headers, reply }) => {
    const name = Buffer.from(String(headers.authorization).slice('Basic '.length), 'base64').toString();
    reply(name.startsWith('drill-7:') ? 401 : 200, {});
  });
  const prepared = apiProbe.prepare([apiContextAt(server.port, { clients: 7 })], soon());
  await expect(prepared).rejects.toThrow('the API of paris cannot be used: auth');
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

test('what is late behind the API is asked again when nothing is measured, and what cannot be removed counts as left', async () => {
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
  const writes = Array.from({ length: 60 }, (_, seq) => ({ key: `r1/${seq}`, seq }));
  expect(await apiProbe.cleanup([context], writes, soon())).toEqual({ left: 0 });
  // Of the three requests the first one fails each time, and the others are made all the same.
  late = 4;
  expect(await apiProbe.cleanup([context], writes, soon())).toEqual({ left: 25 });
});

test('nobody who listens and nothing that answers keeps an operation beyond its deadline', async () => {
  await using server = await fakeHttpServer(({ path, response, reply }) => {
    if (path === '/v1/quota') return reply(200, {});
    // Half an answer.
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' }).write('{');
  });
  await using client = await apiProbe.connect(apiContextAt(server.port, { timeoutMs: 300 }), soon());
  expect(await timed(() => client.invoke(read('a'), soon()))).toMatchObject({ error: 'timeout', inTime: true });
  const silent = await silentPort();
  await using stack = new AsyncDisposableStack();
  stack.defer(silent.end);
  await using driver = new HttpDriver('api', apiContextAt(silent.port, { timeoutMs: 300 }));
  const asked = timed(async () => {
    await driver
      .ask({ method: 'GET', path: '/v1/quota' })
      .catch((error: Error) => expect(error.name).toBe('TimeoutError'));
    return { outcome: 'info', error: 'timeout', valueSha: '' };
  });
  expect(await asked).toMatchObject({ inTime: true });
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
