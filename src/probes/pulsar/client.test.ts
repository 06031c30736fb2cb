import { expect, test } from 'vitest';
import { checksum } from '../../history/checksum.ts';
import { Unconnected } from '../keeper.ts';
import type { ProbeContext } from '../probe.ts';
import { Pulse } from '../pulse.ts';
import { PulsarAdmin } from './admin.ts';
import { PulsarClient } from './client.ts';
import { messageIdAt } from './message-id.ts';
import { formatPayload } from './payload.ts';
import type { Producer, ReadOptions, Received, SendAnswer, Transport } from './transport.ts';

const ENDPOINTS = [{ host: '127.0.0.1', port: 1 }];
const context: ProbeContext = {
  run: 'run',
  site: { name: 'paris', datacenter: 'paris-dc', endpoints: { cassandra: [], janusgraph: [], pulsar: ENDPOINTS } },
  timeoutUs: 2_000_000,
  params: { tenant: 'public', transport: 'websocket' },
};
const KEY = 'run/pulsar.events.outside/4';
const write = { f: 'write', key: KEY, seq: 4 } as const;
const read = { f: 'read', key: KEY, seq: 4 } as const;
const signal = new AbortController().signal;
const received = (entry: number, key = KEY, payload = formatPayload(KEY, 4)): Received => ({
  id: messageIdAt(5, entry),
  key,
  payload,
  redeliveries: 0,
});

/** A client whose producers answer in turn what they are told, and whose readers find these messages; null: they wait in vain. */
function clientOf(answers: readonly SendAnswer[], found: readonly (Received | null)[] = []) {
  const asked: { sends: number; reads: ReadOptions[]; names: string[] } = { sends: 0, reads: [], names: [] };
  let isThere = true;
  const transport: Transport = {
    name: 'websocket',
    async produce({ name }, changed) {
      if (!isThere) throw new Unconnected('refused', false);
      asked.names.push(name);
      const producer: Producer = {
        pulse: new Pulse(60_000, () => {}, changed),
        isOpen: true,
        async send() {
          return answers[asked.sends++] ?? { kind: 'unknown', error: 'timeout' };
        },
        close() {},
      };
      return producer;
    },
    async subscribe() {
      throw new Error('nobody subscribes');
    },
    async read(options) {
      asked.reads.push(options);
      if (!isThere) throw new Unconnected('refused', false);
      const rest = [...found];
      return { next: async () => rest.shift() ?? null, async [Symbol.asyncDispose]() {} };
    },
    async [Symbol.asyncDispose]() {},
  };
  const client = new PulsarClient(context, transport, new PulsarAdmin({ endpoints: ENDPOINTS, security: {} }));
  const leave = (): void => {
    isThere = false;
  };
  return { client, asked, leave };
}

const at = (entry: number, duplicate = false): SendAnswer => ({
  kind: 'acknowledged',
  id: duplicate ? messageIdAt(-1, -1) : messageIdAt(5, entry),
  duplicate,
});

test('only what the broker acknowledged is ok; what it did not take failed, and of everything else nobody knows', async () => {
  const cases = [
    [at(7), { outcome: 'ok', error: '' }],
    [
      { kind: 'refused', error: 'busy' },
      { outcome: 'fail', error: 'busy' },
    ],
    [
      { kind: 'unknown', error: 'closed' },
      { outcome: 'info', error: 'closed' },
    ],
  ] as const;
  for (const [answer, outcome] of cases) {
    const { client, asked } = clientOf([answer]);
    await using _ = client;
    expect(await client.invoke(write, signal)).toEqual({ ...outcome, valueSha: checksum(KEY, 4) });
    expect(asked.sends).toBe(1);
  }
});

test('what was not sent is sent once more, and nothing else is', async () => {
  const { client, asked } = clientOf([{ kind: 'unsent', error: 'not-connected' }, at(7)]);
  await using _ = client;
  expect(await client.invoke(write, signal)).toMatchObject({ outcome: 'ok' });
  expect(asked.sends).toBe(2);
});

test('a read begins just before the place that the broker gave the message', async () => {
  const { client, asked } = clientOf([at(7)], [received(7)]);
  await using _ = client;
  await client.invoke(write, signal);
  expect(await client.invoke(read, signal)).toEqual({ outcome: 'ok', error: '', valueSha: checksum(KEY, 4) });
  expect(asked.reads).toEqual([{ topic: { namespace: 'public/drill-run', name: 'ledger' }, after: messageIdAt(5, 6) }]);
});

test('another message at its place is absent or corrupt, and none in time is a timeout', async () => {
  const cases = [
    [[received(8)], 'absent'],
    [[received(7, KEY, 'something else')], 'corrupt'],
    [[received(7, 'another key')], 'corrupt'],
    [[], 'timeout'],
  ] as const;
  for (const [found, error] of cases) {
    const { client } = clientOf([at(7)], found);
    await using _ = client;
    await client.invoke(write, signal);
    expect(await client.invoke(read, signal), error).toMatchObject({ outcome: 'fail', error });
  }
});

test('of a message whose place nobody gave the topic is read from the earliest', async () => {
  const { client, asked } = clientOf([at(7, true)], [received(2, 'another key', ''), received(3)]);
  await using _ = client;
  expect(await client.invoke(write, signal)).toMatchObject({ outcome: 'ok' });
  expect(await client.invoke(read, signal)).toMatchObject({ outcome: 'ok' });
  expect(asked.reads.map(({ after }) => after)).toEqual(['earliest']);
});

test('each read comes anew: what was read before says nothing of a broker that is gone', async () => {
  const { client, leave } = clientOf([at(7)], [received(7)]);
  await using _ = client;
  await client.invoke(write, signal);
  expect(await client.invoke(read, signal)).toMatchObject({ outcome: 'ok' });
  leave();
  expect(await client.invoke(read, signal)).toEqual({ outcome: 'fail', error: 'refused', valueSha: '' });
});

test('no two clients, and no two topics of one, produce under the same name', async () => {
  const one = clientOf([at(0), at(1)]);
  const other = clientOf([at(2)]);
  await using _ = one.client;
  await using __ = other.client;
  const canary = { ...write, key: 'run/pulsar.canary.outside/4' };
  for (const operation of [write, canary]) await one.client.invoke(operation, signal);
  await other.client.invoke(write, signal);
  expect(new Set([...one.asked.names, ...other.asked.names]).size).toBe(3);
});
