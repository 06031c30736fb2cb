import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { InputError } from '../errors.ts';
import type { ProbeContext, ProbeType } from './probe.ts';
import { PROBES } from './registry.ts';
import { loadSecurity, securityShape } from './security.ts';

const directory = mkdtempSync(join(tmpdir(), 'security-'));
afterAll(() => rmSync(directory, { recursive: true }));

const file = (name: string, text: string): string => {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
};

const passwordFile = file('password', 'hunter2\n');
const tls = { ca: file('ca.pem', 'CA-BYTES'), key: file('key.pem', 'KEY-BYTES'), cert: file('cert.pem', 'CERT-BYTES') };
const SECRETS = ['hunter2', 'KEY-BYTES', 'CERT-BYTES', 'CA-BYTES'];

const context = (probe: ProbeType): ProbeContext => ({
  run: 'r',
  site: {
    name: 'paris',
    datacenter: 'paris-dc',
    // Nobody listens on port 1.
    endpoints: { cassandra: [{ host: '127.0.0.1', port: 1 }], janusgraph: [{ host: '127.0.0.1', port: 1 }] },
  },
  timeoutUs: 2_000_000,
  params: probe.params.parse({ tls, auth: { username: 'alice', passwordFile } }),
});

test('a password comes from a file, without the end of its line, or from the environment', () => {
  expect(loadSecurity({ auth: { username: 'alice', passwordFile } }).auth).toEqual({
    username: 'alice',
    password: 'hunter2',
  });
  const named = { auth: { username: 'alice', passwordEnv: 'DB_PASSWORD' } };
  expect(loadSecurity(named, { DB_PASSWORD: 'other' }).auth?.password).toBe('other');
  expect(() => loadSecurity(named, {})).toThrow(InputError);
  expect(() => loadSecurity(named, {})).toThrow('DB_PASSWORD');
});

test('a file that is missing is named', () => {
  expect(() => loadSecurity({ tls: { ca: join(directory, 'none.pem') } })).toThrow(/none\.pem: cannot be read/);
});

test('a file that holds nothing is no password', () => {
  const empty = file('empty', '\n');
  expect(() => loadSecurity({ auth: { username: 'alice', passwordFile: empty } })).toThrow(
    /empty \(auth.passwordFile\) holds/,
  );
});

test('a password where the name of a variable belongs is refused without being said', () => {
  const given = { auth: { username: 'alice', passwordEnv: 'hunter2' } };
  const { error } = z.object(securityShape).safeParse(given);
  expect(error?.message).toMatch(/not the password itself/);
  expect(error?.message).not.toContain('hunter2');
});

test.each([
  ['tls', { ca: 'ca\u0000.pem' }],
  ['tls', { key: '' }],
  ['tls', { servername: 'a\u001b[2Jb' }],
  ['auth', { username: '', passwordFile }],
  ['auth', { username: 'alice\r\nbob', passwordFile }],
  ['auth', { username: 'alice', passwordFile: '\u202egnp' }],
])('%s: %j is refused', (key, value) => {
  expect(z.object(securityShape).safeParse({ [key]: value }).success).toBe(false);
});

test.each([...PROBES.values()])(
  '$probe: a password itself is refused, and so is a key that is unknown',
  ({ params }) => {
    expect(() => params.parse({ auth: { username: 'alice', password: 'hunter2' } })).toThrow();
    expect(() => params.parse({ auth: { username: 'alice', passwordFile, passwordEnv: 'X' } })).toThrow();
    expect(() => params.parse({ consistencyy: 'ONE' })).toThrow();
  },
);

test.each([...PROBES.values()])('$probe: no secret stands in its settings', (probe) => {
  const said = JSON.stringify(probe.settings(context(probe)));
  for (const secret of [...SECRETS, passwordFile]) expect(said).not.toContain(secret);
  expect(JSON.parse(said)).toMatchObject({ tls: true, authentication: true });
});

test('what is said of the login to either end of the pipeline is said of that one', () => {
  const pipeline = PROBES.get('pipeline') as ProbeType;
  const params = pipeline.params.parse({ pulsar: { auth: { username: 'bob', passwordFile } } });
  const said = pipeline.settings({ ...context(pipeline), params });
  expect(said).toMatchObject({ authentication: false, pulsar: { tls: false, authentication: true } });
  expect(JSON.stringify(said)).not.toContain(passwordFile);
});

test.each([...PROBES.values()])('$probe: no secret stands in the error of a connection that fails', async (probe) => {
  const plain = { ...context(probe), params: probe.params.parse({ auth: { username: 'alice', passwordFile } }) };
  const error = await probe.connect(plain, AbortSignal.timeout(300)).catch((problem: Error) => problem);
  expect(error).toBeInstanceOf(Error);
  const said = `${error} ${(error as Error).stack} ${String((error as Error).cause)} ${JSON.stringify(error)}`;
  for (const secret of SECRETS) expect(said).not.toContain(secret);
});
