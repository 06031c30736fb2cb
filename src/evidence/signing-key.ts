import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { InputError } from '../errors.ts';
import { readGivenFile } from '../given-file.ts';
import { SIGNATURE_BYTES } from './dsse.ts';
import { argvOf, runPipeCommand } from './pipe-command.ts';

const PASSPHRASE = 'DRILL_SIGN_PASSPHRASE';
const MAX_KEY_BYTES = 65_536;
const MAKE_ONE = 'npm run drill -- keygen DIRECTORY makes a pair';

/** What signs, and the key by which others check it. */
export interface Signer {
  readonly publicKey: KeyObject;
  /** The raw Ed25519 signature (64 bytes) over the bytes. */
  sign(encoded: Uint8Array, signal: AbortSignal): Promise<Buffer>;
}

/** What of the environment signs. Secrets: never shown, never passed on. */
export interface SigningSecrets {
  /** A private key, PKCS#8 PEM; where line ends cannot stand, `\n` for each. */
  readonly key: string | undefined;
  /** Of a private key that is encrypted. */
  readonly passphrase: string | undefined;
  /** A command as a JSON array. */
  readonly command: string | undefined;
}

export interface SigningFlags {
  /** A file with the private key. */
  readonly key?: string | undefined;
  /** A command as a JSON array. */
  readonly command?: string | undefined;
  /** The public key of the command. */
  readonly publicKey?: string | undefined;
}

/** Takes the secrets out of the environment, so that no process that is started later has them. */
export function takeSigningSecrets(env: NodeJS.ProcessEnv): SigningSecrets {
  const taken = { key: env.DRILL_SIGN_KEY, passphrase: env[PASSPHRASE], command: env.DRILL_SIGN_COMMAND };
  for (const name of ['DRILL_SIGN_KEY', PASSPHRASE, 'DRILL_SIGN_COMMAND']) delete env[name];
  return taken;
}

/** Who signs, by the flags, else by the environment; null: nobody. An InputError for a key that cannot be used; it never says what is in it. */
export function signerOf(flags: SigningFlags, secrets: SigningSecrets): Signer | null {
  if (flags.key !== undefined && flags.command !== undefined)
    throw new InputError('expected a key or a command that signs, got both');
  if (flags.key !== undefined) return ofKey(readPrivateKey(flags.key), flags.key, secrets.passphrase);
  if (flags.command !== undefined) return ofCommand(flags.command, '--sign-command', flags.publicKey);
  const { key = '', command = '' } = secrets;
  if (key !== '' && command !== '') throw new InputError('expected DRILL_SIGN_KEY or DRILL_SIGN_COMMAND, got both');
  if (key !== '') return ofKey(key.replaceAll('\\n', '\n'), 'DRILL_SIGN_KEY', secrets.passphrase);
  return command === '' ? null : ofCommand(command, 'DRILL_SIGN_COMMAND', flags.publicKey);
}

/** Reads an Ed25519 public key (SubjectPublicKeyInfo, PEM). An InputError for all else, a private key too: that has no business with a verifier. */
export function readPublicKey(file: string): KeyObject {
  const pem = readGivenFile(file, MAX_KEY_BYTES).toString('utf8');
  if (!pem.includes('-----BEGIN PUBLIC KEY-----') || pem.includes('PRIVATE KEY'))
    throw new InputError(`${file}: expected a public key (PEM, BEGIN PUBLIC KEY) and nothing else`);
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch (error) {
    throw new InputError(`${file}: expected a public key in PEM (${codeOf(error)})`);
  }
  return ed25519(key, file);
}

function ofKey(pem: string, where: string, passphrase: string | undefined): Signer {
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: pem, format: 'pem', ...(passphrase !== undefined && { passphrase }) });
  } catch (error) {
    const code = codeOf(error);
    const locked = code === 'ERR_MISSING_PASSPHRASE' || pem.includes('ENCRYPTED');
    throw new InputError(`${where}: expected a private key (PKCS#8, PEM), cannot be read (${code})`, {
      hint: locked ? `it is encrypted: set ${PASSPHRASE} to its passphrase` : MAKE_ONE,
    });
  }
  ed25519(key, where);
  return { publicKey: createPublicKey(key), sign: async (encoded) => sign(null, encoded, key) };
}

function ofCommand(text: string, where: string, publicKey: string | undefined): Signer {
  const argv = argvOf(text);
  if (argv === null)
    throw new InputError(`${where}: expected a command as a JSON array of texts, such as ["my-signer","--slot","0"]`);
  if (publicKey === undefined)
    throw new InputError(`${where}: what a command signs is checked at once: expected its public key too`, {
      hint: 'give --public-key FILE',
    });
  return {
    publicKey: readPublicKey(publicKey),
    sign: async (encoded, signal) => {
      const signature = await runPipeCommand('the signing command', argv, encoded, SIGNATURE_BYTES, signal);
      if (signature.length === SIGNATURE_BYTES) return signature;
      throw new InputError(
        `the signing command: expected a raw signature of ${SIGNATURE_BYTES} bytes, got ${signature.length}`,
      );
    },
  };
}

/** The text of a private key's file, which nobody but its owner may read. */
function readPrivateKey(file: string): string {
  let opened: number;
  try {
    opened = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    throw new InputError(`${file}: expected a private key, cannot be read (${codeOf(error)})`, { hint: MAKE_ONE });
  }
  try {
    const { mode, size } = fstatSync(opened);
    if (!fstatSync(opened).isFile() || size > MAX_KEY_BYTES)
      throw new InputError(`${file}: expected the file of a private key`);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      throw new InputError(
        `${file}: expected a private key that only its owner may read (mode 0600), got mode 0${(mode & 0o777).toString(8)}`,
        { hint: `chmod 600 ${file}; who could read it until now may have it` },
      );
    return readFileSync(opened, 'utf8');
  } finally {
    closeSync(opened);
  }
}

function ed25519(key: KeyObject, where: string): KeyObject {
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw new InputError(`${where}: expected an Ed25519 key, got ${key.asymmetricKeyType ?? 'another'}`, {
    hint: MAKE_ONE,
  });
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'no reason given';
}
