import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { judgeNewRun } from '../../src/commands/judge.ts';
import { preAuthenticationEncoding } from '../../src/evidence/dsse.ts';
import { signRun } from '../../src/evidence/sign.ts';
import { verifyBundle } from '../../src/evidence/verify.ts';
import { sha256Hex } from '../../src/history/chain.ts';
import {
  EXAMPLE,
  forge,
  type JsonObject,
  keyPair,
  keysOf,
  readJson,
  STANDALONE,
  signWith,
  smallRun,
  verdicts,
} from './support/bundle.ts';

/** Keys, signing and verifying as a person calls them. */
const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
const base = mkdtempSync(join(tmpdir(), 'drill-signing-'));
const keys = join(base, 'keys');
const privateKey = join(keys, 'signing-key.pem');
const publicKey = join(keys, 'signing-key.pub.pem');
const original = join(base, 'original');
const owner = keyPair();
let copies = 0;
// Each call is a process of its own, a dozen of them in a test: on a busy machine that takes minutes.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

interface Said {
  readonly code: number;
  readonly text: string;
}

function node(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Said> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, DRILL_STATE: join(base, 'state'), ...env } };
    execFile(process.execPath, [...args], options, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, text: stdout + stderr });
    });
  });
}
const drill = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Said> =>
  node([CLI, ...args], env);

function copy(): string {
  copies += 1;
  const directory = join(base, `run-${copies}`);
  cpSync(original, directory, { recursive: true });
  return directory;
}

beforeAll(async () => {
  smallRun(original);
  const made = await drill(['keygen', keys]);
  expect(made).toMatchObject({ code: 0 });
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

test('the encoding before signing is that of DSSE', () => {
  // The example of its protocol, and a type whose bytes are more than its characters.
  expect(preAuthenticationEncoding('http://example.com/HelloWorld', Buffer.from('hello world')).toString()).toBe(
    'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
  );
  expect(preAuthenticationEncoding('ä', Buffer.alloc(0)).toString()).toBe('DSSEv1 2 ä 0 ');
});

test('a pair of keys is made once, the private one for its owner alone', async () => {
  expect(statSync(privateKey).mode & 0o777).toBe(0o600);
  const before = readFileSync(privateKey);
  const again = await drill(['keygen', keys]);
  expect(again.code).toBe(4);
  expect(again.text).toContain('is not overwritten');
  expect(readFileSync(privateKey).equals(before)).toBe(true);
});

test('sealed, signed, verified: by the harness, and without it', async () => {
  const run = copy();
  const unsigned = await drill(['verify', run]);
  expect(unsigned).toMatchObject({ code: 0, text: expect.stringContaining('UNSIGNED') });
  expect(await drill(['verify', run, '--public-key', publicKey])).toMatchObject({ code: 6 });
  const sealed = readFileSync(join(run, 'manifest.json'));
  const { code, text } = await drill(['sign', run, '--key', privateKey]);
  expect([code, text]).toEqual([0, expect.stringMatching(/signed with the key [0-9a-f]{64}/)]);
  expect(readFileSync(join(run, 'manifest.json')).equals(sealed)).toBe(true);
  for (const verify of [[CLI, 'verify'], [STANDALONE]]) {
    const checked = await node([...verify, run, '--public-key', publicKey]);
    expect(checked).toMatchObject({ code: 0, text: expect.stringContaining('signed with the key') });
    const blind = await node([...verify, run]);
    expect(blind).toMatchObject({ code: 0, text: expect.stringContaining('SIGNATURE NOT CHECKED') });
    expect(blind.text).not.toContain('signed with');
  }
  expect(await drill(['sign', run, '--key', privateKey])).toMatchObject({
    code: 4,
    text: expect.stringContaining('signed already'),
  });
  writeFileSync(join(run, 'history.csv'), 'x');
  for (const verify of [[CLI, 'verify'], [STANDALONE]]) {
    const found = await node([...verify, run, '--public-key', publicKey]);
    expect(found).toMatchObject({ code: 6, text: expect.stringContaining('history.csv: ') });
  }
});

const statement = (run: string, name: string): JsonObject =>
  JSON.parse(Buffer.from(readJson(join(run, name)).payload as string, 'base64').toString()) as JsonObject;

test('what is signed: the manifest’s digest, the result, and what was measured', async () => {
  const run = copy();
  await signWith(owner, run);
  const report = readJson(join(run, 'report.json'));
  const objectives = report.objectives as JsonObject[];
  const ids = objectives.map(({ objective }) => (objective as { id: string }).id);
  expect(statement(run, 'manifest.dsse.json')).toMatchObject({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'manifest.json', digest: { sha256: sha256Hex(readFileSync(join(run, 'manifest.json'))) } }],
    predicateType: 'https://in-toto.io/attestation/test-result/v0.1',
    predicate: { result: 'PASSED', passedTests: ['verdict', ...ids], warnedTests: [], failedTests: [] },
  });
  expect(statement(run, 'objectives.dsse.json').predicate).toMatchObject({
    run: { id: (report.run as JsonObject).id },
    criteriaSha256: readJson(join(run, 'intent.json')).criteriaSha256,
    report: { name: 'report.json', digest: { sha256: sha256Hex(readFileSync(join(run, 'report.json'))) } },
    verdict: 'pass',
    objectives,
    trustedTime: 'none',
  });
});

