import { expect, test, vi } from 'vitest';
import { checksum } from '../history/checksum.ts';
import { OpensearchClient } from './opensearch-client.ts';
import { openClient } from './opensearch-driver.ts';
import type { ProbeOutcome, ReadBackAnswer } from './probe.ts';
import { type FakeRequest, fakeHttpServer } from './testing-http-server.ts';
import { contextAt } from './testing-opensearch-server.ts';

const KEY = 'r1/ledger/7';
const SUM = checksum(KEY, 7);
const never = new AbortController().signal;

async function clientAt(
  ports: readonly number[],
  timeoutMs?: number,
  params: Readonly<Record<string, unknown>> = {},
): Promise<OpensearchClient> {
  const context = { ...contextAt(ports, timeoutMs), params };
  return new OpensearchClient(await openClient(context), context);
}

/** What becomes of one operation where the server does this. */
async function asked(f: 'write' | 'read', onRequest: (request: FakeRequest) => void): Promise<ProbeOutcome> {
  await using server = await fakeHttpServer(onRequest);
  await using client = await clientAt([server.port]);
  // Awaited here: what is disposed of at the end of this must not be before.
  return await client.invoke({ f, key: KEY, seq: 7 }, never);
}

const error = (type: string): unknown => ({ error: { type, reason: 'it says so' }, status: undefined });

test('a write makes a document under its key, once, and is ok where the cluster says that it is made', async () => {
  const seen: FakeRequest[] = [];
  const outcome = await asked('write', (request) => {
    seen.push(request);
    request.reply(201, { result: 'created', _id: KEY });
  });
  expect(outcome).toEqual({ outcome: 'ok', error: '', valueSha: SUM });
  expect(seen).toHaveLength(1);
  expect(seen[0]?.method).toBe('POST');
  expect(seen[0]?.path).toContain(`/drill-ledger/_create/${encodeURIComponent(KEY)}`);
  expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ key: KEY, seq: 7, sum: SUM });
});

test.each([
  ['refused as wrong', 400, error('mapper_parsing_exception'), 'fail', 'invalid'],
  ['not let in', 401, error('security_exception'), 'fail', 'auth'],
  ['not allowed', 403, error('security_exception'), 'fail', 'auth'],
  ['an index that takes no writes', 403, error('cluster_block_exception'), 'info', 'blocked'],
  ['no index', 404, error('index_not_found_exception'), 'fail', 'no-index'],
  ['its own write, told again by the cluster', 409, error('version_conflict_engine_exception'), 'info', 'conflict'],
  ['too large', 413, error('content_too_long'), 'fail', 'too-large'],
  ['too busy', 429, error('rejected_execution_exception'), 'info', 'overloaded'],
  ['a defect of the server', 500, error('null_pointer_exception'), 'info', 'server-500'],
  ['no primary in time', 503, error('unavailable_shards_exception'), 'info', 'unavailable'],
  ['no manager', 503, error('cluster_block_exception'), 'info', 'unavailable'],
  ['a gateway between', 504, 'late', 'info', 'server-504'],
  ['an answer that says something else', 200, { result: 'noop' }, 'info', 'unreadable'],
  ['no object', 201, null, 'info', 'unreadable'],
] as const)('a write: %s', async (_, status, body, outcome, code) => {
  const seen = await asked('write', ({ reply }) => reply(status, body));
  expect(seen).toEqual({ outcome, error: code, valueSha: SUM });
});

test.each([
  ['the connection ends before the answer', ({ response }: FakeRequest) => response.destroy(), 'closed'],
  ['no answer', () => {}, 'timeout'],
  [
    'the answer begins and does not end',
    ({ response }: FakeRequest) => response.writeHead(201, { 'content-type': 'application/json' }).write('{"res'),
    'closed',
  ],
  [
    'the answer cannot be read',
    ({ response }: FakeRequest) => response.writeHead(201, { 'content-type': 'application/json' }).end('{"res'),
    'unreadable',
  ],
] as const)('a write may have been applied: %s', async (_, onRequest, code) => {
  const began = performance.now();
  expect(await asked('write', onRequest)).toEqual({ outcome: 'info', error: code, valueSha: SUM });
  expect(performance.now() - began).toBeLessThan(5_000);
});

