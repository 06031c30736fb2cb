import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Saying } from '../../src/evidence/add-statement.ts';
import { type Keyring, NO_KEYS } from '../../src/evidence/keyring.ts';
import { stampSealed } from '../../src/evidence/stamp-sealed.ts';
import { verifyBundle } from '../../src/evidence/verify.ts';
import { flagsOf, forge, keyPair, keysOf, reseal, signWith, smallRun, verdicts } from './support/bundle.ts';
import { AMENDED, APPROVED, allKeys, anchoredRun, people, REJECTED, say } from './support/full-run.ts';
import { Tsa } from './support/tsa.ts';

/* What people sign over a run: who may, what shows of it, and what does not. */

const base = mkdtempSync(join(tmpdir(), 'drill-statements-'));
const original = join(base, 'original');
const who = people();
const tsa = new Tsa();
const NEVER = new AbortController().signal;
let copies = 0;

beforeAll(async () => {
  await anchoredRun(original, '20260101T000000Z-0ddba0', null);
  await signWith(who.owner, original);
});
afterAll(() => {
  for (const directory of [base, tsa.directory]) rmSync(directory, { recursive: true, force: true });
});

function copy(): string {
  copies += 1;
  const directory = join(base, `run-${copies}`);
  cpSync(original, directory, { recursive: true });
  return directory;
}

const sealedBytes = (directory: string): readonly string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.startsWith('statements') && name.includes('.'))
    .sort()
    .map((name) => `${name} ${readFileSync(join(directory, name)).toString('base64')}`);

test('who, in which role, when by whose clock, and what: and nothing that was sealed changes', async () => {
  const run = copy();
  const before = sealedBytes(run);
  expect(await say(run, APPROVED, who.approver)).toMatchObject({ path: 'statements/0001.dsse.json' });
  await say(run, AMENDED, who.lead);
  expect(sealedBytes(run)).toEqual(before);
  const { statements } = verifyBundle(run, {
    ...NO_KEYS,
    seal: [who.owner.publicKey],
    roles: allKeys(who, tsa).roles.slice(0, 2),
  });
  expect(statements).toMatchObject([
    { said: { number: 1, previous: null, ...APPROVED }, state: 'signed', flags: ['made before the amendment 2'] },
    { said: { number: 2, ...AMENDED }, state: 'signed', flags: [] },
  ]);
});

test('a sign-off by who ran it, or with the key that sealed it, is refused; an amendment is not', async () => {
  const run = copy();
  const by = (name: string): Saying => ({ ...APPROVED, by: { name, role: 'approver' } });
  for (const name of ['root', ' ROOT ', '\uff52oot'])
    await expect(say(run, by(name), who.approver)).rejects.toThrow(/ran it: expected a sign-off by somebody else/);
  await expect(say(run, APPROVED, who.owner)).rejects.toThrow(
    /sealed it: expected a sign-off with a key of the approver/,
  );
  expect(existsSync(join(run, 'statements'))).toBe(false);
  await say(run, AMENDED, who.owner);
  expect(verdicts(run, who.owner.publicKey)).toMatchObject({ harness: 'ok yes, yes', alone: 'ok yes, yes' });
});

test('one that was made without this harness is flagged where it is not independent', async () => {
  const unnamed = join(base, 'unnamed');
  await anchoredRun(unnamed, '20260101T000000Z-0ddba0', null, ['somebody']);
  const run = copy();
  // The run of another operator, in every other way the same: what is refused there is made here.
  const forged = join(base, 'forged');
  cpSync(run, forged, { recursive: true });
  const { statements: none } = verifyBundle(forged, NO_KEYS);
  expect(none).toEqual([]);
  await say(forged, { ...APPROVED, by: { name: 'Ada', role: 'approver' } }, who.approver);
  const file = join(forged, 'statements/0001.dsse.json');
  const envelope = JSON.parse(readFileSync(file, 'utf8')) as { payload: string };
  const payload = Buffer.from(envelope.payload, 'base64').toString().replace('"name":"Ada"', '"name":"Root"');
  writeFileSync(
    file,
    `${JSON.stringify({ ...envelope, payload: Buffer.from(payload).toString('base64') }, null, 2)}\n`,
  );
  expect(verdicts(forged, null)).toMatchObject({
    harness: 'ok not checked, not checked!',
    alone: 'ok not checked, not checked!',
  });
  expect(verdicts(forged, { ...NO_KEYS, roles: [{ role: 'approver', key: who.approver.publicKey }] })).toMatchObject({
    harness: 'statements/0001.dsse.json',
    alone: 'statements/0001.dsse.json',
  });
});

