import { expect, test } from 'vitest';
import { inspect } from '../check/integrity.ts';
import { checksum } from '../history/checksum.ts';
import { customerOf, customersProbe } from './customers.ts';
import type { ProbeContext } from './probe.ts';
import { registry } from './registry.ts';
import { emptyList, type FakeRequest, fakeGremlinServer } from './testing-gremlin-server.ts';

const never = new AbortController().signal;
const soon = () => AbortSignal.timeout(20_000);
const context = (port: number, params: ProbeContext['params'] = {}): ProbeContext => ({
  run: 'r',
  site: { name: 'paris', datacenter: 'paris-dc', endpoints: { janusgraph: [{ host: '127.0.0.1', port }] } },
  timeoutUs: 10_000_000,
  params,
});
const KEY = 'r/customers.branch.outside/4';
const isHello = ({ bytes }: FakeRequest): boolean => bytes.includes('inject');

const int = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
/** GraphBinary: values of one type with their code, as the elements of a list or the entries of a map. */
const text = (value: string): Buffer => Buffer.concat([Buffer.from([0x03, 0]), int(value.length), Buffer.from(value)]);
const integer = (value: number): Buffer => Buffer.concat([Buffer.from([0x01, 0]), int(value)]);
const long = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return Buffer.concat([Buffer.from([0x02, 0]), bytes]);
};
const list = (...of: Buffer[]): Buffer => Buffer.concat([Buffer.from([0x09, 0]), int(of.length), ...of]);
const map = (entries: Readonly<Record<string, Buffer>>): Buffer =>
  Buffer.concat([
    Buffer.from([0x0a, 0]),
    int(Object.keys(entries).length),
    ...Object.entries(entries).flatMap(([key, value]) => [text(key), value]),
  ]);

/** An enrolment as a server tells of it. */
function enrolment(numbers: readonly string[], { seq = 4, sum = checksum(KEY, 4) } = {}): Buffer {
  return map({ k: text(KEY), q: integer(seq), s: text(sum), n: list(...numbers.map(text)) });
}

test('customers are enrolled in turn, by services of which one is ahead, and from the first on again', () => {
  const of = (service: string, seq: number, ahead = 0) =>
    customerOf({ run: 'r', params: { ahead } }, `r/customers.${service}.outside/${seq}`, seq);
  expect([0, 2, 4, 3_998, 4_000].map((seq) => of('branch', seq))).toEqual([
    'r/customer/0',
    'r/customer/1',
    'r/customer/2',
    'r/customer/1999',
    'r/customer/0',
  ]);
  expect(of('online', 0, 2)).toBe('r/customer/2');
});

test.each([
  'r/warm.customers.branch.outside.paris/0',
  'r/customers.canary.outside/2',
  'r/customers.@paris.outside/2',
  'r/served/0',
])('what is no service’s enrols one of its own, whom nobody looks over: %s', (key) => {
  expect(customerOf({ run: 'r', params: {} }, key, 0)).toBe(`${key}/customer`);
});

const NUMBER = 'r/customer/2';
test.each([
  ['present', [enrolment([NUMBER])]],
  ['absent', []],
  ['partial', [enrolment([])]],
  ['partial', [enrolment(['r/customer/1'])]],
  ['partial', [enrolment([NUMBER, NUMBER])]],
  ['corrupt', [enrolment([NUMBER], { sum: '0123456789abcdef' })]],
  ['corrupt', [enrolment([NUMBER], { seq: 6 })]],
  ['phantom', [enrolment([NUMBER]), enrolment([NUMBER])]],
])('an enrolment is %s', async (state, seen) => {
  await using server = await fakeGremlinServer((request) =>
    request.reply(200, '', isHello(request) ? emptyList : list(...seen)),
  );
  await using client = await customersProbe.connect(context(server.port), soon());
  const answers: unknown[] = [];
  for await (const answer of client.readBack([{ key: KEY, seq: 4 }], soon())) answers.push(answer);
  expect(answers).toMatchObject([{ key: KEY, state }]);
  expect(await client.invoke({ f: 'read', key: KEY, seq: 4 }, never)).toMatchObject(
    state === 'present' ? { outcome: 'ok', valueSha: checksum(KEY, 4) } : { outcome: 'fail', error: state },
  );
});