test('a connection that is reset in the middle of an answer is doubtful, and nothing is printed: rows of the record go to the same place', async () => {
  const printed = vi.spyOn(console, 'log').mockImplementation(() => {});
  const outcome = await asked('write', ({ response }) => {
    response.writeHead(201, { 'content-type': 'application/json' }).write('{"res');
    setTimeout(() => response.socket?.resetAndDestroy(), 20);
  });
  expect(outcome).toEqual({ outcome: 'info', error: 'closed', valueSha: SUM });
  expect(printed).not.toHaveBeenCalled();
  printed.mockRestore();
});

test('a write to a node that refuses connections was certainly not applied', async () => {
  const gone = await fakeHttpServer(() => {});
  await gone[Symbol.asyncDispose]();
  await using client = await clientAt([gone.port]);
  expect(await client.invoke({ f: 'write', key: KEY, seq: 7 }, never)).toMatchObject({
    outcome: 'fail',
    error: 'refused',
  });
});

test('nothing is retried: one refusal is one failure, and the next operation goes to a node that is there', async () => {
  const gone = await fakeHttpServer(() => {});
  await gone[Symbol.asyncDispose]();
  let requests = 0;
  await using server = await fakeHttpServer(({ reply }) => {
    requests += 1;
    reply(201, { result: 'created' });
  });
  await using client = await clientAt([gone.port, server.port]);
  const outcomes: string[] = [];
  for (let seq = 0; seq < 6; seq += 1)
    outcomes.push((await client.invoke({ f: 'write', key: `r1/ledger/${seq}`, seq }, never)).outcome);
  expect(outcomes.filter((one) => one === 'fail')).toHaveLength(1);
  expect(requests).toBe(5);
});

test('a node alone is asked at once again, however often it failed', async () => {
  let up = false;
  await using server = await fakeHttpServer(({ reply }) => reply(up ? 201 : 503, up ? { result: 'created' } : {}));
  await using client = await clientAt([server.port]);
  for (let n = 0; n < 5; n += 1)
    expect((await client.invoke({ f: 'write', key: KEY, seq: 7 }, never)).outcome).toBe('info');
  up = true;
  expect((await client.invoke({ f: 'write', key: KEY, seq: 7 }, never)).outcome).toBe('ok');
});

test.each([
  ['what was written', 200, { found: true, _source: { key: KEY, seq: 7, sum: SUM } }, 'ok', ''],
  ['something else under its key', 200, { found: true, _source: { key: KEY, seq: 7, sum: 'x' } }, 'fail', 'corrupt'],
  ['another key', 200, { found: true, _source: { key: 'other', seq: 7, sum: SUM } }, 'fail', 'corrupt'],
  ['no document', 404, { found: false }, 'fail', 'absent'],
  ['no index: that is no absent document', 404, error('index_not_found_exception'), 'fail', 'no-index'],
  ['no shard', 503, error('no_shard_available_action_exception'), 'fail', 'unavailable'],
] as const)('a read finds %s', async (_, status, body, outcome, code) => {
  expect(await asked('read', ({ reply }) => reply(status, body))).toMatchObject({ outcome, error: code });
});

async function readBackOf(answer: (ids: readonly string[]) => unknown, n = 3): Promise<readonly ReadBackAnswer[]> {
  await using server = await fakeHttpServer(({ body, reply }) => {
    const { ids } = JSON.parse(body) as { ids: readonly string[] };
    reply(200, answer(ids));
  });
  await using client = await clientAt([server.port]);
  const expected = Array.from({ length: n }, (_, seq) => ({ key: `r1/ledger/${seq}`, seq }));
  const answers: ReadBackAnswer[] = [];
  for await (const one of client.readBack(expected, never)) answers.push(one);
  return answers;
}
const states = (answers: readonly ReadBackAnswer[]): readonly string[] => answers.map(({ state }) => state);
const whole = (key: string, seq: number) => ({ _id: key, found: true, _source: { key, seq, sum: checksum(key, seq) } });

