import { expect, test } from 'vitest';
import { GremlinClient } from './gremlin-client.ts';
import type { ProbeContext } from './probe.ts';
import { emptyList, type FakeRequest, fakeGremlinServer } from './testing-gremlin-server.ts';

const never = new AbortController().signal;
const soon = () => AbortSignal.timeout(20_000);

const context = (...ports: number[]): ProbeContext => ({
  run: 'r',
  site: {
    name: 'paris',
    datacenter: 'paris-dc',
    endpoints: { janusgraph: ports.map((port) => ({ host: '127.0.0.1', port })) },
  },
  timeoutUs: 30_000_000,
  params: {},
});

const isHello = ({ bytes }: FakeRequest): boolean => bytes.includes('inject');
const write = { f: 'write', key: 'r/gremlin.graph.outside/4', seq: 4 } as const;
const read = { ...write, f: 'read' } as const;

test('a write that is acknowledged is ok; one without an answer may have been applied', async () => {
  await using server = await fakeGremlinServer((request) => {
    if (isHello(request) || request.bytes.includes('gremlin.graph.outside/4#to'))
      request.reply(isHello(request) ? 200 : 204);
  });
  const hasty = { ...context(server.port), timeoutUs: 10_000 };
  await using client = await GremlinClient.connect(context(server.port), soon());
  await using impatient = await GremlinClient.connect(hasty, soon());
  expect(await client.invoke(write, never)).toMatchObject({ outcome: 'ok', error: '' });
  const other = { ...write, key: 'r/gremlin.graph.outside/6' };
  expect(await impatient.invoke(other, never)).toMatchObject({ outcome: 'info', error: 'timeout' });
});

test('what was not sent was not applied', async () => {
  const server = await fakeGremlinServer((request) => {
    if (isHello(request)) request.reply(200);
    else request.socket.terminate();
  });
  await using client = await GremlinClient.connect(context(server.port), soon());
  expect(await client.invoke(write, never)).toMatchObject({ outcome: 'info', error: 'closed' });
  await server[Symbol.asyncDispose]();
  expect(await client.invoke(write, never)).toMatchObject({ outcome: 'fail' });
});

test('an answer without elements is absent, one that cannot be understood no right answer', async () => {
  let results = emptyList;
  await using server = await fakeGremlinServer((request) => request.reply(200, '', results));
  await using client = await GremlinClient.connect(context(server.port), soon());
  expect(await client.invoke(read, never)).toMatchObject({ outcome: 'fail', error: 'absent' });
  // GraphBinary: the Integer 7.
  results = Buffer.from([0x01, 0, 0, 0, 0, 7]);
  expect(await client.invoke(read, never)).toMatchObject({ outcome: 'fail', error: 'protocol' });
});

test('with several servers at a site, each has its turn, and the others go on without one that is gone', async () => {
  const asked = [0, 0];
  const server = (n: number) =>
    fakeGremlinServer((request) => {
      if (!isHello(request)) asked[n] = (asked[n] as number) + 1;
      request.reply(200);
    });
  await using first = await server(0);
  const second = await server(1);
  await using client = await GremlinClient.connect(context(first.port, second.port), soon());
  for (let n = 0; n < 4; n += 1) await client.invoke(write, never);
  expect(asked).toEqual([2, 2]);
  for (const socket of second.server.clients) socket.close();
  await second[Symbol.asyncDispose]();
  const turns = async (): Promise<string> => {
    const before = asked[0] as number;
    const outcomes = [await client.invoke(write, never), await client.invoke(write, never)].map(
      ({ outcome }) => outcome,
    );
    return `${outcomes} ${(asked[0] as number) - before}`;
  };
  await expect.poll(turns, { timeout: 20_000 }).toBe('ok,ok 2');
});

test('keys of a batch that has no answer are unreadable, each once', async () => {
  await using server = await fakeGremlinServer((request) => {
    if (isHello(request)) request.reply(200);
    else request.reply(500, 'Could not execute operation due to backend exception');
  });
  await using client = await GremlinClient.connect(context(server.port), soon());
  const asked = Array.from({ length: 30 }, (_, seq) => ({ key: `r/a/${seq}`, seq }));
  const states: string[] = [];
  for await (const { key, state } of client.readBack(asked, never)) states.push(`${key} ${state}`);
  expect(states).toEqual(asked.map(({ key }) => `${key} unreadable`));
});
