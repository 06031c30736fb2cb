import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { compress, uncompress } from 'snappyjs';
import { expect, test } from 'vitest';
import { checksum } from '../history/checksum.ts';
import { alertmanagerProbe } from './alertmanager.ts';
import type { ExpectedWrite, ProbeClient, ProbeContext } from './probe.ts';
import { prometheusProbe, selectorOf, writeRequest } from './prometheus.ts';
import { type FakeRequest, fakeHttpServer } from './testing-http-server.ts';

const soon = (): AbortSignal => AbortSignal.timeout(30_000);
const writes = Array.from({ length: 250 }, (_, seq) => ({ key: `r1/metrics/${seq}`, seq }));

function contextAt(component: string, port: number, timeoutMs = 1_000): ProbeContext {
  const endpoints = { [component]: [{ host: '127.0.0.1', port }] };
  return {
    run: 'r1',
    site: { name: 'paris', datacenter: 'paris-dc', endpoints },
    timeoutUs: timeoutMs * 1_000,
    params: {},
  };
}

async function statesOf(client: ProbeClient, expected: readonly ExpectedWrite[]): Promise<readonly string[]> {
  const states: string[] = [];
  for await (const { state } of client.readBack(expected, soon())) states.push(state);
  return states;
}

/** What a selector of ours selects, of some keys: RE2 and JavaScript read the same in what is written here. */
function selected(selector: string, keys: readonly string[]): readonly string[] {
  const [, pattern = ''] = /^drill_ledger\{key=~(".*")\}$/s.exec(selector) ?? [];
  const anchored = new RegExp(`^(?:${JSON.parse(pattern)})$`, 's');
  return keys.filter((key) => anchored.test(key));
}

test('a selector selects its keys, whatever is in them, and no others', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1 }),
      fc.string({ minLength: 1 }),
      (keys, other) => {
        expect(selected(selectorOf(keys), keys)).toEqual(keys);
        if (!keys.includes(other)) expect(selected(selectorOf(keys), [other])).toEqual([]);
      },
    ),
  );
  expect(selected(selectorOf(['r1/a.b']), ['r1/aXb', 'r1/a.b', 'r1/a.bc'])).toEqual(['r1/a.b']);
});

/** The fields of a message of protobuf, as their numbers and bytes. */
function fieldsOf(bytes: Uint8Array): readonly { readonly no: number; readonly value: unknown }[] {
  const reader = new BinaryReader(bytes);
  const fields: { no: number; value: unknown }[] = [];
  while (reader.pos < reader.len) {
    const [no, wire] = reader.tag();
    if (wire === WireType.LengthDelimited) fields.push({ no, value: reader.bytes() });
    else if (wire === WireType.Bit64) fields.push({ no, value: reader.double() });
    else fields.push({ no, value: Number(reader.int64()) });
  }
  return fields;
}

test('a write is one series with one sample, its labels in order', () => {
  const sent = uncompress(
    compress(writeRequest({ sum: 'ab', key: 'k/ü', __name__: 'drill_ledger' }, 7, 1_790_000_000_123)),
  );
  const [series, ...more] = fieldsOf(sent);
  expect([series?.no, more]).toEqual([1, []]);
  const parts = fieldsOf(series?.value as Uint8Array);
  expect(parts.map(({ no }) => no)).toEqual([1, 1, 1, 2]);
  const text = new TextDecoder();
  const labels = parts
    .slice(0, 3)
    .map(({ value }) => fieldsOf(value as Uint8Array).map((part) => text.decode(part.value as Uint8Array)));
  expect(labels).toEqual([
    ['__name__', 'drill_ledger'],
    ['key', 'k/ü'],
    ['sum', 'ab'],
  ]);
  expect(fieldsOf(parts[3]?.value as Uint8Array)).toEqual([
    { no: 1, value: 7 },
    { no: 2, value: 1_790_000_000_123 },
  ]);
});

/** A Prometheus that holds these keys. */
function prometheus(keys: Map<string, { seq: number; sum: string }>, deletes = 204): (request: FakeRequest) => void {
  return ({ path, body, reply, response }) => {
    if (path === '/-/ready') reply(200, {});
    else if (path === '/api/v1/write') response.writeHead(204).end();
    else if (path === '/api/v1/query') {
      const query = new URLSearchParams(body).get('query') ?? '';
      const selector = /^last_over_time\((.*)\[30d\]\)$/s.exec(query)?.[1] ?? '';
      const result = selected(selector, [...keys.keys()]).map((key) => {
        const { seq = 0, sum = '' } = keys.get(key) ?? {};
        return { metric: { key, sum }, value: [1_790_000_000.123, String(seq)] };
      });
      reply(200, { status: 'success', data: { resultType: 'vector', result } });
    } else if (path === '/api/v1/admin/tsdb/delete_series') {
      const selector = new URLSearchParams(body).get('match[]') ?? '';
      if (deletes === 204) for (const key of selected(selector, [...keys.keys()])) keys.delete(key);
      response.writeHead(deletes).end();
    } else reply(404, {});
  };
}
const stored = (all: readonly { key: string; seq: number }[]) =>
  new Map(all.map(({ key, seq }) => [key, { seq, sum: checksum(key, seq) }]));

