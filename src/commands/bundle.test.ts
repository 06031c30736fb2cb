import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { list } from 'tar';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EXAMPLE, smallRun, verdicts } from '../../test/unit/support/bundle.ts';
import { exerciseOf, LISTED_RUN } from '../../test/unit/support/exercise.ts';
import { packDirectory } from '../evidence/pack.ts';
import { bundleCommand } from './bundle.ts';

/* What is handed on: a directory or an archive, which unpacks to what verifies, and nothing of it leaves where it is unpacked. */

const base = mkdtempSync(join(tmpdir(), 'drill-bundle-'));
const run = join(base, '20260101T000000Z-0ddba0');
beforeAll(() => smallRun(run));
afterAll(() => rmSync(base, { recursive: true, force: true }));

const namesIn = (file: string): readonly string[] => {
  const names: string[] = [];
  list({ file, sync: true, onReadEntry: ({ path }) => names.push(path) });
  return names;
};

test('an archive unpacks to a bundle that verifies by the line in its README', async () => {
  const reports = join(base, 'reports');
  const exercise = join(reports, exerciseOf(reports));
  for (const [what, of] of [
    ['run', run],
    ['exercise', exercise],
  ] as const) {
    const out = join(base, `${what}.tar`);
    expect(await bundleCommand(of, { out, tar: true })).toBe(0);
    const into = join(base, `unpacked-${what}`);
    mkdirSync(into);
    execFileSync('tar', ['xf', out, '-C', into]);
    expect(readdirSync(into)).toEqual(['bundle']);
    const readme = readFileSync(join(into, 'bundle/README.txt'), 'utf8');
    const [, place = ''] = /node verify\.mjs (\S+) --public-key FILE/.exec(readme) ?? [];
    expect(verdicts(join(into, 'bundle', place), null)).toEqual({ harness: 'ok no', alone: 'ok no', says: '' });
    const said = execFileSync(process.execPath, ['verify.mjs', place], { cwd: join(into, 'bundle'), encoding: 'utf8' });
    expect(said).toContain(what === 'run' ? 'files as they were sealed' : `run ${LISTED_RUN}: as it was sealed then`);
    expect(existsSync(`${out}.part`) || existsSync(`${out}.part.tar`)).toBe(false);
  }
});

test('the same content makes the same bytes, whoever packs it, when, and with what rights', async () => {
  const [one, two] = [join(base, 'one.tar'), join(base, 'two.tar')];
  await bundleCommand(run, { out: one, tar: true });
  const again = join(base, 'elsewhere', basename(run));
  cpSync(run, again, { recursive: true });
  for (const name of readdirSync(again)) utimesSync(join(again, name), 1, 1);
  const umask = process.umask(0o077);
  try {
    await bundleCommand(again, { out: two, tar: true });
  } finally {
    process.umask(umask);
  }
  expect(readFileSync(two)).toEqual(readFileSync(one));
  expect(namesIn(one)).toEqual([...namesIn(one)].sort());
  expect(namesIn(one).every((name) => name.startsWith('bundle/'))).toBe(true);
});

test('a directory whose name is a command, or a link, is handed on as a plain copy', async () => {
  const hostile = join(base, '$(touch owned);x');
  cpSync(run, hostile, { recursive: true });
  const out = join(base, 'from-hostile');
  await bundleCommand(hostile, { out, tar: false });
  expect(readdirSync(out)).toEqual(['README.txt', 'run', 'verify.mjs']);
  expect(readFileSync(join(out, 'README.txt'), 'utf8')).not.toContain('owned');
  symlinkSync(run, join(base, 'link'));
  const linked = join(base, 'from-link');
  await bundleCommand(join(base, 'link'), { out: linked, tar: false });
  for (const name of readdirSync(linked)) expect(lstatSync(join(linked, name)).isSymbolicLink()).toBe(false);
  expect(readdirSync(join(linked, basename(run))).length).toBeGreaterThan(5);
});

test('names that lead elsewhere, or nowhere, are no part of an archive; one that looks like an option is a file', async () => {
  const directory = join(base, 'names');
  mkdirSync(directory);
  for (const name of ['@other.tar', '-rf', '--help']) writeFileSync(join(directory, name), name);
  const file = join(base, 'names.tar');
  await packDirectory(directory, file);
  expect(namesIn(file).map((name) => name.replace('/./', '/'))).toEqual([
    'bundle/--help',
    'bundle/-rf',
    'bundle/@other.tar',
  ]);
  for (const bad of ['a\nb', 'C:x', 'r\u00e9sum\u00e9', '\u202egpj']) {
    writeFileSync(join(directory, bad), '');
    await expect(packDirectory(directory, join(base, 'bad.tar'))).rejects.toThrow(/with characters other than/);
    rmSync(join(directory, bad));
  }
  symlinkSync('/etc/passwd', join(directory, 'passwd'));
  await expect(packDirectory(directory, join(base, 'bad.tar'))).rejects.toThrow(/expected a plain file/);
});

test('what does not verify is not handed on, and a place that is taken stays as it is', async () => {
  const changed = join(base, 'changed');
  cpSync(run, changed, { recursive: true });
  writeFileSync(join(changed, 'history.csv'), '');
  for (const tar of [true, false]) {
    const out = join(base, `never-${tar}`);
    await expect(bundleCommand(changed, { out, tar })).rejects.toThrow(/^history\.csv: /);
    expect(readdirSync(base).filter((name) => name.startsWith('never-'))).toEqual([]);
    writeFileSync(out, 'mine');
    await expect(bundleCommand(EXAMPLE, { out, tar })).rejects.toThrow(/is there already/);
    expect(readFileSync(out, 'utf8')).toBe('mine');
    rmSync(out);
  }
});