test('the census says of each customer whether either index finds it, and of an entry that leads to nobody that it is one', async () => {
  const seen = (id: number, number: string): Buffer => map({ i: integer(id), k: text(number) });
  const byNumber = list(seen(8, NUMBER), seen(9, NUMBER), seen(7, ''));
  const byPassport = list(seen(8, NUMBER), seen(6, 'r/customer/1'));
  let asked = 0;
  await using server = await fakeGremlinServer((request) => {
    if (isHello(request)) return request.reply(200);
    asked += 1;
    // Of all who are asked for, in twenty requests a way, those of the first.
    return request.reply(200, '', asked === 1 ? byNumber : asked === 2 ? byPassport : emptyList);
  });
  const entries = (await customersProbe.census?.(context(server.port), soon())) ?? [];
  expect(asked).toBe(40);
  expect(entries.map(({ kind, element, key, value }) => [kind, element, key, value])).toEqual([
    ['customer', '8', NUMBER, 'found'],
    ['customer', '9', NUMBER, 'hidden'],
    ['vertex-index', '7', '', ''],
    ['customer', '6', 'r/customer/1', 'unlisted'],
  ]);
  expect(inspect(entries).anomalies.map(({ kind, elements }) => [kind, ...elements])).toEqual([
    ['index-without-element', '7'],
    ['number-twice', '8', '9'],
    ['hidden-customer', '9'],
    ['hidden-customer', '6'],
  ]);
});

test('what is cleaned up are those whom services share and those of everybody else’s writes, and nothing is asked for twice', async () => {
  const scripts: string[] = [];
  /** Answers for which nobody is there: those after a deletion, one by each index. */
  let gone = 0;
  await using server = await fakeGremlinServer((request) => {
    if (isHello(request)) return request.reply(200);
    if (request.bytes.includes('dismissed')) {
      gone = 2;
      scripts.push(request.bytes.toString('latin1'));
      return request.reply(200);
    }
    if (!request.bytes.includes('project')) return request.reply(200, '', list(long(0)));
    request.reply(200, '', gone > 0 ? emptyList : list(map({ i: integer(8), k: text(NUMBER) })));
    gone = Math.max(0, gone - 1);
  });
  const writes = [
    { key: 'r/warm.customers.branch.outside.paris/0', seq: 0 },
    { key: KEY, seq: 4 },
  ];
  expect(await customersProbe.cleanup([context(server.port)], writes, soon(), true)).toEqual({ left: 0 });
  const all = scripts.join('');
  for (const number of ['r/customer/0', 'r/customer/1999', `${writes[0]?.key}/customer`]) expect(all).toContain(number);
  for (const none of ['r/customer/2000', `${KEY}/customer`]) expect(all).not.toContain(none);
});

test('where nothing is left nothing is deleted', async () => {
  let scripts = 0;
  await using server = await fakeGremlinServer((request) => {
    if (request.bytes.includes('dismissed')) scripts += 1;
    request.reply(200, '', request.bytes.includes('project') || isHello(request) ? emptyList : list(long(0)));
  });
  const writes = [{ key: KEY, seq: 4 }];
  expect(await customersProbe.cleanup([context(server.port)], writes, soon(), true)).toEqual({ left: 0 });
  expect(scripts).toBe(0);
});

test('its parameters are strict', () => {
  const parse = (params: unknown) => registry([customersProbe]).get('customers')?.params.safeParse(params).success;
  expect(
    [{}, { customers: 0 }, { customers: 10_001 }, { ahead: -1 }, { ahead: 1_001 }, { first: 1 }].map(parse),
  ).toEqual([true, false, false, false, false, false]);
});
