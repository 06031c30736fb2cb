import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../errors.ts';
import { keyIdOf } from './dsse.ts';

export interface KeyPairFiles {
  readonly privateKey: string;
  readonly publicKey: string;
  readonly keyId: string;
}

/**
 * Makes an Ed25519 pair: `signing-key.pem` (PKCS#8, mode 0600, encrypted where there is a passphrase) and `signing-key.pub.pem`. An InputError when either is
 * there already: a key that is overwritten is lost.
 */
export function generateKeyPair(directory: string, passphrase: string | undefined): KeyPairFiles {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const files = {
    privateKey: join(directory, 'signing-key.pem'),
    publicKey: join(directory, 'signing-key.pub.pem'),
    keyId: keyIdOf(publicKey),
  };
  const encryption = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase };
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    create(files.publicKey, publicKey.export({ type: 'spki', format: 'pem' }) as string, 0o644);
  } catch (error) {
    throw refused(files.publicKey, error);
  }
  try {
    create(files.privateKey, privateKey.export({ type: 'pkcs8', format: 'pem', ...encryption }) as string, 0o600);
  } catch (error) {
    rmSync(files.publicKey);
    throw refused(files.privateKey, error);
  }
  return files;
}

function create(file: string, text: string, mode: number): void {
  writeFileSync(file, text, { flag: 'wx', mode: 0o600, flush: true });
  if (mode !== 0o600) chmodSync(file, mode);
}

function refused(file: string, error: unknown): InputError {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EEXIST'
    ? new InputError(`${file}: is there already, and is not overwritten`, { hint: 'give another directory' })
    : new InputError(`${file}: cannot be written (${code ?? 'no reason given'})`);
}
