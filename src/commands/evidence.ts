import { EXIT, type ExitCode, InputError } from '../errors.ts';
import { generateKeyPair } from '../evidence/keygen.ts';
import { signRun } from '../evidence/sign.ts';
import { type Signer, type SigningFlags, type SigningSecrets, signerOf } from '../evidence/signing-key.ts';
import { stampSealed } from '../evidence/stamp-sealed.ts';
import { authorityOf, type TimestampAuthority, type TimestampFlags } from '../evidence/timestamp-request.ts';
import { print, requireDirectory } from './context.ts';

/** The flags of all that signs, as the command line names them. */
export interface SignFlags {
  readonly signKey?: string;
  readonly signCommand?: string;
  readonly publicKey?: string;
}

/** Whatever interrupts what is done here leaves what is sealed as it is. */
const NEVER = new AbortController().signal;

/** Who signs; null: nobody was named. */
export function signerFor(flags: SignFlags, secrets: SigningSecrets): Signer | null {
  const of: SigningFlags = { key: flags.signKey, command: flags.signCommand, publicKey: flags.publicKey };
  return signerOf(of, secrets);
}

/** Who signs; an InputError: nobody was named. */
export function requireSigner(flags: SignFlags, secrets: SigningSecrets): Signer {
  const signer = signerFor(flags, secrets);
  if (signer !== null) return signer;
  throw new InputError('nobody signs: expected a key', {
    hint: 'give --key FILE, --sign-command JSON with --public-key FILE, or set DRILL_SIGN_KEY; `drill keygen DIRECTORY` makes a pair',
  });
}

/** `sign RUN`: envelopes beside the manifest of a run or an exercise that verifies, and a time stamp where an authority is named. */
export async function signCommand(
  directory: string,
  flags: SignFlags & TimestampFlags,
  secrets: SigningSecrets,
): Promise<ExitCode> {
  const signer = requireSigner(flags, secrets);
  const authority = authorityOf(flags);
  requireDirectory(directory);
  await signAndSay(directory, signer);
  if (authority !== null) await stampAndSay(directory, authority);
  return EXIT.pass;
}

/** `timestamp RUN`: the answer of an authority beside the manifest. */
export async function timestampCommand(directory: string, flags: TimestampFlags): Promise<ExitCode> {
  const authority = authorityOf(flags);
  if (authority === null) throw new InputError('nobody stamps: expected --tsa URL or --tsa-command JSON');
  requireDirectory(directory);
  await stampAndSay(directory, authority);
  return EXIT.pass;
}

/** Signs what is sealed and says with which key. */
export async function signAndSay(directory: string, signer: Signer): Promise<void> {
  const keyId = await signRun(directory, signer, NEVER);
  print(`signed with the key ${keyId}`);
}

/** Has the manifest's time stamped, and says what the answer claims. */
export async function stampAndSay(directory: string, authority: TimestampAuthority): Promise<void> {
  const { time, by } = await stampSealed(directory, authority, NEVER);
  print(`time stamp ${time} by ${by}: claimed; \`verify --tsa-ca FILE\` checks who that is`);
}

/** `keygen DIRECTORY`: a pair of Ed25519 keys. */
export function keygenCommand(directory: string, secrets: SigningSecrets): ExitCode {
  const { privateKey, publicKey, keyId } = generateKeyPair(directory, secrets.passphrase);
  print(`${privateKey}: private, mode 0600, ${secrets.passphrase === undefined ? 'not encrypted' : 'encrypted'}`);
  print(`${publicKey}: for everybody who verifies, by another way than the bundles go`);
  print(`key ${keyId}`);
  return EXIT.pass;
}