/** Changes what was signed, which nobody checks without the key. */
function respell(run: string, from: string, to: string): void {
  const file = join(run, 'statements/0001.dsse.json');
  const envelope = JSON.parse(readFileSync(file, 'utf8')) as { payload: string };
  const payload = Buffer.from(Buffer.from(envelope.payload, 'base64').toString().replace(from, to)).toString('base64');
  writeFileSync(file, `${JSON.stringify({ ...envelope, payload }, null, 2)}\n`);
}

test('a sign-off by a tester who was declared is refused, and flagged where it was made all the same, however it is spaced', async () => {
  const run = copy();
  forge(run, {
    plan: (plan) => {
      plan.declared = { testers: [{ name: 'Hand Short', role: 'test lead', line: 'first' }] };
    },
  });
  const spellings = ['Hand Short', 'hand  short', 'Hand\u00a0Short', 'Hand\u200b Short'];
  for (const name of spellings)
    await expect(say(run, { ...APPROVED, by: { name, role: 'approver' } }, who.approver)).rejects.toThrow(
      /was declared as a tester/,
    );
  await say(run, { ...APPROVED, by: { name: 'Ada', role: 'approver' } }, who.approver);
  expect(flagsOf(run)).toEqual({ harness: [], alone: [] });
  let name = 'Ada';
  for (const next of spellings) {
    respell(run, `"name":"${name}"`, `"name":"${next}"`);
    name = next;
    const flags = ['NOT INDEPENDENT: by who was declared as a tester'];
    expect(flagsOf(run)).toEqual({ harness: flags, alone: flags });
  }
});

test('a statement from an instant that is none, or from before the end of what it is about, is flagged', async () => {
  const run = copy();
  await say(run, AMENDED, who.lead);
  let at = AMENDED.stated;
  const flagged = (next: string): readonly string[] => {
    respell(run, `"stated":"${at}"`, `"stated":"${next}"`);
    at = next;
    const { harness, alone } = flagsOf(run);
    expect(alone).toEqual(harness);
    return harness;
  };
  for (const none of ['2099-02-31T10:00:00.000Z', '2099-01-01T25:61:00.000Z'])
    expect(flagged(none)).toEqual(['stated at an instant that is none']);
  expect(flagged('2020-01-01T00:00:00.000Z')).toEqual([expect.stringMatching(/^stated before the end, which was at /)]);
  expect(flagged(AMENDED.stated)).toEqual([]);
});

test('words that a report must not use are not signed', async () => {
  const run = copy();
  const refused: readonly (readonly [Saying, RegExp])[] = [
    [{ ...APPROVED, note: 'This run complies.' } as Saying, /^--note: a report does not say "complies"/],
    [{ ...AMENDED, reason: 'RPO = 0' } as Saying, /^--reason: /],
    [{ ...AMENDED, reason: 'this was done in production' } as Saying, /^--reason: .*"production"/],
    [{ ...AMENDED, attachment: { name: 'x.txt', text: 'zero data loss' } } as Saying, /^--file: /],
  ];
  for (const [saying, why] of refused) await expect(say(run, saying, who.approver)).rejects.toThrow(why);
  expect(existsSync(join(run, 'statements'))).toBe(false);
});

test('what people entered after the run does not stand in a sealed report', () => {
  const run = copy();
  forge(run, {
    report: ({ dora }) => {
      Object.assign(dora as object, { entered: { run: 'x' } });
    },
  });
  expect(verdicts(run, null)).toMatchObject({
    harness: 'report.json',
    alone: 'report.json',
    says: expect.stringContaining('what people entered'),
  });
});

test('of a run that does not say who ran it, nobody is taken for independent', async () => {
  const run = join(base, 'old');
  smallRun(run);
  await say(run, APPROVED, who.approver);
  expect(verifyBundle(run, NO_KEYS).statements[0]?.flags).toEqual([
    'who ran it was not recorded, so it may be the same person',
  ]);
});

