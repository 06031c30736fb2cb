import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { expect, test, vi } from 'vitest';
import { bytecode, traversalFrame } from './gremlin-frames.ts';
import { GremlinLink, type LinkOptions } from './gremlin-link.ts';
import { type FakeRequest, fakeGremlinServer } from './testing-gremlin-server.ts';

const frame = () => traversalFrame(bytecode([['V']]), 'g');
const soon = () => AbortSignal.timeout(20_000);
const SETTINGS = { connectMs: 1_000, greetMs: 5_000, quietMs: 50, lookMs: 60_000 };

function link(port: number, options: Partial<LinkOptions> = {}): GremlinLink {
  return new GremlinLink({
    endpoint: { host: '127.0.0.1', port },
    security: {},
    hello: frame,
    timeoutMs: 5_000,
    settings: { ...SETTINGS, ...options.settings },
    ...(options.inFlight === undefined ? {} : { inFlight: options.inFlight }),
    ...(options.security === undefined ? {} : { security: options.security }),
  });
}

/** Answers the first request of all, which is the greeting, and does with the others what it is told. */
const greeted =
  (then: (request: FakeRequest, n: number) => void) =>
  (request: FakeRequest, n: number): void => {
    if (n === 0) request.reply(200);
    else then(request, n);
  };

test('an answer comes back as the server sent it, in parts too', async () => {
  await using server = await fakeGremlinServer(
    greeted((request) => {
      request.reply(206);
      request.reply(200);
    }),
  );
  await using one = link(server.port);
  await one.open(soon());
  expect(await one.submit(frame(), 5_000)).toEqual({ kind: 'result', data: [] });
});

test('answers may come in any order', async () => {
  const waiting: FakeRequest[] = [];
  await using server = await fakeGremlinServer(
    greeted((request) => {
      waiting.push(request);
      if (waiting.length === 2)
        for (const one of waiting.toReversed()) one.reply(500, `answer ${waiting.indexOf(one)}`);
    }),
  );
  await using one = link(server.port);
  await one.open(soon());
  const answers = await Promise.all([one.submit(frame(), 5_000), one.submit(frame(), 5_000)]);
  expect(answers).toEqual([
    { kind: 'error', status: 500, message: 'answer 0' },
    { kind: 'error', status: 500, message: 'answer 1' },
  ]);
});

test('nobody listens: nothing is sent, and the first connection says why', async () => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  await using one = link(port);
  const giveUp = new AbortController();
  const opening = expect(one.open(giveUp.signal)).rejects.toThrow('refused');
  const refused = { kind: 'unsent', error: 'refused' };
  await vi.waitFor(async () => expect(await one.submit(frame(), 5_000)).toEqual(refused), { timeout: 20_000 });
  giveUp.abort();
  await opening;
});

test('a server that falls silent is left, and what is asked next goes over a new connection', async () => {
  await using server = await fakeGremlinServer((request, n) => {
    if (n === 0 || server.connections() > 1) request.reply(200);
    else request.socket.pause();
  });
  await using one = link(server.port);
  await one.open(soon());
  const unanswered = one.submit(frame(), 1_000);
  await vi.waitFor(() => expect(server.connections()).toBeGreaterThan(1), { timeout: 20_000 });
  expect(await one.submit(frame(), 5_000)).toMatchObject({ kind: 'result' });
  expect(await unanswered).toEqual({ kind: 'timeout' });
});

test('a request without an answer is no silence where pings are answered', async () => {
  await using server = await fakeGremlinServer(greeted(() => {}));
  await using one = link(server.port);
  await one.open(soon());
  expect(await one.submit(frame(), 500)).toEqual({ kind: 'timeout' });
  expect(server.connections()).toBe(1);
});

test('a server that answers no ping either is left, without a single request', async () => {
  await using server = await fakeGremlinServer((request) => {
    request.reply(200);
    request.socket.pause();
  });
  await using one = link(server.port, { settings: { ...SETTINGS, lookMs: 20 } });
  await one.open(soon());
  await vi.waitFor(() => expect(server.connections()).toBeGreaterThan(1), { timeout: 20_000 });
});

test('a connection that is lost after sending settles everything as closed, and is made anew', async () => {
  await using server = await fakeGremlinServer((request, n) => {
    if (n === 1 || n === 2) request.socket.terminate();
    else request.reply(200);
  });
  await using one = link(server.port);
  await one.open(soon());
  expect(await Promise.all([one.submit(frame(), 5_000), one.submit(frame(), 5_000)])).toEqual([
    { kind: 'closed' },
    { kind: 'closed' },
  ]);
  expect(await one.submit(frame(), 5_000)).toMatchObject({ kind: 'result' });
  expect(server.connections()).toBe(2);
});

test('an answer that is none ends the connection, never the process', async () => {
  await using server = await fakeGremlinServer(
    greeted((request) => request.socket.send(Buffer.from('this is no GraphBinary'))),
  );
  await using one = link(server.port);
  await one.open(soon());
  expect(await one.submit(frame(), 5_000)).toEqual({ kind: 'closed' });
});

test('a server that takes connections and says nothing is not connected to', async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket.on('error', () => {})));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await using one = link((server.address() as { port: number }).port, { settings: { connectMs: 20, greetMs: 100 } });
    await expect(one.open(AbortSignal.timeout(100))).rejects.toThrow('cannot be reached');
    expect(await one.submit(frame(), 100)).toMatchObject({ kind: 'unsent' });
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
});

test('a login is answered once, and its password stands in no error', async () => {
  const seen: string[] = [];
  await using server = await fakeGremlinServer((request, n) => {
    seen.push(request.bytes.toString('latin1'));
    if (n === 0) request.reply(407);
    else request.reply(n === 1 ? 200 : 401, 'no');
  });
  await using one = link(server.port, { security: { auth: { username: 'alice', password: 'hunter2' } } });
  await one.open(soon());
  expect(seen[1]).toContain(Buffer.from('\u0000alice\u0000hunter2').toString('base64'));
  expect(JSON.stringify(await one.submit(frame(), 5_000))).not.toContain('hunter2');
});

test('a login that is refused is said at once, without the password', async () => {
  await using server = await fakeGremlinServer((request, n) => request.reply(n % 2 === 0 ? 407 : 401, 'bad login'));
  await using one = link(server.port, { security: { auth: { username: 'alice', password: 'hunter2' } } });
  const error = await one.open(soon()).catch((problem: Error) => problem);
  expect(String((error as Error).cause)).toContain('bad login');
  expect(`${error}${(error as Error).cause}`).not.toContain('hunter2');
});

test('more requests than may be in flight are not sent', async () => {
  await using server = await fakeGremlinServer(greeted(() => {}));
  await using one = link(server.port, { inFlight: 1 });
  await one.open(soon());
  const first = one.submit(frame(), 50);
  expect(await one.submit(frame(), 50)).toEqual({ kind: 'unsent', error: 'busy' });
  expect(await first).toEqual({ kind: 'timeout' });
});
