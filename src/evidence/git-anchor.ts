import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../errors.ts';
import { shown } from '../text.ts';
import type { AnchorRemote, BegunRun } from './verify-all.ts';

/* An anchor in a Git remote is a tag whose name says it all, so that who looks needs no object: `drill/<series>/<counter>/<run>/<SHA-256 of intent.json>`. */

const TAGS = 'refs/tags/drill';
const TAG = /^refs\/tags\/drill\/([0-9a-f]{32})\/([1-9][0-9]{0,9})\/([A-Za-z0-9-]{1,100})\/([0-9a-f]{64})$/;
const GIT_MS = 30_000;
const MAX_BYTES = 16 * 1024 * 1024;
/** Nobody is there to be asked, nothing of the user's own is signed or hooked in. */
const QUIET: Readonly<Record<string, string>> = {
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: 'false',
  SSH_ASKPASS: 'false',
  SSH_ASKPASS_REQUIRE: 'force',
  GCM_INTERACTIVE: 'never',
  LC_ALL: 'C',
};
const NOBODY = { name: 'drill', email: 'drill@localhost' } as const;

/** The remote without what may be secret in it: a user, a password, what follows a `?`. */
export function shownRemote(remote: string): string {
  return shown(remote.replace(/\/\/[^/@]*@/, '//').replace(/\?.*$/s, ''));
}

/** Which tag a run gets. */
export function anchorTag({ series, counter, run, intentSha256 }: BegunRun): string {
  return `${TAGS}/${series}/${counter}/${run}/${intentSha256}`;
}

/** Pushes the tag of a run that is about to begin to a remote of the user's, within 30 s and without a question. Gives its name. An InputError for all else. */
export async function pushAnchor(remote: string, begun: BegunRun, signal: AbortSignal): Promise<string> {
  const ref = anchorTag(begun);
  const at = mkdtempSync(join(tmpdir(), 'drill-anchor-'));
  const limit = AbortSignal.any([signal, AbortSignal.timeout(GIT_MS)]);
  const run = (args: readonly string[], input = ''): Promise<string> => git(args, { remote, at, input, signal: limit });
  try {
    await run(['init', '--quiet', '--bare', '.']);
    const tree = (await run(['mktree'])).trim();
    const message = `drill: run ${begun.run} is about to begin\n\n${JSON.stringify(begun)}\n`;
    const commit = (await run(['commit-tree', '--no-gpg-sign', tree], message)).trim();
    await run(['push', '--quiet', '--no-verify', '--porcelain', '--', remote, `${commit}:${ref}`]);
    return ref;
  } finally {
    rmSync(at, { recursive: true, force: true });
  }
}

/** Every run that a remote knows. An InputError when it cannot be asked. */
export async function readAnchors(remote: string, signal: AbortSignal): Promise<AnchorRemote> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(GIT_MS)]);
  const listed = await git(['ls-remote', '--refs', '--', remote, `${TAGS}/*`], {
    remote,
    at: tmpdir(),
    input: '',
    signal: limit,
  });
  const runs = listed.split('\n').flatMap((line): readonly BegunRun[] => {
    const [, series, counter, run, intentSha256] = TAG.exec(line.split('\t')[1] ?? '') ?? [];
    if (series === undefined || run === undefined || intentSha256 === undefined) return [];
    return [{ series, counter: Number(counter), run, intentSha256 }];
  });
  return { remote: shownRemote(remote), runs };
}

interface Call {
  readonly remote: string;
  readonly at: string;
  readonly input: string;
  readonly signal: AbortSignal;
}

async function git(args: readonly string[], { remote, at, input, signal }: Call): Promise<string> {
  const inherited = { ...process.env };
  // What a hook of the user's own sets would make another repository of this one.
  for (const name of ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_OBJECT_DIRECTORY']) delete inherited[name];
  const identity = Object.fromEntries(
    ['AUTHOR', 'COMMITTER'].flatMap((who) => [
      [`GIT_${who}_NAME`, NOBODY.name],
      [`GIT_${who}_EMAIL`, NOBODY.email],
    ]),
  );
  const child = spawn('git', ['-c', 'core.hooksPath=/dev/null', '-c', 'push.followTags=false', ...args], {
    cwd: at,
    env: { ...inherited, ...QUIET, ...identity },
    stdio: ['pipe', 'pipe', 'pipe'],
    // Of a session of its own: what it starts ends with it, and has no terminal to ask at.
    detached: true,
  });
  const kill = (): void => {
    try {
      process.kill(-(child.pid as number), 'SIGKILL');
    } catch {
      // It has ended.
    }
  };
  signal.addEventListener('abort', kill, { once: true });
  if (signal.aborted) kill();
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
      if (texts[name].length > MAX_BYTES) kill();
    });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const ended = await new Promise<string>((resolve) => {
    child.on('error', (error: NodeJS.ErrnoException) => resolve(`cannot be run (${error.code})`));
    child.on('close', (code, killed) => resolve(code === 0 ? '' : `ended with ${code ?? killed}`));
  });
  signal.removeEventListener('abort', kill);
  if (ended === '') return texts.stdout;
  const why = signal.aborted
    ? `gave no answer within ${GIT_MS / 1000} s`
    : `${ended}: ${lastLine(texts.stderr, remote)}`;
  throw new InputError(`the Git remote ${shownRemote(remote)}: git ${args[0]} ${why}`, {
    hint: 'nobody can be asked for a password here: give a remote that this user can push to, such as by an ssh key without a passphrase',
  });
}

/** What git says last, without what may be secret in the remote. */
function lastLine(stderr: string, remote: string): string {
  const text = stderr
    .replaceAll(remote, shownRemote(remote))
    .replaceAll(/\/\/[^/@\s]*@/g, '//')
    .replaceAll(/\?[^\s'"]*/g, '');
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return shown(
    lines.find((line) => /^(fatal|error|remote|ssh):?/.test(line)) ?? lines.at(-1) ?? 'it does not say why',
  ).slice(0, 300);
}