test('Prometheus: reads say what stands there, absent, right or wrong', async () => {
  const keys = stored(writes.slice(0, 2));
  keys.set('r1/metrics/1', { seq: 5, sum: checksum('r1/metrics/1', 1) });
  await using server = await fakeHttpServer(prometheus(keys));
  await using client = await prometheusProbe.connect(contextAt('prometheus', server.port), soon());
  const read = async (n: number) => client.invoke({ f: 'read', key: `r1/metrics/${n}`, seq: n }, soon());
  expect(await read(0)).toMatchObject({ outcome: 'ok', valueSha: checksum('r1/metrics/0', 0) });
  expect(await read(1)).toMatchObject({ outcome: 'fail', error: 'corrupt' });
  expect(await read(2)).toMatchObject({ outcome: 'fail', error: 'absent' });
  expect(await client.invoke({ f: 'write', key: 'k', seq: 1 }, soon())).toMatchObject({ outcome: 'ok' });
  const states = await statesOf(client, writes);
  expect([states.length, ...states.slice(0, 3)]).toEqual([250, 'present', 'corrupt', 'absent']);
});

test('Prometheus: the cleanup deletes the series of its keys, and an answer that deletes nothing is an error', async () => {
  const keys = stored([...writes, { key: 'r2/metrics/1', seq: 1 }]);
  await using server = await fakeHttpServer(prometheus(keys));
  expect(await prometheusProbe.cleanup([contextAt('prometheus', server.port)], writes, soon())).toEqual({ left: 0 });
  expect([...keys.keys()]).toEqual(['r2/metrics/1']);
  await using without = await fakeHttpServer(prometheus(keys, 404));
  await expect(prometheusProbe.remove(contextAt('prometheus', without.port), writes, soon())).rejects.toThrow(
    'HTTP 404',
  );
});

test('what is no answer of Prometheus is no absence', async () => {
  await using server = await fakeHttpServer(({ path, reply }) =>
    reply(200, path === '/-/ready' ? {} : { status: 'success', data: { resultType: 'matrix', result: [] } }),
  );
  await using client = await prometheusProbe.connect(contextAt('prometheus', server.port), soon());
  expect(await client.invoke({ f: 'read', key: 'k', seq: 1 }, soon())).toMatchObject({ error: 'unreadable' });
  expect(await statesOf(client, writes.slice(0, 2))).toEqual(['unreadable', 'unreadable']);
});

interface Silence {
  id: string;
  comment: string;
  status: { state: string };
  matchers: { name: string; value: string }[];
}

/** An Alertmanager that holds these silences. */
function alertmanager(silences: Silence[], created = 200): (request: FakeRequest) => void {
  return ({ method, path, body, reply }) => {
    const url = new URL(path, 'http://here');
    if (path === '/-/ready') reply(200, {});
    else if (method === 'POST') {
      const id = `s${silences.length}`;
      silences.push({ ...JSON.parse(body), id, status: { state: 'active' } });
      reply(created, { silenceID: id });
    } else if (method === 'DELETE') {
      const one = silences.find(({ id }) => url.pathname.endsWith(`/${id}`));
      if (one) one.status.state = 'expired';
      reply(one ? 200 : 404, {});
    } else {
      const [, key] = /^drill_key=(".*")$/.exec(url.searchParams.get('filter') ?? '') ?? [];
      reply(
        200,
        silences.filter(({ matchers }) => !key || matchers[0]?.value === JSON.parse(key)),
      );
    }
  };
}

test('Alertmanager: a silence is read by its key, one that has expired is not there, and one of somebody else stays', async () => {
  const others: Silence = {
    ...{ id: 'theirs', comment: 'maintenance', status: { state: 'active' } },
    matchers: [{ name: 'alertname', value: 'r1/silences/0' }],
  };
  const silences = [others];
  await using server = await fakeHttpServer(alertmanager(silences));
  const context = contextAt('alertmanager', server.port);
  await using client = await alertmanagerProbe.connect(context, soon());
  const all = [0, 1, 2].map((seq) => ({ key: `r1/silences/"${seq}"`, seq }));
  for (const { key, seq } of all)
    expect(await client.invoke({ f: 'write', key, seq }, soon())).toEqual({
      outcome: 'ok',
      error: '',
      valueSha: checksum(key, seq),
    });
  const states = () => statesOf(client, all);
  expect(await states()).toEqual(['present', 'present', 'present']);
  await alertmanagerProbe.remove(context, all.slice(0, 1), soon());
  expect(await states()).toEqual(['absent', 'present', 'present']);
  expect(await client.invoke({ f: 'read', ...(all[0] as (typeof all)[0]) }, soon())).toMatchObject({ error: 'absent' });
  expect(await client.invoke({ f: 'read', ...(all[1] as (typeof all)[0]) }, soon())).toMatchObject({ outcome: 'ok' });
  // Told twice, it is there twice; one that is to come silences nothing yet, and is there.
  expect(await client.invoke({ f: 'write', ...(all[1] as (typeof all)[0]) }, soon())).toMatchObject({ outcome: 'ok' });
  const last = silences.find(({ matchers }) => matchers[0]?.value === all[2]?.key);
  if (last) last.status.state = 'pending';
  expect(await states()).toEqual(['absent', 'phantom', 'present']);
  expect(await alertmanagerProbe.cleanup([context], all, soon())).toEqual({ left: 0 });
  expect(silences.map(({ status }) => status.state)).toEqual(['active', 'expired', 'expired', 'expired', 'expired']);
  expect(others.status.state).toBe('active');
});

test('Alertmanager: a silence that is not acknowledged may be there', async () => {
  await using server = await fakeHttpServer(alertmanager([], 500));
  await using client = await alertmanagerProbe.connect(contextAt('alertmanager', server.port), soon());
  expect(await client.invoke({ f: 'write', key: 'k', seq: 1 }, soon())).toMatchObject({
    outcome: 'info',
    error: 'server-500',
  });
});
