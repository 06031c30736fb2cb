import type { KeyObject, X509Certificate } from 'node:crypto';
import { InputError } from '../errors.ts';
import { readAuthorities } from './certificate-chain.ts';
import { readPublicKey } from './signing-key.ts';

/** What a verifier brings, from elsewhere than the bundle. */
export interface Keyring {
  /** Of those who seal. What else is signed with one of these is checked, too. */
  readonly seal: readonly KeyObject[];
  /** Of those who sign statements in a role: whoever claims the role must have signed with one of them, and at least one must have signed. */
  readonly roles: readonly { readonly role: string; readonly key: KeyObject }[];
  /** Whose time stamps are believed; null: a time stamp is read, and not believed. */
  readonly authorities: readonly X509Certificate[] | null;
}

export const NO_KEYS: Keyring = { seal: [], roles: [], authorities: null };

/** What a role is: a few words, no path. */
export const ROLE = /^[^/=\p{C}]{1,100}$/u;

/**
 * The keys of `--public-key FILE` and `--public-key ROLE=FILE`, any number, and of `--tsa-ca FILE`. What stands before a `=` and has no `/` is a role. An
 * InputError for what cannot be read.
 */
export function readKeyring(publicKeys: readonly string[], tsaCa: string | undefined): Keyring {
  const seal: KeyObject[] = [];
  const roles: { role: string; key: KeyObject }[] = [];
  for (const given of publicKeys) {
    const at = given.indexOf('=');
    const role = given.slice(0, Math.max(0, at)).trim();
    if (at < 0 || role.includes('/')) seal.push(readPublicKey(given));
    else if (!ROLE.test(role)) throw new InputError(`--public-key: expected ROLE=FILE or FILE, got ${given}`);
    else roles.push({ role, key: readPublicKey(given.slice(at + 1)) });
  }
  return { seal, roles, authorities: tsaCa === undefined ? null : readAuthorities(tsaCa) };
}
