import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { warmUp } from '../../src/client/warm-up.ts';
import { checksum } from '../../src/history/checksum.ts';
import type { ExpectedWrite, ProbeClient, ProbeContext, ReadBackAnswer } from '../../src/probes/probe.ts';
import { PulsarAdmin } from '../../src/probes/pulsar/admin.ts';
import { namespaceOf } from '../../src/probes/pulsar/places.ts';
import { pulsarProbe } from '../../src/probes/pulsar.ts';
import { PulsarStandalone } from './support/pulsar-standalone.ts';

const soon = (ms = 120_000): AbortSignal => AbortSignal.timeout(ms);
const ENOUGH = { timeout: 60_000 };

let directory: string;
let pulsar: PulsarStandalone;
let context: ProbeContext;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'drill-pulsar-'));
  pulsar = await PulsarStandalone.start('127.53.0.0/16', directory, soon(600_000));
  context = {
    run: '20260131T120000Z-abcdef',
    site: {
      name: 'paris',
      datacenter: 'paris-dc',
      endpoints: { cassandra: [], janusgraph: [], pulsar: [pulsar.endpoint] },
    },
    timeoutUs: 5_000_000,
    params: pulsarProbe.params.parse({}),
  };
  await pulsarProbe.prepare([context], soon());
  await pulsarProbe.prepare([context], soon());
});

afterAll(async () => {
  await pulsar?.[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

const keyOf = (service: string, seq: number): ExpectedWrite => ({
  key: `${context.run}/pulsar.${service}.outside/${seq}`,
  seq,
});
const numbers = (from: number, to: number): readonly number[] => Array.from({ length: to - from }, (_, n) => from + n);

async function write(client: ProbeClient, writes: readonly ExpectedWrite[]): Promise<void> {
  for (const { key, seq } of writes) {
    const outcome = await client.invoke({ f: 'write', key, seq }, soon());
    expect(outcome).toEqual({ outcome: 'ok', error: '', valueSha: checksum(key, seq) });
  }
}

async function readBack(writes: readonly ExpectedWrite[]): Promise<readonly ReadBackAnswer[]> {
  await using client = await pulsarProbe.connect(context, soon());
  const answers: ReadBackAnswer[] = [];
  for await (const answer of client.readBack(writes, soon())) answers.push(answer);
  return answers;
}

test('what is acknowledged can be consumed, and what was never written cannot', async () => {
  await using client = await pulsarProbe.connect(context, soon());
  await warmUp(client, (seq) => `${context.run}/warm.pulsar.events.outside.paris/${seq}`, soon());
  const [first] = [keyOf('events', 0)];
  await write(client, [first as ExpectedWrite]);
  const read = await client.invoke({ f: 'read', ...(first as ExpectedWrite) }, soon());
  expect(read).toEqual({ outcome: 'ok', error: '', valueSha: checksum(first?.key as string, 0) });
  const never = await client.invoke({ f: 'read', ...keyOf('events', 999) }, soon());
  expect(never).toEqual({ outcome: 'fail', error: 'timeout', valueSha: '' });
});

test('a client that comes anew finds a message without knowing its place', async () => {
  await using client = await pulsarProbe.connect(context, soon());
  expect(await client.invoke({ f: 'read', ...keyOf('events', 0) }, soon())).toMatchObject({ outcome: 'ok' });
});

test('the read-back finds what is there, what is not, and what is there twice', async () => {
  const writes = numbers(10, 30).map((seq) => keyOf('events', seq));
  await using client = await pulsarProbe.connect(context, soon());
  await write(client, writes);
  await write(client, [keyOf('events', 15)]);
  const answers = await readBack([...writes, keyOf('events', 40)]);
  const states = Map.groupBy(answers, ({ state }) => state);
  expect(states.get('phantom')?.map(({ key }) => key)).toEqual([keyOf('events', 15).key]);
  expect(states.get('absent')?.map(({ key }) => key)).toEqual([keyOf('events', 40).key]);
  expect(states.get('present')).toHaveLength(19);
});

test('what nobody asked for, between what was asked for, is a phantom', async () => {
  const asked = [keyOf('events', 20), keyOf('events', 22)];
  expect((await readBack(asked)).map(({ key, state }) => [key, state])).toEqual([
    [asked[0]?.key, 'present'],
    [asked[1]?.key, 'present'],
    [keyOf('events', 21).key, 'phantom'],
  ]);
});

test('exactly those of the canary’s messages are gone that were taken away', async () => {
  const writes = numbers(0, 50).map((seq) => keyOf('canary', seq));
  await using client = await pulsarProbe.connect(context, soon());
  await write(client, writes);
  const gone = [0, 7, 49].map((seq) => keyOf('canary', seq));
  await pulsarProbe.remove(context, gone, soon());
  const answers = await readBack(writes);
  expect(answers.filter(({ state }) => state === 'absent').map(({ key }) => key)).toEqual(gone.map(({ key }) => key));
  expect(answers.filter(({ state }) => state === 'present')).toHaveLength(47);
});

test('out of a topic that is written to nothing is taken', async () => {
  await expect(pulsarProbe.remove(context, [keyOf('events', 10)], soon())).rejects.toThrow('the canary’s topic only');
});

test('while the broker is dead nothing is acknowledged and nothing is read, also what was read a moment ago', async () => {
  await using client = await pulsarProbe.connect(context, soon());
  const before = keyOf('events', 100);
  await write(client, [before]);
  expect(await client.invoke({ f: 'read', ...before }, soon())).toMatchObject({ outcome: 'ok' });
  await pulsar.kill();
  expect(await client.invoke({ f: 'read', ...before }, soon())).toMatchObject({ outcome: 'fail', error: 'refused' });
  const lost = await client.invoke({ f: 'write', ...keyOf('events', 101) }, soon());
  expect(lost).toMatchObject({ outcome: 'fail', error: 'refused' });
  const nowhere = await readBack([before]);
  expect(nowhere).toEqual([{ key: before.key, state: 'unreadable', valueSha: '' }]);
  await pulsar.startAgain(soon());
  await vi.waitFor(async () => {
    expect(await client.invoke({ f: 'write', ...keyOf('events', 102) }, soon())).toMatchObject({ outcome: 'ok' });
  }, ENOUGH);
  expect(await client.invoke({ f: 'read', ...before }, soon())).toMatchObject({ outcome: 'ok' });
  const states = (await readBack([before, keyOf('events', 101)])).map(({ state }) => state);
  expect(states).toEqual(['present', 'absent']);
});

test('after the cleanup there is nothing left of the run', async () => {
  await using still = await pulsarProbe.connect(context, soon());
  await write(still, [keyOf('events', 200)]);
  expect(await pulsarProbe.cleanup([context], [], soon())).toEqual({ left: 0 });
  const admin = new PulsarAdmin({ endpoints: [pulsar.endpoint], security: {} });
  expect(await admin.ask('GET', 'namespaces/public', soon())).toEqual(['public/default']);
  expect(await pulsarProbe.cleanup([context], [], soon())).toEqual({ left: 0 });
});

test('a namespace that would not keep the messages is refused', async () => {
  const admin = new PulsarAdmin({ endpoints: [pulsar.endpoint], security: {} });
  const other = { ...context, run: 'another' };
  await admin.ask('PUT', `namespaces/${namespaceOf(other)}`, soon(), {
    replication_clusters: ['paris'],
    deduplicationEnabled: true,
  });
  await expect(pulsarProbe.prepare([other], soon())).rejects.toThrow('does not keep its messages for ever');
  expect(await pulsarProbe.cleanup([other], [], soon())).toEqual({ left: 0 });
});
