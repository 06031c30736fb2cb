import type { Signed } from '../evidence/verify.ts';

/** What is to be said of a signature. */
export function signedWords(signed: Signed): string {
  switch (signed.state) {
    case 'unsigned':
      return 'UNSIGNED: this shows damage, not forgery';
    case 'not-checked':
      return `SIGNATURE NOT CHECKED: it names the key ${signed.keyId}; give --public-key FILE`;
    case 'signed':
      return `signed with the key ${signed.keyId}`;
  }
}