/** What of the report is otherwise than in a run that passed. */
const NOT_PASSED: readonly (readonly [what: string, at: (report: JsonObject) => unknown, change: JsonObject])[] = [
  ['an objective is unknown', ({ objectives }) => (objectives as unknown[])[0], { verdict: 'unknown' }],
  ['the run did not go through', ({ run }) => run, { outcome: 'aborted' }],
  ['its record has a defect', ({ run }) => run, { defects: ['a hole'] }],
  ['a fault is not gone', ({ faults }) => (faults as unknown[])[0], { gone: null }],
  ['its verdict is unknown', (report) => report, { verdict: 'unknown' }],
  ['nothing was asked', (report) => report, {}],
];

test.each(NOT_PASSED)('nothing has passed that is not shown to: %s', async (what, at, change) => {
  const run = copy();
  forge(run, {
    report: (report) => {
      Object.assign(at(report) as JsonObject, change);
      // Its verdict as well, or it would contradict itself: of what is left behind it is fail.
      report.verdict = what === 'a fault is not gone' ? 'fail' : 'unknown';
    },
    plan: (plan) => {
      if (what === 'nothing was asked') plan.objectives = [];
    },
  });
  await signWith(owner, run);
  const { predicate } = statement(run, 'manifest.dsse.json') as { predicate: Record<string, string[]> };
  expect(predicate).toMatchObject({ result: 'FAILED', warnedTests: [] });
  expect(predicate.failedTests?.[0]).toBe('verdict');
  expect(predicate.passedTests).not.toContain('verdict');
  const { harness, alone } = verdicts(run, owner.publicKey);
  expect([harness, alone]).toEqual(['ok yes', 'ok yes']);
});

test('a key in the environment, encrypted or not, and the same by the command of a token', async () => {
  const pem = readFileSync(privateKey, 'utf8');
  const inLine = pem.trimEnd().replaceAll('\n', '\\n');
  expect(await drill(['sign', copy()], { DRILL_SIGN_KEY: inLine })).toMatchObject({ code: 0 });
  const secret = 'pass \u00fcber phrase';
  const locked = join(base, 'locked');
  await drill(['keygen', locked], { DRILL_SIGN_PASSPHRASE: secret });
  expect(readFileSync(join(locked, 'signing-key.pem'), 'utf8')).toContain('ENCRYPTED');
  const args = ['sign', copy(), '--key', join(locked, 'signing-key.pem')];
  for (const wrong of [{}, { DRILL_SIGN_PASSPHRASE: 'wrong one' }]) {
    const { code, text } = await drill(args, wrong);
    expect(code).toBe(4);
    expect(text).toContain('DRILL_SIGN_PASSPHRASE');
    expect(text).not.toContain('wrong one');
  }
  expect(await drill(args, { DRILL_SIGN_PASSPHRASE: secret })).toMatchObject({ code: 0 });

  const token = join(base, 'token.mjs');
  const signs = `import { sign } from 'node:crypto'; import { readFileSync } from 'node:fs';
if (process.env.DRILL_SIGN_COMMAND ?? process.env.DRILL_SIGN_PASSPHRASE) process.exit(9);
process.stdout.write(sign(null, readFileSync(0), readFileSync(${JSON.stringify(privateKey)})));`;
  writeFileSync(token, signs);
  const command = JSON.stringify([process.execPath, token, '--pin', '1234secret']);
  const run = copy();
  expect(await drill(['sign', run, '--public-key', publicKey], { DRILL_SIGN_COMMAND: command })).toMatchObject({
    code: 0,
  });
  expect(await drill(['verify', run, '--public-key', publicKey])).toMatchObject({ code: 0 });
  const other = join(locked, 'signing-key.pub.pem');
  for (const [script, key, says] of [
    [signs, other, 'is not signed with the key'],
    ['process.exit(3)', publicKey, 'ended with 3'],
    ['process.stdout.write("short")', publicKey, '64 bytes, got 5'],
    ['process.stdout.write("x".repeat(1e6))', publicKey, 'got more'],
  ] as const) {
    writeFileSync(token, script);
    const failed = await drill(['sign', copy(), '--sign-command', command, '--public-key', key]);
    expect(failed).toMatchObject({ code: 4, text: expect.stringContaining(says) });
    expect(failed.text).not.toContain('1234secret');
  }
});

