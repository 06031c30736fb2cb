import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readAuthorities } from '../../src/evidence/certificate-chain.ts';
import { NO_KEYS } from '../../src/evidence/keyring.ts';
import { stampSealed } from '../../src/evidence/stamp-sealed.ts';
import { type Timestamp, verifyTimestamp } from '../../src/evidence/timestamp.ts';
import { authorityOf, stamp, type TimestampAuthority } from '../../src/evidence/timestamp-request.ts';
import { forge, smallRun, verdicts, verifyTimestampAlone } from './support/bundle.ts';
import { serve, Tsa } from './support/tsa.ts';

/* Time stamps of a real authority (`openssl ts`), and of those that lie. */

const base = mkdtempSync(join(tmpdir(), 'drill-time-'));
const original = join(base, 'run');
const tsa = new Tsa();
const authorities = [tsa];
const NEVER = new AbortController().signal;
const DIGEST = 'ab'.repeat(32);
let copies = 0;

beforeAll(() => smallRun(original));
afterAll(() => {
  for (const { directory } of authorities) rmSync(directory, { recursive: true, force: true });
  rmSync(base, { recursive: true, force: true });
});

function authority(options: ConstructorParameters<typeof Tsa>[0]): Tsa {
  const made = new Tsa(options);
  authorities.push(made);
  return made;
}

/** The run with a time stamp beside it. */
async function stamped(by: Tsa): Promise<string> {
  copies += 1;
  const directory = join(base, `run-${copies}`);
  cpSync(original, directory, { recursive: true });
  await stampSealed(directory, by.authority, NEVER);
  return directory;
}

const believing = (by: Tsa) => ({ ...NO_KEYS, authorities: readAuthorities(by.root) });

test.each([
  ['ECDSA', {}],
  ['RSA', { key: ['rsa', '-pkeyopt', 'rsa_keygen_bits:2048'] }],
  ['an authority below another', { intermediate: true }],
  ['the older name of its certificate (SHA-1)', { ess: 'sha1' }],
])('a time stamp is believed for its authority alone: %s', async (_, options) => {
  const by = authority(options);
  const run = await stamped(by);
  expect(by.verifies(join(run, 'manifest.json'), join(run, 'manifest.tsr'))).toBe(true);
  const { harness, alone } = verdicts(run, believing(by));
  expect(harness).toMatch(/^ok no, at verified \d{4}-\d\d-\d\dT[\d:.]+Z ± 1500 by CN=Test TSA$/);
  expect(alone).toBe(harness);
  const claimed = verdicts(run, null);
  expect(claimed.harness).toMatch(/^ok no, at claimed /);
  expect(claimed.alone).toBe(claimed.harness);
  expect(verdicts(run, believing(tsa))).toMatchObject({
    harness: 'manifest.tsr',
    alone: 'manifest.tsr',
    says: expect.stringContaining('does not lead to an authority'),
  });
});

test('whoever brings authorities is told of a run that nobody stamped', () => {
  expect(verdicts(original, believing(tsa))).toMatchObject({ harness: 'manifest.tsr', alone: 'manifest.tsr' });
});

test('a stamp over what was sealed before shows', async () => {
  const run = await stamped(tsa);
  const answer = readFileSync(join(run, 'manifest.tsr'));
  rmSync(join(run, 'manifest.tsr'));
  forge(run, { run: '20260303T000000Z-abcdef' });
  writeFileSync(join(run, 'manifest.tsr'), answer);
  expect(verdicts(run, null)).toMatchObject({
    harness: 'manifest.tsr',
    alone: 'manifest.tsr',
    says: expect.stringContaining('over another digest'),
  });
});

test.each([
  ['that was not valid then', { past: true }, /not then/],
  ['that an authority may not give', { rootExtensions: 'basicConstraints=critical,CA:FALSE\n' }, /does not lead/],
  [
    'with a rule that nobody here knows',
    {
      extensions: 'extendedKeyUsage=critical,timeStamping\n1.2.3.4.5=critical,ASN1:NULL\n',
    },
    /not one for time stamps/,
  ],
  [
    'further from its root than that allows',
    {
      intermediate: true,
      rootExtensions: 'basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign\n',
    },
    /does not lead/,
  ],
])('a certificate %s is not believed', async (_, options, says) => {
  const by = authority(options);
  const run = await stamped(by);
  expect(verdicts(run, believing(by))).toMatchObject({
    harness: 'manifest.tsr',
    alone: 'manifest.tsr',
    says: expect.stringMatching(says),
  });
  expect(by.verifies(join(run, 'manifest.json'), join(run, 'manifest.tsr'))).toBe(false);
});

test('a crowd of certificates that all issue each other leads nowhere, and soon', async () => {
  const by = authority({ crowd: 15 });
  const run = await stamped(by);
  expect(verdicts(run, believing(by))).toMatchObject({
    harness: 'manifest.tsr',
    alone: 'manifest.tsr',
    says: expect.stringContaining('does not lead'),
  });
});