test('everything that is asked for has an answer: there, gone, changed, not to be read', async () => {
  const answers = await readBackOf(
    ([a = '', b = '', c = '', d = '', e = '']) => ({
      docs: [
        whole(a, 0),
        { _id: b, found: false },
        { ...whole(c, 2), _source: { key: c, seq: 2, sum: 'y' } },
        { _id: d, error: { type: 'no_shard_available_action_exception' } },
        whole('another', 4),
        { _id: e },
      ].slice(0, 5),
    }),
    5,
  );
  expect(states(answers)).toEqual(['present', 'absent', 'corrupt', 'unreadable', 'unreadable']);
  expect(answers[2]?.valueSha).toBe('y');
});

test('a batch that cannot be asked for is unreadable, never absent', async () => {
  expect(states(await readBackOf(() => ({ docs: [] })))).toEqual(Array(3).fill('unreadable'));
  expect(states(await readBackOf(() => null))).toEqual(Array(3).fill('unreadable'));
});

test('many keys are asked for in batches, each key once', async () => {
  const sizes: number[] = [];
  const answers = await readBackOf((ids) => {
    sizes.push(ids.length);
    return { docs: ids.map((id) => whole(id, Number(id.split('/').at(-1)))) };
  }, 450);
  expect(sizes).toEqual([200, 200, 50]);
  expect(new Set(answers.map(({ key }) => key)).size).toBe(450);
  expect(new Set(states(answers))).toEqual(new Set(['present']));
});

/** What a search answers: these documents, of shards that were all asked. */
const hits = (...sources: readonly unknown[]) => ({
  timed_out: false,
  _shards: { total: 1, successful: 1, failed: 0 },
  hits: { hits: sources.map((_source) => ({ _source })) },
});
const right = { key: KEY, seq: 7, sum: SUM };

/** A read that searches, where the server answers so in turn, the last one again and again. */
async function searched(...answers: readonly { readonly status?: number; readonly body: unknown }[]) {
  const seen: FakeRequest[] = [];
  await using server = await fakeHttpServer((request) => {
    const { status = 200, body } = answers[Math.min(seen.length, answers.length - 1)] ?? { body: {} };
    seen.push(request);
    request.reply(status, body);
  });
  await using client = await clientAt([server.port], 400, { reads: 'search' });
  const outcome = await client.invoke({ f: 'read', key: KEY, seq: 7 }, never);
  return { outcome, seen };
}

test('a read that searches awaits its document, and asks every shard', async () => {
  const { outcome, seen } = await searched({ body: hits() }, { body: hits() }, { body: hits(right) });
  expect(outcome).toEqual({ outcome: 'ok', error: '', valueSha: SUM });
  expect(seen).toHaveLength(3);
  expect(seen[0]?.path).toContain('/drill-ledger/_search?allow_partial_search_results=false');
  expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ size: 2, query: { term: { key: KEY } } });
});

test('one that is not found in its time is absent', async () => {
  // A last look that is not answered any more, on a machine that is busy, is a time-out.
  await vi.waitFor(async () => {
    const { outcome, seen } = await searched({ body: hits() });
    expect(seen.length).toBeGreaterThan(1);
    expect(outcome).toEqual({ outcome: 'fail', error: 'absent', valueSha: '' });
  }, 30_000);
});

test.each([
  ['a shard that could not be asked', { body: { ...hits(), _shards: { failed: 1 } } }, 'unreadable'],
  ['a search that was broken off', { body: { ...hits(), timed_out: true } }, 'unreadable'],
  ['no hits at all', { body: { timed_out: false, _shards: { failed: 0 } } }, 'unreadable'],
  ['another content', { body: hits({ ...right, sum: 'x' }) }, 'corrupt'],
  ['twice', { body: hits(right, right) }, 'phantom'],
  ['no index', { status: 404, body: error('index_not_found_exception') }, 'no-index'],
  ['a cluster without its shards', { status: 503, body: error('search_phase_execution_exception') }, 'unavailable'],
])('what a search says once is final: %s', async (_, answer, code) => {
  const { outcome, seen } = await searched(answer);
  expect(outcome).toMatchObject({ outcome: 'fail', error: code });
  expect(seen).toHaveLength(1);
});
