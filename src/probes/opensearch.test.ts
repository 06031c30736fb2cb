import { expect, test } from 'vitest';
import { PlatformError } from '../errors.ts';
import { opensearchProbe } from './opensearch.ts';
import { type FakeRequest, fakeHttpServer } from './testing-http-server.ts';
import { contextAt } from './testing-opensearch-server.ts';

const soon = (): AbortSignal => AbortSignal.timeout(30_000);
const writes = Array.from({ length: 250 }, (_, seq) => ({ key: `r1/ledger/${seq}`, seq }));
const idsOf = (body: string): readonly string[] => (JSON.parse(body) as { ids: readonly string[] }).ids;
/** One line for each document that is to be deleted. */
const deletedBy = (body: string): readonly string[] =>
  body
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { delete: { _id: string } }).delete._id);

/** A cluster that holds these keys and does what it is told. */
function cluster(keys: Set<string>, status = 200): (request: FakeRequest) => void {
  return ({ path, body, reply }) => {
    if (path.includes('_bulk')) {
      const ids = deletedBy(body);
      if (status === 200) for (const id of ids) keys.delete(id);
      reply(200, { errors: status !== 200, items: ids.map((_id) => ({ delete: { _id, status } })) });
    } else if (path.includes('_mget')) reply(200, { docs: idsOf(body).map((_id) => ({ _id, found: keys.has(_id) })) });
    else reply(500, {});
  };
}

test('the cleanup deletes every key, and counts what is left', async () => {
  const keys = new Set([...writes.map(({ key }) => key), 'r2/ledger/1']);
  await using server = await fakeHttpServer(cluster(keys));
  expect(await opensearchProbe.cleanup([contextAt([server.port])], writes, soon())).toEqual({ left: 0 });
  expect([...keys]).toEqual(['r2/ledger/1']);
});

test('documents that are not deleted are an error, and what cannot be asked for is counted as left', async () => {
  const keys = new Set(writes.map(({ key }) => key));
  await using refusing = await fakeHttpServer(cluster(keys, 403));
  await expect(opensearchProbe.remove(contextAt([refusing.port]), writes, soon())).rejects.toThrow(PlatformError);
  await using silent = await fakeHttpServer(({ path, body, reply }) => {
    if (path.includes('_bulk')) cluster(keys)({ path, body, reply } as FakeRequest);
    else reply(200, { docs: idsOf(body).map((_id) => ({ _id, error: { type: 'no_shard_available' } })) });
  });
  expect(await opensearchProbe.cleanup([contextAt([silent.port])], writes, soon())).toEqual({ left: 250 });
});

test('an index that is there is not made again; one that does not become green is an error', async () => {
  const seen: string[] = [];
  await using server = await fakeHttpServer(({ method, path, response, reply }) => {
    seen.push(`${method} ${path.split('?')[0]}`);
    if (method === 'HEAD') response.writeHead(200).end();
    else reply(408, { status: 'yellow', timed_out: true });
  });
  await expect(opensearchProbe.prepare([contextAt([server.port])], soon())).rejects.toThrow(
    'the index drill-ledger of paris is yellow and not green',
  );
  expect(seen).toEqual(['HEAD /drill-ledger', 'GET /_cluster/health/drill-ledger']);
});

test('a new index takes no other fields than those of its documents, and has a second copy where there is a second node', async () => {
  const made: unknown[] = [];
  await using server = await fakeHttpServer(({ method, path, body, response, reply }) => {
    if (method === 'HEAD') response.writeHead(404).end();
    else if (method === 'PUT') made.push(JSON.parse(body));
    if (method === 'PUT') reply(200, { acknowledged: true });
    if (path.includes('health')) reply(200, { status: 'green', timed_out: false });
  });
  await using other = await fakeHttpServer(({ reply }) => reply(503, {}));
  await opensearchProbe.prepare([contextAt([server.port])], soon());
  await opensearchProbe.prepare([contextAt([server.port, other.port])], soon());
  expect(made).toMatchObject([
    { settings: { number_of_shards: 1, number_of_replicas: 0 }, mappings: { dynamic: 'strict' } },
    { settings: { number_of_shards: 2, number_of_replicas: 1 } },
  ]);
});

test('whoever connects is let in by any node that answers; by none, or by a refusal, he is told so', async () => {
  await using server = await fakeHttpServer(({ reply }) => reply(200, { version: { number: '2.19.5' } }));
  const gone = await fakeHttpServer(() => {});
  await gone[Symbol.asyncDispose]();
  await using _client = await opensearchProbe.connect(contextAt([gone.port, server.port]), soon());
  await expect(opensearchProbe.connect(contextAt([gone.port]), AbortSignal.timeout(300))).rejects.toThrow(
    'OpenSearch of paris cannot be reached: refused',
  );
  await using closed = await fakeHttpServer(({ reply }) => reply(401, { error: { type: 'security_exception' } }));
  await expect(opensearchProbe.connect(contextAt([closed.port]), soon())).rejects.toThrow('auth');
});
