import type { KeyObject } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, type ExitCode, InputError } from '../errors.ts';
import { generateKeyPair } from '../evidence/keygen.ts';
import { signRun } from '../evidence/sign.ts';
import {
  readPublicKey,
  type Signer,
  type SigningFlags,
  type SigningSecrets,
  signerOf,
} from '../evidence/signing-key.ts';
import { type Signed, verifyBundle } from '../evidence/verify.ts';
import { verifyAll } from '../evidence/verify-all.ts';
import { stateDirectory } from '../platform/local/paths.ts';
import { registeredRuns, seriesIn } from '../run/run-register.ts';
import { print } from './context.ts';

/** The flags of `run` and `sign`, as the command line names them. */
export interface SignFlags {
  readonly signKey?: string;
  readonly signCommand?: string;
  readonly publicKey?: string;
}

/** Who signs; null: nobody was named. */
export function signerFor(flags: SignFlags, secrets: SigningSecrets): Signer | null {
  const of: SigningFlags = { key: flags.signKey, command: flags.signCommand, publicKey: flags.publicKey };
  return signerOf(of, secrets);
}

/** Of this user on this machine: every run that was begun, wherever its directory went. */
export function runRegister(): string {
  return join(stateDirectory(), 'runs');
}

/** `verify RUN`: the directory is what was sealed, and with a public key, who sealed it. */
export function verifyCommand(
  directory: string,
  { publicKey, all }: { readonly publicKey?: string; readonly all?: boolean },
): ExitCode {
  const key = publicKey === undefined ? null : readPublicKey(publicKey);
  if (!isDirectory(directory))
    throw new InputError(`${directory}: expected the directory of a run`, {
      hint: 'Give the directory of a run, such as reports/<scenario>/<time>-<id>.',
    });
  if (all === true) return verifyEvery(directory, key);
  const { run, files, torn, signed, manifestSha256 } = verifyBundle(directory, key);
  print(`${run}: ${files} files as they were sealed, the journal’s chain is whole`);
  if (torn) print('the journal ends in the middle of a line: the run died while it wrote it');
  print(`manifest.json has the SHA-256 ${manifestSha256}`);
  print(signedWords(signed));
  return EXIT.pass;
}

/** `verify --all DIRECTORY`: each run, and whether one is missing among them. */
function verifyEvery(directory: string, key: KeyObject | null): ExitCode {
  const register = runRegister();
  const series = seriesIn(register);
  const local = series === null ? null : { series, runs: registeredRuns(register) };
  const { runs, gaps, notes } = verifyAll(directory, key, local);
  if (runs.length === 0) throw new InputError(`${directory}: no run in it`);
  for (const { path, signed, problem } of runs) print(`${path}: ${problem ?? SIGNED_WORD[signed]}`);
  for (const gap of gaps) print(gap);
  for (const note of notes) print(`note: ${note}`);
  const wrong = runs.filter(({ problem }) => problem !== null).length;
  print(`${runs.length} runs, ${wrong} of them do not verify; ${gaps.length} gaps`);
  return wrong + gaps.length === 0 ? EXIT.pass : EXIT.evidence;
}

const SIGNED_WORD: Readonly<Record<Signed['state'], string>> = {
  unsigned: 'as it was sealed, UNSIGNED',
  'not-checked': 'as it was sealed, SIGNATURE NOT CHECKED',
  signed: 'as it was sealed and signed',
};

export function signedWords(signed: Signed): string {
  switch (signed.state) {
    case 'unsigned':
      return 'UNSIGNED: this shows damage, not forgery';
    case 'not-checked':
      return `SIGNATURE NOT CHECKED: it names the key ${signed.keyId}; give --public-key FILE`;
    case 'signed':
      return `signed with the key ${signed.keyId}; trusted time: none`;
  }
}

/** `sign RUN`: two envelopes beside the manifest of a run that verifies. */
export async function signCommand(directory: string, flags: SignFlags, secrets: SigningSecrets): Promise<ExitCode> {
  const signer = signerFor(flags, secrets);
  if (signer === null)
    throw new InputError('nobody signs: expected a key', {
      hint: 'give --key FILE, --sign-command JSON with --public-key FILE, or set DRILL_SIGN_KEY; `drill keygen DIRECTORY` makes a pair',
    });
  if (!isDirectory(directory)) throw new InputError(`${directory}: expected the directory of a run`);
  await signAndSay(directory, signer);
  return EXIT.pass;
}

/** Signs a sealed run and says with which key. */
export async function signAndSay(directory: string, signer: Signer): Promise<void> {
  // Whatever interrupts the signing leaves the run sealed, and unsigned.
  const keyId = await signRun(directory, signer, new AbortController().signal);
  print(`signed with the key ${keyId}`);
}

/** `keygen DIRECTORY`: a pair of Ed25519 keys. */
export function keygenCommand(directory: string, secrets: SigningSecrets): ExitCode {
  const { privateKey, publicKey, keyId } = generateKeyPair(directory, secrets.passphrase);
  print(`${privateKey}: private, mode 0600, ${secrets.passphrase === undefined ? 'not encrypted' : 'encrypted'}`);
  print(`${publicKey}: for everybody who verifies, by another way than the bundles go`);
  print(`key ${keyId}`);
  return EXIT.pass;
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
