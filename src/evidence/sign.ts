import { closeSync, fsyncSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EvidenceError, InputError, messageOf } from '../errors.ts';
import { IN_TOTO, keyIdOf, preAuthenticationEncoding, renderEnvelope, signedBy } from './dsse.ts';
import { verifySealed } from './sealed.ts';
import type { Signer } from './signing-key.ts';
import { statementsOf } from './statement.ts';

/**
 * Signs a sealed run or exercise: DSSE envelopes beside its manifest. Nothing else changes. Gives the id of the key. An EvidenceError when it does not verify, an
 * InputError when it is signed already or the signer does not sign with its own key.
 */
export async function signRun(directory: string, signer: Signer, signal: AbortSignal): Promise<string> {
  const sealed = verifySealed(directory);
  const [there] = sealed.envelopes;
  if (there !== undefined)
    throw new InputError(`${join(directory, there)}: this is signed already`, {
      hint: 'npm run drill -- verify RUN --public-key FILE',
    });
  if (sealed.kind === 'run' && (sealed.intent.criteriaSha256 === undefined || sealed.intent.planSha256 === undefined))
    throw new EvidenceError('intent.json: does not declare what is judged, so there is nothing to vouch for');
  const envelopes: [string, string][] = [];
  for (const [path, payload] of statementsOf(sealed))
    envelopes.push([join(directory, path), await signPayload(payload, signer, signal)]);
  const written: string[] = [];
  try {
    for (const [file, text] of envelopes) {
      const opened = openSync(file, 'wx');
      written.push(file);
      try {
        writeFileSync(opened, text);
        fsyncSync(opened);
      } finally {
        closeSync(opened);
      }
    }
  } catch (error) {
    // All or none.
    for (const file of written) rmSync(file, { force: true });
    throw new InputError(`the signature cannot be written: ${messageOf(error)}`, { cause: error });
  }
  return keyIdOf(signer.publicKey);
}

/** The text of an envelope around a statement. An InputError when the signer does not sign with its own key. */
export async function signPayload(payload: Buffer, signer: Signer, signal: AbortSignal): Promise<string> {
  const keyid = keyIdOf(signer.publicKey);
  const encoded = preAuthenticationEncoding(IN_TOTO, payload);
  const signature = await signer.sign(encoded, signal);
  if (!signedBy(encoded, signature, signer.publicKey))
    throw new InputError(`what was signed is not signed with the key ${keyid}`, {
      hint: 'give the public key of the key that signs',
    });
  return renderEnvelope({ payload, payloadType: IN_TOTO, keyid, signature });
}
