import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { pushAnchor, readAnchors, shownRemote } from './git-anchor.ts';

const base = mkdtempSync(join(tmpdir(), 'drill-git-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

const NEVER = new AbortController().signal;
const SERIES = 'ab'.repeat(16);
const begun = (counter: number, intentSha256 = `${counter % 10}`.repeat(64)) => {
  return { series: SERIES, counter, run: `20260101T00000${counter}Z-abcdef`, intentSha256 };
};

function remote(name: string): string {
  const path = join(base, name);
  execFileSync('git', ['init', '--quiet', '--bare', path]);
  return path;
}

test('what is pushed is what is read again, by the names of the tags alone; others are left alone', async () => {
  const path = remote('plain');
  const ref = await pushAnchor(path, begun(1), NEVER);
  expect(ref).toBe(`refs/tags/drill/${SERIES}/1/20260101T000001Z-abcdef/${'1'.repeat(64)}`);
  await pushAnchor(path, begun(2), NEVER);
  const head = execFileSync('git', ['-C', path, 'rev-parse', ref], { encoding: 'utf8' }).trim();
  execFileSync('git', ['-C', path, 'tag', 'drill/other', head]);
  expect(await readAnchors(path, NEVER)).toEqual({ remote: path, runs: [begun(1), begun(2)] });
  expect(execFileSync('git', ['-C', path, 'log', '-1', '--format=%an %B', ref], { encoding: 'utf8' })).toContain(
    JSON.stringify(begun(1)),
  );
});

test('a remote that is not there, refuses, or looks like an option: why is said, and nothing secret', async () => {
  const path = remote('refuses');
  const hook = join(path, 'hooks', 'pre-receive');
  writeFileSync(hook, '#!/bin/sh\necho "tags are closed" >&2\nexit 1\n');
  chmodSync(hook, 0o755);
  await expect(pushAnchor(path, begun(1), NEVER)).rejects.toThrow(/the Git remote .*git push ended with 1: .+/);
  await expect(readAnchors(join(base, 'nothing'), NEVER)).rejects.toThrow(/git ls-remote ended with 128/);
  const canary = join(base, 'run-by-git');
  await expect(pushAnchor(`--receive-pack=touch ${canary}`, begun(1), NEVER)).rejects.toThrow(/git push ended/);
  await expect(pushAnchor(`ext::sh -c touch% ${canary}`, begun(1), NEVER)).rejects.toThrow(/git push ended/);
  expect(() => readFileSync(canary)).toThrow(/ENOENT/);
  const secret = pushAnchor('http://me:hunter2@127.0.0.1:1/x?token=hunter3', begun(1), NEVER);
  await expect(secret).rejects.toThrow(/127\.0\.0\.1/);
  await expect(secret).rejects.not.toThrow(/hunter/);
  expect(shownRemote('https://me:hunter2@host/x.git?token=hunter3')).toBe('https://host/x.git');
});

test('what hangs ends with the signal, and what it started as well', async () => {
  const path = remote('hangs');
  const hook = join(path, 'hooks', 'pre-receive');
  const started = join(base, 'started');
  writeFileSync(hook, `#!/bin/sh\necho $$ > ${started}.part\nmv ${started}.part ${started}\nexec sleep 1000\n`);
  chmodSync(hook, 0o755);
  const over = new AbortController();
  const pushing = pushAnchor(path, begun(1), over.signal);
  const pid = await vi.waitFor(() => Number(readFileSync(started, 'utf8')), 20_000);
  over.abort(new Error('interrupted'));
  await expect(pushing).rejects.toThrow(/git push/);
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow(/ESRCH/), 20_000);
});
