import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT, type ExitCode, InputError, messageOf } from '../errors.ts';
import { INTENT_TIMESTAMP, sha256, TIMESTAMP } from '../evidence/bundle-files.ts';
import { NO_KEYS } from '../evidence/keyring.ts';
import { UP } from '../evidence/listed-runs.ts';
import { packDirectory, TOP } from '../evidence/pack.ts';
import { type Verified, verifyBundle } from '../evidence/verify.ts';
import { VERSION } from '../version.ts';
import { print, requireDirectory } from './context.ts';

const VERIFIER = fileURLToPath(new URL('../../verifier/verify.mjs', import.meta.url));

export interface BundleFlags {
  readonly out: string;
  /** One file in the place of a directory. */
  readonly tar: boolean;
}

/**
 * `bundle RUN --out PLACE`: a copy of a sealed run or exercise as it is, with the verifier and a README beside it, outside of what is sealed; a directory, or with `tar` an
 * archive of it. An InputError when the place is taken or cannot be written; an EvidenceError when it does not verify.
 */
export async function bundleCommand(given: string, { out, tar }: BundleFlags): Promise<ExitCode> {
  requireDirectory(given);
  // A link would be handed on in the place of what it leads to.
  const directory = realpathSync(given);
  if (existsSync(out)) throw new InputError(`${out}: is there already`, { hint: 'give another place' });
  const draft = `${resolve(out)}.part`;
  const archive = `${resolve(out)}.part.tar`;
  let verified: Verified;
  try {
    mkdirSync(dirname(draft), { recursive: true });
    mkdirSync(draft);
  } catch (error) {
    throw new InputError(`${draft}: cannot be made: ${messageOf(error)}`, { cause: error });
  }
  try {
    verified = copyInto(draft, directory);
    if (tar) {
      await packDirectory(draft, archive);
      renameSync(archive, out);
      rmSync(draft, { recursive: true });
    } else renameSync(draft, out);
  } catch (error) {
    for (const left of [draft, archive]) rmSync(left, { recursive: true, force: true });
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new InputError(`${out}: cannot be written (${code})`, { cause: error });
  }
  const where = tar ? `tar xf ${basename(out)}, then ${TOP}/README.txt` : join(out, 'README.txt');
  print(`${where} says how to verify it; manifest.json has the SHA-256 ${verified.manifestSha256}`);
  if (verified.signed.state === 'unsigned') print('UNSIGNED: this shows damage, not forgery');
  return EXIT.pass;
}

/** What of the copy was verified: that is what is handed on. */
function copyInto(draft: string, directory: string): Verified {
  const original = verifyBundle(directory, NO_KEYS);
  const place = original.kind === 'run' ? plainNames(basename(directory), 'run') : exercisePlace(directory);
  copy(directory, join(draft, place));
  for (const { path } of original.runs)
    if (path !== null) copy(realpathSync(path), join(draft, 'reports', relative(resolve(directory, UP), path)));
  const verified = verifyBundle(join(draft, place), NO_KEYS);
  const verifier = readFileSync(VERIFIER);
  writeFileSync(join(draft, 'verify.mjs'), verifier);
  writeFileSync(join(draft, 'README.txt'), readme(place, verified, sha256(verifier)));
  return verified;
}

/** The README has it in a line that people paste into a shell: a name that is more than letters, digits and dots is not taken over. */
function plainNames(path: string, instead: string): string {
  return path.split('/').every((name) => /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/.test(name)) ? path : instead;
}

/** With its runs as they lie in a directory of reports, so that what it lists is found. */
function exercisePlace(directory: string): string {
  const place = relative(resolve(directory, UP), directory).split(sep).join('/');
  return `reports/${plainNames(place, '_exercises/exercise/record')}`;
}

function copy(from: string, to: string): void {
  cpSync(from, to, { recursive: true, verbatimSymlinks: true });
}

function readme(name: string, verified: Verified, verifier: string): string {
  const { kind, run, manifestSha256, signed, statements } = verified;
  const signature =
    signed.state === 'unsigned' ? 'It is not signed.' : `It says that it was signed with the key ${signed.keyId}.`;
  const said = statements.map(
    ({ said: { number, by, kind: what }, keyId }) => `  ${number}. ${what} by ${by.name} (${by.role}), key ${keyId}`,
  );
  return `This is the sealed record of the ${kind} ${run} (harness drill ${VERSION}), as it was when this copy was made.

To verify it, offline, with Node 18 or later:

  node verify.mjs ${name} --public-key FILE

FILE is the public key of whoever sealed it. Get it, and the verifier, from somewhere else than from here: who forges a
bundle forges what lies beside it, too. Digests to compare over another way (SHA-256):

  ${manifestSha256}  ${name}/manifest.json
  ${verifier}  verify.mjs

${signature}
${stampWords(verified)}${said.length === 0 ? 'Nobody had signed it off.\n' : `Signed over it by people, as they say of themselves; --public-key ROLE=FILE checks who:\n${said.join('\n')}\n`}`;
}

/** How the time stamps are checked, where there are some. */
function stampWords({ timestamp, intentTimestamp }: Verified): string {
  const there = [
    ...(timestamp === null ? [] : [`${TIMESTAMP} (over manifest.json, claims ${timestamp.time})`]),
    ...(intentTimestamp === null ? [] : [`${INTENT_TIMESTAMP} (over intent.json, claims ${intentTimestamp.time})`]),
  ];
  if (there.length === 0) return '';
  return `
Time stamps (RFC 3161): ${there.join(', ')}. They are believed with the
certificates of their authority alone, got from elsewhere as well: add --tsa-ca FILE (PEM) to the line above.
`;
}
