import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@redis/client';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { checksum } from '../../src/history/checksum.ts';
import { answers } from '../../src/platform/health.ts';
import { aheadOf } from '../../src/platform/local/wall-clock.ts';
import type { ProbeClient, ProbeContext } from '../../src/probes/probe.ts';
import { redisProbe } from '../../src/probes/redis.ts';
import { type ProgramServer, programServer } from './support/program-server.ts';

/* A real Redis, 0.1 s from its start, on loopback. */
const directory = mkdtempSync(join(tmpdir(), 'drill-e2e-redis-'));
const soon = (): AbortSignal => AbortSignal.timeout(60_000);
const OK = { outcome: 'ok', error: '' } as const;
let server: ProgramServer;
let context: ProbeContext;
beforeAll(async () => {
  server = await programServer('redis', directory, AbortSignal.timeout(600_000));
  await server.start();
  context = { run: 'r1', site: server.site, timeoutUs: 1_000_000, params: {} };
  await redisProbe.prepare([context], soon());
});
afterEach(async () => {
  expect(await redisProbe.cleanup([context], writes, soon())).toEqual({ left: 0 });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

const writes = Array.from({ length: 450 }, (_, seq) => ({ key: `r1/ledger/${seq} ü`, seq }));
const [first = { key: '', seq: 0 }, second = first, third = first] = writes;
const at = () => server.site.endpoints.redis?.[0] ?? { host: '', port: 0 };

async function statesOf(client: ProbeClient): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for await (const { state } of client.readBack(writes, soon())) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

/** Somebody else at the same server. */
async function ordered(...words: string[]): Promise<unknown> {
  const other = createClient({ socket: at() });
  other.on('error', () => {});
  await other.connect();
  try {
    return await other.sendCommand(words);
  } finally {
    other.destroy();
  }
}

test('what is written is there at once; what is removed is missing; what is another is corrupt', async () => {
  await using client = await redisProbe.connect(context, soon());
  for (const write of writes)
    expect(await client.invoke({ f: 'write', ...write }, soon())).toEqual({
      ...OK,
      valueSha: checksum(write.key, write.seq),
    });
  expect(await client.invoke({ f: 'read', ...first }, soon())).toMatchObject(OK);
  expect(await statesOf(client)).toEqual({ present: 450 });
  await redisProbe.remove(context, writes.slice(0, 5), soon());
  expect(await statesOf(client)).toEqual({ present: 445, absent: 5 });
  expect(await client.invoke({ f: 'read', ...first }, soon())).toMatchObject({ outcome: 'fail', error: 'absent' });
  const [sixth = first] = writes.slice(5);
  for (const text of ['{"key":1}', 'no JSON', '', JSON.stringify({ ...first, sum: checksum(first.key, first.seq) })]) {
    await ordered('SET', `drill:ledger:${sixth.key}`, text);
    expect(await client.invoke({ f: 'read', ...sixth }, soon()), text).toMatchObject({ error: 'corrupt' });
    expect(await statesOf(client)).toEqual({ present: 444, absent: 5, corrupt: 1 });
  }
});

test('nothing but its own keys is touched', async () => {
  await ordered('SET', 'another', 'theirs');
  await using client = await redisProbe.connect(context, soon());
  await client.invoke({ f: 'write', ...first }, soon());
  expect(await ordered('KEYS', '*')).toEqual(expect.arrayContaining(['another', `drill:ledger:${first.key}`]));
  await redisProbe.cleanup([context], writes, soon());
  expect(await ordered('KEYS', '*')).toEqual(['another']);
  await ordered('DEL', 'another');
});

test('while it is stopped a write is doubtful, in time, and may be applied in the end; then the next one is ok', async () => {
  await using client = await redisProbe.connect(context, soon());
  expect(await client.invoke({ f: 'write', ...first }, soon())).toMatchObject(OK);
  server.signal('SIGSTOP');
  try {
    expect(await client.invoke({ f: 'write', ...second }, soon())).toMatchObject({ outcome: 'info', error: 'timeout' });
    expect(await answers('redis', at(), 500)).toBe(false);
  } finally {
    server.signal('SIGCONT');
  }
  await expect.poll(async () => (await client.invoke({ f: 'write', ...third }, soon())).outcome).toBe('ok');
  expect(await client.invoke({ f: 'read', ...first }, soon())).toMatchObject(OK);
  // What the server took from its socket afterwards.
  expect(await client.invoke({ f: 'read', ...second }, soon())).toMatchObject(OK);
});

test('what was acknowledged survives its being killed; meanwhile every write is refused, and is not there', async () => {
  await using client = await redisProbe.connect(context, soon());
  for (const write of writes) expect(await client.invoke({ f: 'write', ...write }, soon())).toMatchObject(OK);
  const late = { key: 'r1/ledger/late', seq: 999 };
  await server.kill();
  try {
    await expect
      .poll(() => client.invoke({ f: 'write', ...late }, soon()))
      .toMatchObject({ outcome: 'fail', error: 'refused' });
    await expect(redisProbe.prepare([context], AbortSignal.timeout(500))).rejects.toThrow(
      'Redis of paris cannot be reached: refused',
    );
  } finally {
    await server.start();
  }
  await expect.poll(() => statesOf(client)).toEqual({ present: 450 });
  expect(await client.invoke({ f: 'read', ...late }, soon())).toMatchObject({ outcome: 'fail', error: 'absent' });
});

test('a write that is answered with an error was certainly not applied', async () => {
  await using client = await redisProbe.connect(context, soon());
  await ordered('CONFIG', 'SET', 'maxmemory', '1');
  try {
    expect(await client.invoke({ f: 'write', ...first }, soon())).toMatchObject({ outcome: 'fail', error: 'oom' });
  } finally {
    await ordered('CONFIG', 'SET', 'maxmemory', '0');
  }
  await ordered('REPLICAOF', '127.0.0.1', '1');
  try {
    expect(await client.invoke({ f: 'write', ...first }, soon())).toMatchObject({ outcome: 'fail', error: 'readonly' });
  } finally {
    await ordered('REPLICAOF', 'NO', 'ONE');
  }
  expect(await client.invoke({ f: 'read', ...first }, soon())).toMatchObject({ outcome: 'fail', error: 'absent' });
});

test('a password is asked for: the right one lets in, another does not, and none of them is in the plan', async () => {
  const file = join(directory, 'password');
  writeFileSync(file, 'right horse\n');
  await ordered('ACL', 'SETUSER', 'drill', 'on', '>right horse', '~drill:*', '+@all');
  const params = { auth: { username: 'drill', passwordFile: file } };
  await using client = await redisProbe.connect({ ...context, params }, soon());
  expect(await client.invoke({ f: 'write', ...first }, soon())).toMatchObject(OK);
  expect(JSON.stringify(redisProbe.settings({ ...context, params }))).not.toContain('horse');
  writeFileSync(file, 'wrong horse');
  await expect(redisProbe.connect({ ...context, params }, soon())).rejects.toThrow('cannot be reached: auth');
  await ordered('ACL', 'DELUSER', 'drill');
});

test('TLS: the server is verified, and its name', async () => {
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(directory, name)) as [string, string];
  const name = ['-subj', '/CN=redis', '-addext', `subjectAltName=IP:${at().host}`];
  const how = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert, ...name];
  execFileSync('openssl', how, { stdio: 'pipe' });
  const files = ['tls-cert-file', cert, 'tls-key-file', key, 'tls-ca-cert-file', cert];
  await ordered('CONFIG', 'SET', ...files, 'tls-auth-clients', 'no', 'tls-port', `${at().port + 1}`);
  const site = { ...server.site, endpoints: { redis: [{ ...at(), port: at().port + 1 }] } };
  await using client = await redisProbe.connect({ ...context, site, params: { tls: { ca: cert } } }, soon());
  expect(await client.invoke({ f: 'write', ...first }, soon())).toMatchObject(OK);
  const hasty = (): AbortSignal => AbortSignal.timeout(1_000);
  for (const tls of [{}, { ca: cert, servername: 'another' }])
    await expect(redisProbe.connect({ ...context, site, params: { tls } }, hasty())).rejects.toThrow(
      'cannot be reached',
    );
});

test('it says its time', async () => {
  const ahead = await aheadOf('redis', at());
  expect(ahead?.lower).toBeLessThanOrEqual(5_000);
  expect(ahead?.upper).toBeGreaterThanOrEqual(-5_000);
});
