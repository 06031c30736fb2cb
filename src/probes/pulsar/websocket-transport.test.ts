import { expect, test } from 'vitest';
import { messageIdAt } from './message-id.ts';
import { type FakeSend, fakePulsarServer } from './testing-pulsar-server.ts';
import type { ProducerOptions } from './transport.ts';
import { WebSocketTransport } from './websocket-transport.ts';

const ENOUGH_MS = 20_000;
const OPTIONS: ProducerOptions = {
  topic: { namespace: 'public/drill-run', name: 'ledger' },
  name: 'a',
  initialSequenceId: 4,
  sendTimeoutMs: 5_000,
};
const message = { key: 'k', payload: 'hello' };

async function producerOf(onSend: (send: FakeSend, n: number) => void) {
  const server = await fakePulsarServer(onSend);
  const transport = new WebSocketTransport({
    endpoints: [{ host: '127.0.0.1', port: server.port }],
    security: {},
    quietMs: 150,
  });
  const producer = await transport.produce(OPTIONS, () => {}, ENOUGH_MS);
  return { server, producer };
}

test('a producer goes by its name and number, and is told where a message stands', async () => {
  const { server, producer } = await producerOf(({ reply }) => reply('ok'));
  await using _ = server;
  expect(await producer.send(message, ENOUGH_MS)).toEqual({
    kind: 'acknowledged',
    id: messageIdAt(5, 0),
    duplicate: false,
  });
  expect(server.paths).toEqual([
    '/ws/v2/producer/persistent/public/drill-run/ledger?producerName=a&initialSequenceId=4&sendTimeoutMillis=5000&batchingEnabled=false',
  ]);
  producer.close();
});

test('answers may come in any order', async () => {
  const waiting: FakeSend[] = [];
  const { server, producer } = await producerOf((send) => {
    waiting.push(send);
    if (waiting.length === 2)
      for (const one of waiting.toReversed()) one.reply(one.payload === 'hello' ? 'ok' : 'send-error:3');
  });
  await using _ = server;
  const answers = await Promise.all([
    producer.send(message, ENOUGH_MS),
    producer.send({ key: 'k', payload: 'b' }, ENOUGH_MS),
  ]);
  expect(answers.map(({ kind }) => kind)).toEqual(['acknowledged', 'refused']);
  producer.close();
});

test('only where the broker could not read it, or took nothing more, a message is certainly not stored', async () => {
  const said = [
    ['send-error:3', 'Failed to de-serialize', { kind: 'refused', error: 'invalid' }],
    ['send-error:7', 'no payload', { kind: 'refused', error: 'invalid' }],
    ['send-error:8', 'Producer send queue is full', { kind: 'refused', error: 'busy' }],
    [
      'send-error:8',
      'The producer a can not send message within given timeout',
      { kind: 'unknown', error: 'send-timeout' },
    ],
    ['send-error:8', 'Topic was already terminated', { kind: 'unknown', error: 'send-error' }],
    ['something-else', undefined, { kind: 'unknown', error: 'send-error' }],
  ] as const;
  const { server, producer } = await producerOf(({ reply }, n) => reply(said[n]?.[0] ?? '', said[n]?.[1]));
  await using _ = server;
  for (const [result, , expected] of said) expect(await producer.send(message, ENOUGH_MS), result).toEqual(expected);
  producer.close();
});

test('what nobody acknowledges in time, or before the connection ends, may be stored or not', async () => {
  const { server, producer } = await producerOf(({ socket, payload }) => {
    if (payload === 'last') socket.terminate();
  });
  await using _ = server;
  expect(await producer.send(message, 50)).toEqual({ kind: 'unknown', error: 'timeout' });
  expect(await producer.send({ key: 'k', payload: 'last' }, ENOUGH_MS)).toEqual({ kind: 'unknown', error: 'closed' });
  expect(await producer.send(message, ENOUGH_MS)).toEqual({ kind: 'unsent', error: 'not-connected' });
});

test('an answer that nobody can read ends the connection, and what waits for one may be stored or not', async () => {
  for (const text of ['no JSON', '[]', '{"result":"ok","messageId":"x","context":"0"}']) {
    const { server, producer } = await producerOf(({ socket }) => socket.send(text));
    await using _ = server;
    expect(await producer.send(message, ENOUGH_MS), text).toEqual({ kind: 'unknown', error: 'closed' });
    expect(producer.isOpen).toBe(false);
  }
});

test('a WebSocket that is refused says why, and somebody answered', async () => {
  const codes = [
    [401, 'auth'],
    [403, 'auth'],
    [404, 'no-topic'],
    [409, 'busy'],
    [500, 'not-ready'],
    [503, 'unavailable'],
  ] as const;
  for (const [status, code] of codes) {
    await using server = await fakePulsarServer(
      () => {},
      () => status,
    );
    const transport = new WebSocketTransport({
      endpoints: [{ host: '127.0.0.1', port: server.port }],
      security: {},
      quietMs: 150,
    });
    await expect(transport.produce(OPTIONS, () => {}, ENOUGH_MS)).rejects.toMatchObject({ code, silent: false });
  }
});

test('where nobody listens the next endpoint is tried the next time', async () => {
  await using gone = await fakePulsarServer(() => {});
  const { port: nobody } = gone;
  await gone[Symbol.asyncDispose]();
  await using server = await fakePulsarServer(({ reply }) => reply('ok'));
  const endpoints = [nobody, server.port].map((port) => ({ host: '127.0.0.1', port }));
  const transport = new WebSocketTransport({ endpoints, security: {}, quietMs: 150 });
  await expect(transport.produce(OPTIONS, () => {}, ENOUGH_MS)).rejects.toMatchObject({ code: 'refused' });
  const producer = await transport.produce(OPTIONS, () => {}, ENOUGH_MS);
  expect(await producer.send(message, ENOUGH_MS)).toMatchObject({ kind: 'acknowledged' });
  producer.close();
});

test('a login is said as the broker wants it: by name and password, or by a token alone', async () => {
  await using server = await fakePulsarServer(() => {});
  const security = { auth: { username: 'alice', password: 'only-for-this-test' } };
  const endpoints = [{ host: '127.0.0.1', port: server.port }];
  for (const token of [false, true]) {
    const transport = new WebSocketTransport({ endpoints, security, token, quietMs: 150 });
    (await transport.produce(OPTIONS, () => {}, ENOUGH_MS)).close();
  }
  const basic = `Basic ${Buffer.from('alice:only-for-this-test').toString('base64')}`;
  expect(server.logins).toEqual([basic, 'Bearer only-for-this-test']);
});
