import { expect, test } from 'vitest';
import { checksum } from '../history/checksum.ts';
import type { GremlinAnswer } from './gremlin-answer.ts';
import { paymentOf, type Stored } from './payments.ts';
import { PipelineClient } from './pipeline-client.ts';
import type { ExpectedWrite } from './probe.ts';
import type { Sent } from './pulsar/kept-producer.ts';

const KEY = 'run/pipeline.events.outside/4';
const read = { f: 'read', key: KEY, seq: 4 } as const;
const write = { f: 'write', key: KEY, seq: 4 } as const;
const signal = new AbortController().signal;
const there: Stored = paymentOf(KEY, 4);
const rows = (...found: readonly Stored[]): GremlinAnswer => ({
  kind: 'result',
  data: found.map((stored) => new Map(Object.entries(stored))),
});
const texts = (...found: readonly string[]): GremlinAnswer => ({ kind: 'result', data: found });

/** A client whose graph answers so in turn, the last one again and again, and whose broker says this of every event. */
function clientOf(
  answers: readonly GremlinAnswer[],
  { timeoutMs = 2_000, sent = { outcome: 'ok', error: '', id: null } as Sent } = {},
) {
  const asked = { finds: 0, sends: [] as { key: string; payload: string }[] };
  const client = new PipelineClient(
    {
      events: {
        async send(message) {
          asked.sends.push(message);
          return sent;
        },
        async [Symbol.asyncDispose]() {},
      },
      graph: {
        bulkMs: 1_000,
        async submit() {
          return answers[Math.min(asked.finds++, answers.length - 1)] as GremlinAnswer;
        },
        async [Symbol.asyncDispose]() {},
      },
    },
    'g',
    timeoutMs,
  );
  return { client, asked };
}

async function statesOf(client: PipelineClient, expected: readonly ExpectedWrite[]): Promise<readonly string[]> {
  const states: string[] = [];
  for await (const { state } of client.readBack(expected, signal)) states.push(state);
  return states;
}

test('a write is what the broker says of it, and its event says the whole payment, in the order of its payer', async () => {
  const { client, asked } = clientOf([rows()]);
  expect(await client.invoke(write, signal)).toEqual({ outcome: 'ok', error: '', valueSha: checksum(KEY, 4) });
  expect(asked.sends).toEqual([{ key: `${KEY}#payer`, payload: JSON.stringify(paymentOf(KEY, 4)) }]);
  expect(asked.finds).toBe(0);
  const doubtful = clientOf([rows(there)], { sent: { outcome: 'info', error: 'timeout', id: null } });
  expect(await doubtful.client.invoke(write, signal)).toMatchObject({ outcome: 'info', error: 'timeout' });
});

test('a read awaits its event in the graph', async () => {
  const { client, asked } = clientOf([rows(), rows(), rows(there)]);
  expect(await client.invoke(read, signal)).toEqual({ outcome: 'ok', error: '', valueSha: checksum(KEY, 4) });
  expect(asked.finds).toBe(3);
});

test('one that does not come is absent, when the time is over and not before, and is looked for ever less often', async () => {
  const timeoutMs = 400;
  const { client, asked } = clientOf([rows()], { timeoutMs });
  const began = performance.now();
  expect(await client.invoke(read, signal)).toEqual({ outcome: 'fail', error: 'absent', valueSha: '' });
  expect(performance.now() - began).toBeGreaterThanOrEqual(timeoutMs - 1);
  expect(asked.finds).toBeLessThanOrEqual(timeoutMs / 20);
});

test('of a half of it the rest is awaited; twice is wrong at once', async () => {
  const half: Stored = { ...there, payee: undefined };
  expect(await clientOf([rows(half), rows(there)]).client.invoke(read, signal)).toMatchObject({ outcome: 'ok' });
  expect(await clientOf([rows(half)], { timeoutMs: 100 }).client.invoke(read, signal)).toMatchObject({
    ...{ outcome: 'fail', error: 'corrupt' },
  });
  const { client, asked } = clientOf([rows(there, there)]);
  expect(await client.invoke(read, signal)).toMatchObject({ outcome: 'fail', error: 'phantom' });
  expect(asked.finds).toBe(1);
});

test.each<[GremlinAnswer, string]>([
  [{ kind: 'timeout' }, 'timeout'],
  [{ kind: 'closed' }, 'closed'],
  [{ kind: 'unsent', error: 'refused' }, 'refused'],
  [{ kind: 'result', data: 'what?' }, 'protocol'],
])('a graph that gives no answer fails the read: %j', async (answer, error) => {
  const { client, asked } = clientOf([answer]);
  expect(await client.invoke(read, signal)).toMatchObject({ outcome: 'fail', error });
  expect(asked.finds).toBe(1);
});

test('a read-back says what is there now, and awaits nothing', async () => {
  const expected = [4, 5, 6, 7, 8].map((seq) => ({ key: `run/p/${seq}`, seq }));
  const [first, twice, , changed, half] = expected.map(({ key, seq }): Stored => paymentOf(key, seq));
  const found = rows(
    ...([first, twice, twice] as Stored[]),
    ...[{ ...changed, amount: 99 }],
    // Nobody asked for it.
    ...[paymentOf('run/p/77', 77)],
  );
  const { client, asked } = clientOf([found, texts(String(half?.payer))]);
  expect(await statesOf(client, expected)).toEqual(['present', 'phantom', 'absent', 'corrupt', 'partial']);
  expect(asked.finds).toBe(2);
  expect(await clientOf([rows(), texts()]).client.left(expected, signal)).toEqual([]);
});

test('what cannot be read is unreadable, and is left until the contrary is shown', async () => {
  const [write] = [{ key: KEY, seq: 4 }];
  for (const answers of [[{ kind: 'timeout' }], [rows(), { kind: 'closed' }], [rows(), texts(), { kind: 'timeout' }]]) {
    const { client } = clientOf(answers as GremlinAnswer[]);
    const states = await statesOf(client, [write]);
    expect(states).toEqual(answers.length === 3 ? ['absent'] : ['unreadable']);
  }
  const { client } = clientOf([{ kind: 'timeout' }]);
  expect(await client.left([write], signal)).toEqual([write]);
});
