import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { messageIdAt } from './message-id.ts';
import { loadNative, type NativeLibrary } from './native-library.ts';
import { NativeTransport } from './native-transport.ts';

const TOPIC = { namespace: 'public/drill-run', name: 'ledger' };
const OPTIONS = { topic: TOPIC, name: 'a', initialSequenceId: 4, sendTimeoutMs: 5_000 };
const ENOUGH_MS = 20_000;
const idOf = (entry: number) => ({ serialize: () => Buffer.from(messageIdAt(5, entry).token, 'base64') });

/** The package as it is used, on loopback; `send` is what its producer does. */
async function transportOf(send: () => Promise<ReturnType<typeof idOf>>) {
  const http = createServer();
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const made: unknown[] = [];
  const library = {
    MessageId: { earliest: () => idOf(-1), deserialize: () => idOf(0) },
    AuthenticationBasic: class {},
    Client: class {
      async createProducer(config: unknown) {
        made.push(config);
        return { send, isConnected: () => true, close: async () => null };
      }
      async createReader() {
        const messages = [{ payload: 'a', entry: 1 }];
        return {
          isConnected: () => true,
          close: async () => null,
          async readNext() {
            const next = messages.shift();
            if (!next) throw new Error('Failed to read next message: TimeOut');
            return {
              getMessageId: () => idOf(next.entry),
              getData: () => Buffer.from(next.payload),
              getPartitionKey: () => 'k',
              getRedeliveryCount: () => 0,
            };
          },
        };
      }
      async close() {
        return null;
      }
    },
  } as unknown as NativeLibrary;
  const { port } = http.address() as AddressInfo;
  const transport = new NativeTransport(library, {
    endpoints: [{ host: '127.0.0.1', port }],
    security: {},
    quietMs: 150,
  });
  return {
    transport,
    made,
    http,
    async [Symbol.asyncDispose]() {
      await transport[Symbol.asyncDispose]();
      http.closeAllConnections();
      http.close();
    },
  };
}

test('a producer of the package has the same name, number and place', async () => {
  await using one = await transportOf(async () => idOf(7));
  const producer = await one.transport.produce(OPTIONS, () => {}, ENOUGH_MS);
  const answer = await producer.send({ key: 'k', payload: 'hello' }, ENOUGH_MS);
  expect(answer).toEqual({ kind: 'acknowledged', id: messageIdAt(5, 7), duplicate: false });
  expect(one.made).toEqual([
    {
      ...{ topic: 'persistent://public/drill-run/ledger', producerName: 'a', initialSequenceId: 4 },
      ...{ sendTimeoutMs: 5_000, batchingEnabled: false, blockIfQueueFull: false },
    },
  ]);
  producer.close();
});

test('what the package gives up may be stored or not, but for a queue that was full', async () => {
  const said = [
    ['Failed to send message: TimeOut', { kind: 'unknown', error: 'send-timeout' }],
    ['Failed to send message: AlreadyClosed', { kind: 'unknown', error: 'send-error' }],
    ['Failed to send message: ProducerQueueIsFull', { kind: 'refused', error: 'busy' }],
  ] as const;
  for (const [text, expected] of said) {
    await using one = await transportOf(async () => Promise.reject(new Error(text)));
    const producer = await one.transport.produce(OPTIONS, () => {}, ENOUGH_MS);
    expect(await producer.send({ key: 'k', payload: 'hello' }, ENOUGH_MS), text).toEqual(expected);
    producer.close();
  }
});

test('a package that answers nothing holds nobody beyond the deadline', async () => {
  await using one = await transportOf(() => new Promise(() => {}));
  const producer = await one.transport.produce(OPTIONS, () => {}, ENOUGH_MS);
  expect(await producer.send({ key: 'k', payload: 'x' }, 50)).toEqual({ kind: 'unknown', error: 'timeout' });
  producer.close();
});

test('the end of a time is no message, and nothing worse', async () => {
  await using one = await transportOf(async () => idOf(0));
  await using source = await one.transport.read({ topic: TOPIC, after: 'earliest' }, ENOUGH_MS);
  expect(await source.next(50)).toMatchObject({ id: messageIdAt(5, 1), key: 'k', payload: 'a' });
  expect(await source.next(50)).toBeNull();
});

test('a package that is not there is said, with what helps', async () => {
  const missing = loadNative(() => Promise.reject(new Error('Cannot find package')));
  await expect(missing).rejects.toMatchObject({
    message: 'the npm package pulsar-client cannot be used: Cannot find package',
    hint: expect.stringContaining('transport: websocket'),
  });
});
