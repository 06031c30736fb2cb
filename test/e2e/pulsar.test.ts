import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Unconnected } from '../../src/probes/keeper.ts';
import { PulsarAdmin } from '../../src/probes/pulsar/admin.ts';
import { messageIdAt } from '../../src/probes/pulsar/message-id.ts';
import { openTransport } from '../../src/probes/pulsar/open-transport.ts';
import { makeNamespace, removeNamespace } from '../../src/probes/pulsar/run-namespace.ts';
import { backlogOf } from '../../src/probes/pulsar/topic-state.ts';
import {
  type Producer,
  type ProducerOptions,
  type Received,
  type Source,
  type Topic,
  TRANSPORTS,
  type Transport,
} from '../../src/probes/pulsar/transport.ts';
import { WholeTopic } from '../../src/probes/pulsar/whole-topic.ts';
import { PulsarStandalone } from './support/pulsar-standalone.ts';

const NAMESPACE = 'public/conformance';
const soon = (ms = 60_000): AbortSignal => AbortSignal.timeout(ms);
const ENOUGH_MS = 30_000;

let directory: string;
let pulsar: PulsarStandalone;
let admin: PulsarAdmin;
let topics = 0;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'drill-pulsar-'));
  pulsar = await PulsarStandalone.start('127.52.0.0/16', directory, soon(600_000));
  admin = new PulsarAdmin({ endpoints: [pulsar.endpoint], security: {} });
  await makeNamespace(admin, NAMESPACE, soon());
});

