import type { KeyObject } from 'node:crypto';
import { EvidenceError } from '../errors.ts';
import { ENVELOPES, readWhole, shownPath } from './bundle-files.ts';
import { IN_TOTO, parseEnvelope, verifySignature } from './dsse.ts';
import { type Sealed, verifySealed } from './sealed.ts';
import { statementsOf } from './statement.ts';

/** What is known of who sealed a run. `not-checked`: there is a signature, and no key to check it with; `keyId` is what it says of itself. */
export type Signed =
  | { readonly state: 'unsigned' }
  | { readonly state: 'not-checked'; readonly keyId: string }
  | { readonly state: 'signed'; readonly keyId: string };

export interface Verified extends Pick<Sealed, 'torn' | 'bytes' | 'manifestSha256'> {
  readonly run: string;
  readonly files: number;
  readonly signed: Signed;
}

/**
 * Verifies a run directory offline: everything that `verifySealed` does, then the envelopes, their statements, and with a public key their signatures. An
 * EvidenceError names the first thing that is wrong; with a public key a run that is not signed is wrong.
 */
export function verifyBundle(directory: string, publicKey: KeyObject | null): Verified {
  const sealed = verifySealed(directory);
  return {
    run: sealed.manifest.run,
    files: sealed.manifest.files.length,
    bytes: sealed.bytes,
    torn: sealed.torn,
    manifestSha256: sealed.manifestSha256,
    signed: verifyEnvelopes(directory, sealed, publicKey),
  };
}

function verifyEnvelopes(directory: string, sealed: Sealed, publicKey: KeyObject | null): Signed {
  const [missing] = ENVELOPES.filter((path) => !sealed.envelopes.includes(path));
  if (sealed.envelopes.length === 0 && publicKey === null) return { state: 'unsigned' };
  if (missing !== undefined)
    throw new EvidenceError(
      `${missing}: is missing; ${sealed.envelopes.length === 0 ? 'this run is not signed' : 'the other envelope is there'}`,
    );
  const statements = statementsOf(sealed);
  const keyIds = ENVELOPES.map((path) => {
    const envelope = parseEnvelope(readWhole(directory, path), path);
    if (publicKey !== null) verifySignature(envelope, publicKey, path);
    if (envelope.payloadType !== IN_TOTO)
      throw new EvidenceError(`${path}: expected the payload type ${IN_TOTO}, got ${shownPath(envelope.payloadType)}`);
    if (!envelope.payload.equals(statements[path]))
      throw new EvidenceError(`${path}: ${difference(envelope.payload, sealed)}`);
    return envelope.keyid;
  });
  const [keyId = '', other] = keyIds;
  if (keyId !== other)
    throw new EvidenceError(`${ENVELOPES[1]}: expected a signature of the key ${keyId}, got one of ${other}`);
  return { state: publicKey === null ? 'not-checked' : 'signed', keyId };
}

/** What a statement that is another than the files make says it is about. */
function difference(payload: Buffer, sealed: Sealed): string {
  return payload.includes(`"sha256":"${sealed.manifestSha256}"`)
    ? 'its statement says something else than the sealed files do'
    : `its statement is about another manifest than this one (SHA-256 ${sealed.manifestSha256})`;
}