test('keys that cannot be used are refused before anything is done, and what is in them is not shown', async () => {
  const open = join(base, 'open.pem');
  cpSync(privateKey, open);
  chmodSync(open, 0o644);
  const rsa = join(base, 'rsa.pem');
  const { privateKey: other } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(rsa, other.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  const garbage = join(base, 'garbage.pem');
  writeFileSync(garbage, 'hunter2 hunter2', { mode: 0o600 });
  for (const [args, env, says] of [
    [['--key', open], {}, 'mode 0644'],
    [['--key', rsa], {}, 'Ed25519'],
    [['--key', garbage], {}, 'PKCS#8'],
    [['--key', join(base, 'nothing.pem')], {}, 'ENOENT'],
    [['--key', base], {}, 'expected the file of a private key'],
    [[], {}, 'nobody signs'],
    [[], { DRILL_SIGN_KEY: 'hunter2' }, 'DRILL_SIGN_KEY: expected a private key'],
    [[], { DRILL_SIGN_COMMAND: 'sign hunter2' }, 'JSON array'],
    [[], { DRILL_SIGN_COMMAND: '["sign"]' }, 'its public key too'],
    [['--public-key', publicKey], { DRILL_SIGN_COMMAND: '["/nowhere/hunter2"]' }, 'cannot be run (ENOENT)'],
    [['--public-key', privateKey, '--sign-command', '["x"]'], {}, 'expected a public key'],
  ] as const) {
    const run = copy();
    const { code, text } = await drill(['sign', run, ...args], env);
    expect([code, text]).toEqual([4, expect.stringContaining(says)]);
    expect(text).not.toContain('hunter2');
    expect(text).not.toContain('PRIVATE KEY-----');
    rmSync(run, { recursive: true });
  }
});

test('a run that has just ended is judged, sealed and signed, and its page names the key', async () => {
  const run = join(base, 'ended');
  cpSync(EXAMPLE, run, { recursive: true });
  for (const name of ['manifest.json', 'report.json', 'report.html', 'junit.xml', 'latency'])
    rmSync(join(run, name), { recursive: true });
  const { signer, publicKey: key } = keyPair();
  await judgeNewRun(run, signer);
  const keyId = await signRun(run, signer, new AbortController().signal);
  expect(verifyBundle(run, keysOf(key)).signed).toEqual({ state: 'signed', keyId });
  expect(readFileSync(join(run, 'report.html'), 'utf8')).toContain(`To be signed with the key <code>${keyId}</code>`);
  const plain = join(base, 'plain');
  await drill(['report', EXAMPLE, '--out', plain]);
  expect(readFileSync(`${plain}.html`, 'utf8')).toContain('<b>Unsigned</b>');
});

test('verify says that the example of the project is unsigned', async () => {
  const { code, text } = await drill(['verify', EXAMPLE]);
  expect([code, text]).toEqual([0, expect.stringContaining('UNSIGNED')]);
});