test('an answer is to this question, over this digest, whole, and not too long', async () => {
  const other = { ask: async () => tsa.answer(await question(DIGEST)) };
  const lies: readonly (readonly [string, TimestampAuthority, RegExp])[] = [
    ['to another question', other, /another question/],
    ['over another digest', { ask: async () => tsa.answer(await question('cd'.repeat(32))) }, /another digest/],
    ['cut', { ask: async (asked) => tsa.answer(asked).subarray(0, -7) }, /ends in the middle|length/],
    ['longer', { ask: async (asked) => Buffer.concat([tsa.answer(asked), Buffer.of(0)]) }, /bytes after its end/],
    ['huge', { ask: async () => Buffer.alloc(1 << 20, 0x30) }, /longer than/],
    ['empty', { ask: async () => Buffer.alloc(0) }, /ends in the middle/],
    [
      'a page',
      { ask: async () => Buffer.from('<html>log in first</html>') },
      /answer of the time stamping authority: /,
    ],
    ['a refusal', { ask: async () => Buffer.from('30053003020102', 'hex') }, /refused \(status 2\)/],
    ['a grant of nothing', { ask: async () => Buffer.from('30053003020100', 'hex') }, /not of the form/],
  ];
  for (const [what, lying, says] of lies) await expect(stamp(lying, DIGEST, NEVER), what).rejects.toThrow(says);
});

/** A request over a digest, as the harness makes it. */
async function question(sha256: string): Promise<Buffer> {
  let asked: Buffer = Buffer.alloc(0);
  const listening: TimestampAuthority = {
    ask: async (request) => {
      asked = request;
      return Buffer.alloc(0);
    },
  };
  await stamp(listening, sha256, NEVER).catch(() => {});
  return asked;
}

test('over HTTP: the answer is taken; a redirect, an error and a flood are not, and nothing of the address but its host is said', async () => {
  {
    await using server = await serve((body) => tsa.answer(body));
    const answer = await stamp(authorityOf({ tsa: server.url }) as TimestampAuthority, DIGEST, NEVER);
    expect(verifyTimestamp(answer, DIGEST, 'x', readAuthorities(tsa.root)).state).toBe('verified');
  }
  const wrong = [{ status: 302 }, { status: 503 }, Buffer.alloc(100_000)];
  for (const made of wrong) {
    await using server = await serve(() => made);
    const asking = stamp(authorityOf({ tsa: `${server.url}?token=hunter2` }) as TimestampAuthority, DIGEST, NEVER);
    await expect(asking).rejects.toThrow(/no time stamp: /);
    await expect(asking).rejects.not.toThrow(/hunter2/);
  }
  await expect(
    stamp(authorityOf({ tsa: 'http://127.0.0.1:1/' }) as TimestampAuthority, DIGEST, NEVER),
  ).rejects.toThrow();
  for (const address of ['ftp://x/', 'http://me:hunter2@x/', 'nothing'])
    expect(() => authorityOf({ tsa: address })).toThrow(/--tsa: expected an address/);
  expect(() => authorityOf({ tsaCommand: 'openssl' })).toThrow(/JSON array/);
  expect(() => authorityOf({ tsa: 'http://x/', tsaCommand: '["x"]' })).toThrow(/got both/);
});

test('by a command: the request in, the answer out', async () => {
  const script = join(base, 'asks.mjs');
  writeFileSync(
    script,
    `import { execFileSync } from 'node:child_process'; import { readFileSync, writeFileSync } from 'node:fs';
const at = ${JSON.stringify(join(tsa.directory, 'by-command'))};
writeFileSync(at + '.tsq', readFileSync(0));
execFileSync('openssl', ['ts', '-reply', '-config', ${JSON.stringify(join(tsa.directory, 'tsa.cnf'))}, '-queryfile', at + '.tsq', '-out', at + '.tsr'], { stdio: 'pipe' });
process.stdout.write(readFileSync(at + '.tsr'));`,
  );
  const asked = authorityOf({ tsaCommand: JSON.stringify([process.execPath, script]) }) as TimestampAuthority;
  expect(verifyTimestamp(await stamp(asked, DIGEST, NEVER), DIGEST, 'x', null).by).toBe('CN=Test TSA');
});

test('whatever is done to the bytes of an answer, it is refused or says the same, by both verifiers', async () => {
  const bytes = await stamp(authority({ intermediate: true }).authority, DIGEST, NEVER);
  const outcome = (verify: () => Timestamp): string => {
    try {
      return JSON.stringify(verify());
    } catch (error) {
      expect((error as Error).message).toMatch(/^x: /);
      return 'refused';
    }
  };
  const untouched = outcome(() => verifyTimestamp(bytes, DIGEST, 'x', null));
  const at = fc.nat(bytes.length - 1);
  let refused = 0;
  fc.assert(
    fc.property(
      at,
      fc.integer({ min: 1, max: 255 }),
      fc.nat(4),
      fc.uint8Array({ maxLength: 3 }),
      (from, mask, drop, put) => {
        const flipped = Buffer.of((bytes[from] as number) ^ mask);
        const changed = Buffer.concat([bytes.subarray(0, from), flipped, put, bytes.subarray(from + 1 + drop)]);
        const harness = outcome(() => verifyTimestamp(changed, DIGEST, 'x', null));
        expect(outcome(() => verifyTimestampAlone(changed, DIGEST, 'x', null))).toBe(harness);
        expect(['refused', untouched]).toContain(harness);
        if (harness === 'refused') refused += 1;
      },
    ),
    { numRuns: 2000 },
  );
  expect(refused).toBeGreaterThan(1500);
});
