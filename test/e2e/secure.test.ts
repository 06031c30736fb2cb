import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addressOf } from '../../src/platform/local/config.ts';
import { cqlProbe } from '../../src/probes/cql.ts';
import { gremlinProbe } from '../../src/probes/gremlin.ts';
import type { ProbeContext, ProbeType, ReadBackAnswer } from '../../src/probes/probe.ts';
import { CQL_LOGIN, GRAPH_LOGIN, type SecureServers, startSecureServers } from './support/secure-servers.ts';

/** Both probes against real servers that let nobody in without TLS and a password. */
const PROBES = [
  ['cql', cqlProbe, CQL_LOGIN],
  ['gremlin', gremlinProbe, GRAPH_LOGIN],
] as const;
const never = new AbortController().signal;
const START_MS = 240_000;

let directory = '';
let servers: SecureServers;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'drill-secure-'));
  servers = await startSecureServers(directory, AbortSignal.timeout(START_MS));
  for (const [name, probe, { username, password }] of PROBES) {
    const context = contextOf(probe, username, file(name, password));
    if (name === 'gremlin') servers.startGraph();
    await eventually(() => probe.prepare([context], AbortSignal.timeout(5_000)));
  }
});

afterAll(async () => {
  await servers?.[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

function file(name: string, password: string): string {
  const path = join(directory, `${name}.password`);
  writeFileSync(path, `${password}\n`, { mode: 0o600 });
  return path;
}

function contextOf(probe: ProbeType, username: string, passwordFile: string, more: object = {}): ProbeContext {
  const { config, ca } = servers;
  const host = addressOf(config, 0);
  return {
    run: 'r',
    site: {
      name: 'paris',
      datacenter: 'paris-dc',
      endpoints: {
        cassandra: [{ host, port: config.cassandra.cqlPort }],
        janusgraph: [{ host, port: config.janusgraph.port }],
      },
    },
    timeoutUs: 10_000_000,
    params: probe.params.parse({ tls: { ca }, auth: { username, passwordFile }, ...more }),
  };
}

/** The servers start while this is tried. */
async function eventually(work: () => Promise<void>): Promise<void> {
  const until = performance.now() + START_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      servers.mustLive();
      if (performance.now() > until) throw new Error(servers.logs(), { cause: error });
      await sleep(500);
    }
  }
}

test.each(PROBES)('%s: writes, reads, reads back and cleans up over TLS with a login', async (name, probe, login) => {
  const context = contextOf(probe, login.username, file(name, login.password));
  await using client = await probe.connect(context, AbortSignal.timeout(30_000));
  const writes = [0, 2, 4].map((seq) => ({ key: `r/${name}.x.outside/${seq}`, seq }));
  for (const write of writes) {
    expect(await client.invoke({ f: 'write', ...write }, never)).toMatchObject({ outcome: 'ok', error: '' });
    expect(await client.invoke({ f: 'read', ...write }, never)).toMatchObject({ outcome: 'ok', error: '' });
  }
  await probe.remove(context, writes.slice(2), AbortSignal.timeout(30_000));
  const answers: ReadBackAnswer[] = [];
  for await (const answer of client.readBack(writes, never)) answers.push(answer);
  expect(answers.map(({ state }) => state).toSorted()).toEqual(['absent', 'present', 'present']);
  expect(await probe.cleanup([context], writes, AbortSignal.timeout(60_000))).toEqual({ left: 0 });
});

test.each(PROBES)('%s: a wrong password is said at once, and stands in no error', async (name, probe, { username }) => {
  const context = contextOf(probe, username, file(`${name}-wrong`, 'hunter2-wrong'));
  const error = await probe.connect(context, AbortSignal.timeout(30_000)).then(
    () => null,
    (problem: Error) => problem,
  );
  expect(error?.message).toContain('cannot be reached');
  expect(chain(error)).toMatch(/auth|password|username|credentials/i);
  expect(chain(error)).not.toContain('hunter2');
});

test.each(PROBES)('%s: a server that nobody vouches for is not spoken to', async (name, probe, login) => {
  const context = contextOf(probe, login.username, file(name, login.password), { tls: {} });
  const error = await probe.connect(context, AbortSignal.timeout(5_000)).then(
    () => null,
    (problem: Error) => problem,
  );
  expect(chain(error)).toMatch(/self-signed|unable to verify/i);
});

test.each(PROBES)('%s: without TLS there is no connection, though the server lives', async (name, probe, login) => {
  const context = contextOf(probe, login.username, file(name, login.password), { tls: undefined });
  await expect(probe.connect(context, AbortSignal.timeout(5_000))).rejects.toThrow('cannot be reached');
  const right = contextOf(probe, login.username, file(name, login.password));
  await (await probe.connect(right, AbortSignal.timeout(30_000)))[Symbol.asyncDispose]();
});

function chain(error: unknown): string {
  return error instanceof Error ? `${error.message} ${error.stack} ${chain(error.cause)}` : String(error);
}
