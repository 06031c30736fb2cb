import { execFile } from 'node:child_process';
import { appendFileSync, cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { reportCommand } from '../../src/commands/judge.ts';
import { generateKeyPair } from '../../src/evidence/keygen.ts';
import { writeManifest } from '../../src/evidence/manifest.ts';
import { stampSealed } from '../../src/evidence/stamp-sealed.ts';
import { sha256Hex } from '../../src/history/chain.ts';
import { EXAMPLE, STANDALONE } from './support/bundle.ts';
import { EachExercise } from './support/each-exercise.ts';
import { LISTED_RUN } from './support/exercise.ts';
import { AMENDED, APPROVED, people, say } from './support/full-run.ts';

/* What is signed, shown and handed on, as people call it. */

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
const here = new EachExercise('hand-on');
const who = people();

function call(...args: readonly string[]): Promise<{ code: number; text: string }> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, DRILL_STATE: join(here.base, 'state') } };
    execFile(process.execPath, [...args], options, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, text: stdout + stderr }),
    );
  });
}

test('a page that is rendered again shows what was said, and nothing of it is markup', async () => {
  const run = join(here.base, 'shown');
  cpSync(EXAMPLE, run, { recursive: true });
  await say(run, APPROVED, who.approver);
  await say(
    run,
    { ...AMENDED, attachment: { name: 'x.yaml', text: 'ticket: <b>CHG-2</b>\n' } } as typeof AMENDED,
    who.lead,
  );
  const page = join(here.base, 'again');
  await reportCommand(run, { out: page, pdf: false });
  const markup = readFileSync(`${page}.html`, 'utf8');
  expect(markup).toContain('Signed since, by people');
  expect(markup).toContain('ticket: &lt;b&gt;CHG-2');
  // What is about another run is not shown as if it were about this one.
  const other = join(here.base, 'other');
  cpSync(EXAMPLE, other, { recursive: true });
  appendFileSync(join(other, 'junit.xml'), '<!-- sealed anew -->');
  rmSync(join(other, 'manifest.json'));
  writeManifest(other, basename(EXAMPLE));
  cpSync(join(run, 'statements'), join(other, 'statements'), { recursive: true });
  await expect(reportCommand(other, { out: page, pdf: false })).rejects.toThrow(/about another manifest/);
});

test('as people call it: keys, sign, sign off, amend, verify, hand on', { timeout: 180_000 }, async () => {
  const keysAt = join(here.base, 'keys');
  for (const name of ['seal', 'approver']) generateKeyPair(join(keysAt, name), undefined);
  const key = (name: string): string => join(keysAt, name, 'signing-key.pem');
  const open = (name: string): string => join(keysAt, name, 'signing-key.pub.pem');
  const run = here.run;
  expect(await call(CLI, 'sign', run, '--key', key('seal'))).toMatchObject({ code: 0 });
  const signOff = [CLI, 'sign-off', run, '--by', 'Ada', '--role', 'head of ICT risk'];
  expect(await call(...signOff, '--decision', 'fine', '--key', key('approver'))).toMatchObject({
    code: 4,
    text: expect.stringContaining('--decision: expected approved or rejected'),
  });
  expect(await call(...signOff, '--decision', 'approved', '--key', key('seal'))).toMatchObject({
    code: 4,
    text: expect.stringContaining('sealed it'),
  });
  expect(await call(...signOff, '--decision', 'approved', '--note', 'seen', '--key', key('approver'))).toMatchObject({
    code: 0,
  });
  const text = join(here.base, 'ticket.yaml');
  writeFileSync(text, 'ticket: <b>CHG-2</b>\n');
  const amend = ['--by', 'Tom', '--role', 'test lead', '--reason', 'the ticket', '--file', text, '--key', key('seal')];
  expect(await call(CLI, 'amend', run, ...amend)).toMatchObject({ code: 0 });
  const given = ['--public-key', open('seal'), '--public-key', `head of ICT risk=${open('approver')}`];
  for (const verify of [[CLI, 'verify'], [STANDALONE]]) {
    const { code, text: said } = await call(...verify, run, ...given);
    expect([code, said]).toEqual([0, expect.stringContaining('statement 1: APPROVED by Ada (head of ICT risk), ')]);
    expect(said).toContain('statement 2: amendment by Tom (test lead), ');
    expect(said).not.toContain('NOT CHECKED');
    expect((await call(...verify, run, ...given, '--public-key', `auditor=${open('approver')}`)).code).toBe(6);
  }
  await stampSealed(here.exercise, here.tsa.authority, new AbortController().signal);
  const out = join(here.base, 'handed-on');
  expect(await call(CLI, 'bundle', here.exercise, '--out', out)).toMatchObject({ code: 0 });
  expect(await call(CLI, 'bundle', here.exercise, '--out', out)).toMatchObject({ code: 4 });
  expect(readdirSync(out).sort()).toEqual(['README.txt', 'reports', 'verify.mjs']);
  const readme = readFileSync(join(out, 'README.txt'), 'utf8');
  const [, place = ''] = /node verify\.mjs (\S+) --public-key FILE/.exec(readme) ?? [];
  const handed = await call(join(out, 'verify.mjs'), join(out, place));
  expect(handed).toMatchObject({ code: 0, text: expect.stringContaining(`run ${LISTED_RUN}: as it was sealed then`) });
  expect(readme).toContain(sha256Hex(readFileSync(join(out, place, 'manifest.json'))));
  expect(readme).toContain(sha256Hex(readFileSync(join(out, 'verify.mjs'))));
  expect(readme).toMatch(/manifest\.tsr .*--tsa-ca FILE/s);
  expect(await call(join(out, 'verify.mjs'), join(out, 'reports'), '--all')).toMatchObject({ code: 0 });
});