afterAll(async () => {
  await pulsar?.[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

function newTopic(): Topic {
  topics += 1;
  return { namespace: NAMESPACE, name: `topic-${topics}` };
}

/** Everything until nothing came for a second. */
async function drain(source: Source, onMessage: (message: Received) => void, quietMs = 1_500): Promise<void> {
  for (;;) {
    const message = await source.next(quietMs);
    if (!message) return;
    onMessage(message);
  }
}

describe.each(TRANSPORTS)('Pulsar through %s', (name) => {
  let transport: Transport;

  beforeEach(async ({ skip }) => {
    const opened = await openTransport(name, { endpoints: [pulsar.endpoint], security: {}, quietMs: 150 }).catch(
      (error: Error) => error,
    );
    if (opened instanceof Error) skip(opened.message);
    else transport = opened;
    return async () => await transport?.[Symbol.asyncDispose]();
  });

  const produce = (topic: Topic, more: Partial<ProducerOptions> = {}): Promise<Producer> =>
    transport.produce(
      { topic, name: `producer-${topics}`, initialSequenceId: -1, sendTimeoutMs: 5_000, ...more },
      () => {},
      ENOUGH_MS,
    );

  const mustSend = async (producer: Producer, key: string, payload: string): Promise<void> => {
    expect(await producer.send({ key, payload }, ENOUGH_MS)).toMatchObject({ kind: 'acknowledged', duplicate: false });
  };

  const readAll = async (topic: Topic): Promise<readonly string[]> => {
    const seen: string[] = [];
    await using whole = new WholeTopic(transport, admin, topic, ({ payload }) => seen.push(payload));
    expect(await whole.look(ENOUGH_MS, soon())).toBeNull();
    return seen;
  };

  test('each key goes to one consumer of a Key_Shared subscription, in order', async () => {
    const topic = newTopic();
    const subscribe = (consumer: string) =>
      transport.subscribe({ topic, subscription: 'ks', type: 'Key_Shared', consumer, from: 'earliest' }, ENOUGH_MS);
    await using first = await subscribe('first');
    await using second = await subscribe('second');
    const producer = await produce(topic);
    const keys = Array.from({ length: 20 }, (_, n) => `account-${n}`);
    await Promise.all(
      Array.from({ length: 200 }, (_, n) => mustSend(producer, keys[n % keys.length] as string, String(n))),
    );
    const seen = [new Map<string, number[]>(), new Map<string, number[]>()] as const;
    const take = (source: typeof first, into: Map<string, number[]>) =>
      drain(source, (message) => {
        into.set(message.key, [...(into.get(message.key) ?? []), Number(message.payload)]);
        source.acknowledge(message);
      });
    await Promise.all([take(first, seen[0]), take(second, seen[1])]);
    expect([...seen[0].keys()].filter((key) => seen[1].has(key))).toEqual([]);
    expect(Math.min(seen[0].size, seen[1].size)).toBeGreaterThan(0);
    for (const [n, key] of keys.entries()) {
      const expected = Array.from({ length: 10 }, (_, round) => n + round * keys.length);
      expect(seen[0].get(key) ?? seen[1].get(key), key).toEqual(expected);
    }
    producer.close();
  });

  test('what is sent again after a reconnect, under the same name and numbers, is stored once', async () => {
    const topic = newTopic();
    const name = `wal-${topic.name}`;
    const before = await produce(topic, { name });
    for (let n = 0; n < 10; n += 1) await mustSend(before, 'k', `message ${n}`);
    before.close();
    // The broker may take the first connection to be there still.
    const after = await vi.waitFor(() => produce(topic, { name, initialSequenceId: 4 }), { timeout: ENOUGH_MS });
    const again: boolean[] = [];
    for (let n = 5; n < 13; n += 1) {
      const answer = await after.send({ key: 'k', payload: `message ${n}` }, ENOUGH_MS);
      again.push(answer.kind === 'acknowledged' && answer.duplicate);
    }
    expect(again).toEqual([true, true, true, true, true, false, false, false]);
    expect(await readAll(topic)).toEqual(Array.from({ length: 13 }, (_, n) => `message ${n}`));
    after.close();
  });

  test('a message that is refused again and again is delivered four times, and then a dead letter', async () => {
    const topic = newTopic();
    const dead = newTopic();
    await using letters = await transport.subscribe(
      { topic: dead, subscription: 'watch', type: 'Exclusive', consumer: 'watch', from: 'earliest' },
      ENOUGH_MS,
    );
    await using source = await transport.subscribe(
      {
        ...{ topic, subscription: 'work', type: 'Shared', consumer: 'work', from: 'earliest' },
        redeliverAfterMs: 200,
        deadLetters: { topic: dead, afterRedeliveries: 3 },
      },
      ENOUGH_MS,
    );
    const producer = await produce(topic);
    for (const payload of ['good', 'poison', 'also good']) await mustSend(producer, payload, payload);
    const deliveries: number[] = [];
    const good: string[] = [];
    await drain(
      source,
      (message) => {
        if (message.payload === 'poison') {
          deliveries.push(message.redeliveries);
          source.refuse(message);
        } else {
          good.push(message.payload);
          source.acknowledge(message);
        }
      },
      4_000,
    );
    expect(deliveries).toEqual([0, 1, 2, 3]);
    expect(good).toEqual(['good', 'also good']);
    const letter = await letters.next(ENOUGH_MS);
    expect(letter?.payload).toBe('poison');
    expect(await letters.next(1_000)).toBeNull();
    producer.close();
  });

  test('a topic is read from the earliest to its end, everything once and in order, and what comes later too', async () => {
    const topic = newTopic();
    const producer = await produce(topic);
    const send = async (from: number, to: number): Promise<void> => {
      await Promise.all(Array.from({ length: to - from }, (_, n) => mustSend(producer, `k${n}`, String(from + n))));
    };
    const numbers = (to: number): readonly string[] => Array.from({ length: to }, (_, n) => String(n));
    await send(0, 1_500);
    const seen: string[] = [];
    await using whole = new WholeTopic(transport, admin, topic, ({ payload }) => seen.push(payload));
    expect(await whole.look(ENOUGH_MS, soon())).toBeNull();
    expect(seen).toEqual(numbers(1_500));
    await send(1_500, 1_600);
    expect(await whole.look(ENOUGH_MS, soon())).toBeNull();
    expect(seen).toEqual(numbers(1_600));
    producer.close();
  });

  test('a reader begins after the message that it is told', async () => {
    const topic = newTopic();
    const producer = await produce(topic);
    for (const payload of ['a', 'b', 'c']) await mustSend(producer, 'k', payload);
    await using all = await transport.read({ topic, after: 'earliest' }, ENOUGH_MS);
    const first = (await all.next(ENOUGH_MS)) as Received;
    await using rest = await transport.read({ topic, after: first.id }, ENOUGH_MS);
    expect((await rest.next(ENOUGH_MS))?.payload).toBe('b');
    await using again = await transport.read({ topic, after: messageIdAt(first.id.ledger, -1) }, ENOUGH_MS);
    expect((await again.next(ENOUGH_MS))?.payload).toBe('a');
    producer.close();
  });

  test('the backlog of a subscription is what it has not acknowledged, exactly', async () => {
    const topic = newTopic();
    const options = { topic, subscription: 'slow', type: 'Shared', consumer: 'slow', from: 'earliest' } as const;
    await using source = await transport.subscribe(options, ENOUGH_MS);
    const producer = await produce(topic);
    for (let n = 0; n < 7; n += 1) await mustSend(producer, 'k', String(n));
    const backlog = async (): Promise<number | undefined> =>
      (await backlogOf(admin, topic, soon())).subscriptions.get('slow');
    expect(await backlog()).toBe(7);
    for (let n = 0; n < 3; n += 1) source.acknowledge((await source.next(ENOUGH_MS)) as Received);
    await vi.waitFor(async () => expect(await backlog()).toBe(4), { timeout: ENOUGH_MS });
    producer.close();
  });

  test('of a broker that answers nothing, nobody knows within the deadline what became of a message', async () => {
    const topic = newTopic();
    const producer = await produce(topic);
    await mustSend(producer, 'k', 'before');
    pulsar.pause();
    try {
      const began = performance.now();
      expect(await producer.send({ key: 'k', payload: 'doubtful' }, 1_000)).toMatchObject({ kind: 'unknown' });
      await expect(transport.read({ topic, after: 'earliest' }, 1_000)).rejects.toBeInstanceOf(Unconnected);
      expect(performance.now() - began).toBeLessThan(5_000);
    } finally {
      pulsar.resume();
    }
    producer.close();
  });

  test('of a broker that dies: what was underway is unknown, what comes after is not sent, and nothing acknowledged is lost', async () => {
    const topic = newTopic();
    const producer = await produce(topic);
    for (let n = 0; n < 20; n += 1) await mustSend(producer, 'k', String(n));
    pulsar.pause();
    const underway = producer.send({ key: 'k', payload: 'doubtful' }, 5_000);
    await pulsar.kill();
    expect(await underway).toMatchObject({ kind: 'unknown' });
    await expect(produce(topic, { name: 'after' })).rejects.toMatchObject({ code: 'refused', silent: false });
    await pulsar.startAgain(soon(120_000));
    const seen = await readAll(topic);
    expect(seen.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, n) => String(n)));
    expect(seen.slice(20).filter((one) => one !== 'doubtful')).toEqual([]);
    const later = await produce(topic, { name: 'later' });
    await mustSend(later, 'k', 'after');
    expect((await readAll(topic)).at(-1)).toBe('after');
    later.close();
    producer.close();
  });
});

test('a namespace is gone with everything in it when it is removed', async () => {
  expect(await removeNamespace(admin, NAMESPACE, soon(120_000))).toBe(0);
  await expect(admin.ask('GET', `namespaces/${NAMESPACE}`, soon())).rejects.toThrow('HTTP 404');
});
