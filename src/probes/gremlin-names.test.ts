import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { decode, encode } from 'dns-packet';
import { expect, test, vi } from 'vitest';
import { bytecode, traversalFrame } from './gremlin-frames.ts';
import { GremlinLink } from './gremlin-link.ts';
import { fakeGremlinServer } from './testing-gremlin-server.ts';

const frame = () => traversalFrame(bytecode([['V']]), 'g');
const settings = { resolveMs: 1_000, connectMs: 1_000, greetMs: 5_000, quietMs: 50, lookMs: 60_000 };

/** Says that every name is this machine's, unless it is told to say nothing, or that there is no such name. */
async function nameServer() {
  const does: { answer: 'address' | 'silence' | 'nxdomain'; asked: string[] } = { answer: 'address', asked: [] };
  const socket = createSocket('udp4', (packet, { port, address }) => {
    const { id = 0, questions = [] } = decode(packet);
    const name = questions[0]?.name ?? '';
    does.asked.push(name);
    if (does.answer === 'silence') return;
    const known = does.answer === 'address';
    const answers = known ? [{ type: 'A', name, ttl: 5, data: '127.0.0.1' } as const] : [];
    socket.send(encode({ type: 'response', id, flags: known ? 0 : 3, questions, answers }), port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { does, resolver: `127.0.0.1:${socket.address().port}`, [Symbol.dispose]: () => void socket.close() };
}

test('a connection that is there needs no name any more, and one in its place cannot be had until names are known again', async () => {
  using names = await nameServer();
  await using server = await fakeGremlinServer((request) => request.reply(200));
  const endpoint = { host: 'janusgraph-0.paris.drill.internal', port: server.port };
  const { resolver } = names;
  await using link = new GremlinLink({ endpoint, resolver, security: {}, hello: frame, timeoutMs: 5_000, settings });
  await link.open(AbortSignal.timeout(20_000));
  expect(names.does.asked).toEqual([endpoint.host]);

  names.does.answer = 'nxdomain';
  expect(await link.submit(frame(), 5_000)).toMatchObject({ kind: 'result' });
  expect(names.does.asked).toHaveLength(1);

  for (const client of server.server.clients) client.terminate();
  await vi.waitFor(() => expect(link.isReady).toBe(false));
  expect(await link.submit(frame(), 5_000)).toEqual({ kind: 'unsent', error: 'dns' });

  names.does.answer = 'address';
  expect(await link.submit(frame(), 5_000)).toMatchObject({ kind: 'result' });
  expect(server.connections()).toBe(2);
});

test('where the name server says nothing, an operation waits for it as long as it may', async () => {
  using names = await nameServer();
  names.does.answer = 'silence';
  const endpoint = { host: 'janusgraph-0.paris.drill.internal', port: 1 };
  const quick = { ...settings, resolveMs: 20 };
  const { resolver } = names;
  await using link = new GremlinLink({
    endpoint,
    resolver,
    security: {},
    hello: frame,
    timeoutMs: 5_000,
    settings: quick,
  });
  expect(await link.submit(frame(), 150)).toEqual({ kind: 'unsent', error: 'dns' });
  expect(names.does.asked.length).toBeGreaterThan(1);
});