test('a role that has a key: another key, the key under another name, and nobody at all', async () => {
  const run = copy();
  const stranger = keyPair();
  const role = (name: string, key = who.approver): Keyring => ({
    ...NO_KEYS,
    roles: [{ role: name, key: key.publicKey }],
  });
  expect(verdicts(run, role('approver'))).toMatchObject({ harness: 'statements', alone: 'statements' });
  await say(run, APPROVED, who.approver);
  for (const name of ['approver', 'Approver ']) expect(verdicts(run, role(name)).harness).toBe('ok not checked, yes');
  expect(verdicts(run, role('approver', stranger))).toMatchObject({
    harness: 'statements/0001.dsse.json',
    alone: 'statements/0001.dsse.json',
  });
  expect(verdicts(run, role('head of ICT risk'))).toMatchObject({
    harness: 'statements/0001.dsse.json',
    alone: 'statements/0001.dsse.json',
  });
  // A key without a role is one of those who seal; what else it signed is checked, too.
  await say(run, AMENDED, who.owner);
  expect(verdicts(run, { ...role('approver'), seal: [stranger.publicKey, who.owner.publicKey] })).toMatchObject({
    harness: 'ok yes, yes, yes',
    alone: 'ok yes, yes, yes',
  });
});

test('what cannot be shown, or read again, is not signed', async () => {
  const run = copy();
  const bad: readonly Saying[] = [
    { ...APPROVED, by: { name: '', role: 'approver' } } as Saying,
    { ...APPROVED, by: { name: 'a\nb', role: 'approver' } } as Saying,
    { ...APPROVED, by: { name: 'a\u202eb', role: 'approver' } } as Saying,
    { ...APPROVED, by: { name: 'Ada', role: '../x' } } as Saying,
    { ...APPROVED, by: { name: 'Ada', role: 'a=b' } } as Saying,
    { ...APPROVED, note: '\u001b[2J' } as Saying,
    { ...AMENDED, reason: '  ' } as Saying,
    { ...AMENDED, attachment: { name: 'x', text: 'x'.repeat(262_145) } } as Saying,
  ];
  for (const saying of bad) await expect(say(run, saying, who.approver)).rejects.toThrow(/cannot be signed/);
  expect(existsSync(join(run, 'statements'))).toBe(false);
});

test('what does not verify is not signed off', async () => {
  const run = copy();
  writeFileSync(join(run, 'history.csv'), '');
  await expect(say(run, APPROVED, who.approver)).rejects.toThrow(/^history.csv: /);
});

test('over what was sealed again nothing that was said before holds', async () => {
  const run = copy();
  await say(run, APPROVED, who.approver);
  writeFileSync(join(run, 'junit.xml'), '<x/>');
  reseal(run);
  for (const name of ['manifest.dsse.json', 'objectives.dsse.json']) rmSync(join(run, name));
  await signWith(who.owner, run);
  expect(verdicts(run, null)).toMatchObject({
    harness: 'statements/0001.dsse.json',
    alone: 'statements/0001.dsse.json',
    says: expect.stringContaining('is about another manifest'),
  });
});

/** What can be over a run, in the order in which a person may do it. */
const ACTS = ['sign', 'stamp', 'approve', 'amend', 'reject'] as const;

test('no combination of what can be over a run is accused, with any of the keys, by either verifier', async () => {
  const stamps = join(base, 'anchored');
  await anchoredRun(stamps, '20260101T000000Z-0ddba0', tsa);
  const keys = allKeys(who, tsa);
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray([...ACTS]), fc.boolean(), fc.boolean(), async (acts, anchored, given) => {
      const run = join(base, `mixed-${++copies}`);
      await (anchored ? cpSync(stamps, run, { recursive: true }) : anchoredRun(run, '20260101T000000Z-0ddba0', null));
      const done: Record<(typeof ACTS)[number], () => Promise<unknown>> = {
        sign: () => signWith(who.owner, run),
        stamp: () => stampSealed(run, tsa.authority, NEVER),
        approve: () => say(run, APPROVED, who.approver),
        amend: () => say(run, AMENDED, who.lead),
        reject: () => say(run, REJECTED, who.auditor),
      };
      for (const act of acts) await done[act]();
      const has = (act: (typeof ACTS)[number]): boolean => acts.includes(act);
      const roles = keys.roles.filter(({ role }) =>
        has(({ approver: 'approve', 'test lead': 'amend' } as const)[role] ?? 'reject'),
      );
      const with_: Keyring = {
        seal: has('sign') ? keys.seal : [],
        roles,
        authorities: has('stamp') ? keys.authorities : null,
      };
      const { harness, alone, says } = verdicts(run, given ? with_ : keysOf(null));
      expect(says).toBe('');
      expect(alone).toBe(harness);
      const signed = has('sign') ? (given ? 'yes' : 'not checked') : 'no';
      const words = roles.map(() => (given ? ', yes' : ', not checked')).join('');
      expect(harness.replace(/, (?:at|from) (?:claimed|verified) .*? by CN=Test TSA/g, '')).toBe(
        `ok ${signed}${words}`,
      );
      rmSync(run, { recursive: true });
    }),
    { numRuns: 40 },
  );
}, 120_000);
