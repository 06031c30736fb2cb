import { expect, test } from 'vitest';
import { checksum } from '../history/checksum.ts';
import type { ProbeContext } from './probe.ts';
import { registry } from './registry.ts';
import { emptyList, type FakeRequest, fakeGremlinServer } from './testing-gremlin-server.ts';
import { transferOf, transfersProbe } from './transfers.ts';

const never = new AbortController().signal;
const soon = () => AbortSignal.timeout(20_000);
const context = (port: number, params: ProbeContext['params'] = {}): ProbeContext => ({
  run: 'r',
  site: { name: 'paris', datacenter: 'paris-dc', endpoints: { janusgraph: [{ host: '127.0.0.1', port }] } },
  timeoutUs: 10_000_000,
  params,
});
const KEY = 'r/transfers.payments.outside/4';
const isHello = ({ bytes }: FakeRequest): boolean => bytes.includes('inject');

/** GraphBinary: a list of one Long. */
function oneLong(value: number): Buffer {
  const long = Buffer.alloc(8);
  long.writeBigInt64BE(BigInt(value));
  return Buffer.concat([Buffer.from([0x09, 0, 0, 0, 0, 1, 0x02, 0]), long]);
}

test('transfers go from one purse of a pair to the other, the pairs in turn, and no two services meet', () => {
  const of = (service: string, seq: number, first = 0) =>
    transferOf({ run: 'r', params: { purses: 8, first } }, `r/transfers.${service}.outside/${seq}`, seq);
  expect([0, 2, 4, 6, 8].map((seq) => [of('payments', seq).from, of('payments', seq).to])).toEqual([
    ['r/purse.clients/0', 'r/purse.clients/1'],
    ['r/purse.clients/2', 'r/purse.clients/3'],
    ['r/purse.clients/4', 'r/purse.clients/5'],
    ['r/purse.clients/6', 'r/purse.clients/7'],
    ['r/purse.clients/0', 'r/purse.clients/1'],
  ]);
  expect(of('settlements', 0, 2).from).toBe('r/purse.clients/4');
  expect([0, 2, 16, 18].map((seq) => of('payments', seq).amount)).toEqual([1, 2, 9, 1]);
});

test.each([
  'r/warm.transfers.payments.outside.paris/0',
  'r/transfers.canary.outside/2',
  'r/transfers.@paris.outside/2',
  'r/served/0',
])('what is no service’s moves nothing that is counted: %s', (key) => {
  expect(transferOf({ run: 'r', params: {} }, key, 0).from).toBe('r/purse.others/0');
});

test('a transfer is acknowledged when it was made, and certainly not made where a purse is not there', async () => {
  let moved = oneLong(1);
  await using server = await fakeGremlinServer((request) =>
    request.reply(200, '', isHello(request) ? emptyList : moved),
  );
  await using client = await transfersProbe.connect(context(server.port), soon());
  const write = { f: 'write', key: KEY, seq: 4 } as const;
  expect(await client.invoke(write, never)).toEqual({ outcome: 'ok', error: '', valueSha: checksum(KEY, 4) });
  moved = oneLong(0);
  expect(await client.invoke(write, never)).toEqual({ outcome: 'fail', error: 'absent', valueSha: '' });
  // An answer that cannot be understood says nothing of what was done.
  moved = emptyList;
  expect(await client.invoke(write, never)).toMatchObject({ outcome: 'info', error: 'protocol' });
});

test('what is read back and not there is absent, each key once', async () => {
  await using server = await fakeGremlinServer((request) => request.reply(200, '', emptyList));
  await using client = await transfersProbe.connect(context(server.port), soon());
  const writes = Array.from({ length: 60 }, (_, n) => ({ key: `r/transfers.payments.outside/${2 * n}`, seq: 2 * n }));
  const answers: { key: string; state: string }[] = [];
  for await (const answer of client.readBack(writes, soon())) answers.push(answer);
  expect(answers.map(({ key }) => key)).toEqual(writes.map(({ key }) => key));
  expect(new Set(answers.map(({ state }) => state))).toEqual(new Set(['absent']));
  expect(await client.invoke({ f: 'read', key: KEY, seq: 4 }, never)).toMatchObject({
    outcome: 'fail',
    error: 'absent',
  });
});

test('a script about many keys may run for longer than the server lets any by itself', async () => {
  const scripts: Buffer[] = [];
  await using server = await fakeGremlinServer((request) => {
    if (!isHello(request)) scripts.push(request.bytes);
    request.reply(200);
  });
  const writes = Array.from({ length: 150 }, (_, n) => ({ key: `r/transfers.payments.outside/${2 * n}`, seq: 2 * n }));
  await transfersProbe.remove(context(server.port), writes, soon());
  expect(scripts.map((bytes) => bytes.includes('evaluationTimeout'))).toEqual([true, true]);
});

test('its parameters are strict', () => {
  const parse = (params: unknown) => registry([transfersProbe]).get('transfers')?.params.safeParse(params).success;
  expect([{}, { purses: 2 }, { purses: 3 }, { purses: 2_000 }, { first: -1 }, { purse: 2 }].map(parse)).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
});
