import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT, type ExitCode, InputError, messageOf } from '../errors.ts';
import { INTENT_TIMESTAMP, sha256, TIMESTAMP } from '../evidence/bundle-files.ts';
import { NO_KEYS } from '../evidence/keyring.ts';
import { UP } from '../evidence/listed-runs.ts';
import { type Verified, verifyBundle } from '../evidence/verify.ts';
import { VERSION } from '../version.ts';
import { print, requireDirectory } from './context.ts';

const VERIFIER = fileURLToPath(new URL('../../verifier/verify.mjs', import.meta.url));

/**
 * `bundle RUN --out DIRECTORY`: a copy of a sealed run or exercise as it is, with the verifier and a README beside it, outside of what is sealed. An InputError when
 * the place is taken or cannot be written; an EvidenceError when it does not verify.
 */
export function bundleCommand(directory: string, { out }: { readonly out: string }): ExitCode {
  requireDirectory(directory);
  if (existsSync(out)) throw new InputError(`${out}: is there already`, { hint: 'give another directory' });
  const draft = `${resolve(out)}.part`;
  let verified: Verified;
  try {
    mkdirSync(dirname(draft), { recursive: true });
    mkdirSync(draft);
  } catch (error) {
    throw new InputError(`${draft}: cannot be made: ${messageOf(error)}`, { cause: error });
  }
  try {
    const original = verifyBundle(directory, NO_KEYS);
    const place = original.kind === 'run' ? basename(resolve(directory)) : exercisePlace(directory);
    copy(directory, join(draft, place));
    for (const { path } of original.runs)
      if (path !== null) copy(path, join(draft, 'reports', relative(resolve(directory, UP), resolve(path))));
    // The copy: that is what is handed on.
    verified = verifyBundle(join(draft, place), NO_KEYS);
    const verifier = readFileSync(VERIFIER);
    writeFileSync(join(draft, 'verify.mjs'), verifier);
    writeFileSync(join(draft, 'README.txt'), readme(place, verified, sha256(verifier)));
    renameSync(draft, out);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new InputError(`${out}: cannot be written (${code})`, { cause: error });
  }
  print(`${join(out, 'README.txt')} says how to verify it; manifest.json has the SHA-256 ${verified.manifestSha256}`);
  if (verified.signed.state === 'unsigned') print('UNSIGNED: this shows damage, not forgery');
  return EXIT.pass;
}

/** With its runs as they lie in a directory of reports, so that what it lists is found. */
function exercisePlace(directory: string): string {
  return join('reports', relative(resolve(directory, UP), resolve(directory)));
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
