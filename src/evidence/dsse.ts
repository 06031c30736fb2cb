import { createHash, type KeyObject, verify } from 'node:crypto';
import { z } from 'zod';
import { EvidenceError } from '../errors.ts';
import { parseExact, sameOrder } from './exact-json.ts';

/** "`payloadType` MUST be set to `application/vnd.in-toto.<predicate>+json` or to `application/vnd.in-toto+json`" (in-toto attestation v1, Envelope). */
export const IN_TOTO = 'application/vnd.in-toto+json';
/** Raw Ed25519 (RFC 8032), in bytes. */
export const SIGNATURE_BYTES = 64;

const envelopeSchema = z.strictObject({
  payload: z.string(),
  payloadType: z.string(),
  /** "An envelope may have more than one signature" (DSSE): those of a run have exactly one. */
  signatures: z.tuple([z.strictObject({ keyid: z.string().regex(/^[0-9a-f]{64}$/), sig: z.string() })]),
});

/** A DSSE envelope, decoded. `keyid` is a hint that is not authenticated: it "MUST NOT be used for security decisions". */
export interface Envelope {
  readonly payload: Buffer;
  readonly payloadType: string;
  readonly keyid: string;
  readonly signature: Buffer;
}

/**
 * Pre-Authentication Encoding of DSSE v1.0.2: `"DSSEv1" + SP + LEN(type) + SP + type + SP + LEN(body) + SP + body`, where LEN is the "ASCII decimal encoding of
 * the byte length, with no leading zeros".
 */
export function preAuthenticationEncoding(payloadType: string, body: Uint8Array): Buffer {
  const type = Buffer.from(payloadType, 'utf8');
  return Buffer.concat([Buffer.from(`DSSEv1 ${type.length} `), type, Buffer.from(` ${body.length} `), body]);
}

/** The bytes of an envelope's file: the JSON envelope of DSSE v1.0.2, indented, standard base64. */
export function renderEnvelope({ payload, payloadType, keyid, signature }: Envelope): string {
  const signatures = [{ keyid, sig: signature.toString('base64') }];
  return `${JSON.stringify({ payload: payload.toString('base64'), payloadType, signatures }, null, 2)}\n`;
}

/** Reads an envelope's file, strictly. "Either standard or URL-safe base64 encodings are allowed … verifiers MUST accept either" (DSSE). */
export function parseEnvelope(bytes: Uint8Array, where: string): Envelope {
  const value = parseExact(bytes, where, 2);
  const parsed = envelopeSchema.safeParse(value);
  if (!parsed.success || !sameOrder(parsed.data, value))
    throw new EvidenceError(`${where}: expected a DSSE envelope with one signature`);
  const { payload, payloadType, signatures } = parsed.data;
  const [{ keyid, sig }] = signatures;
  return { payload: fromBase64(payload, where), payloadType, keyid, signature: fromBase64(sig, where) };
}

/** Hex SHA-256 of the public key (SubjectPublicKeyInfo, DER): the `keyid` of what it signs. */
export function keyIdOf(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

/** Throws an EvidenceError unless the envelope is signed with this Ed25519 key. */
export function verifySignature(envelope: Envelope, publicKey: KeyObject, where: string): void {
  const keyid = keyIdOf(publicKey);
  if (envelope.keyid !== keyid)
    throw new EvidenceError(`${where}: expected a signature of the key ${keyid}, got one of ${envelope.keyid}`);
  if (!signedBy(preAuthenticationEncoding(envelope.payloadType, envelope.payload), envelope.signature, publicKey))
    throw new EvidenceError(`${where}: the signature is not that of the key ${keyid} over what stands there`);
}

export function signedBy(encoded: Uint8Array, signature: Uint8Array, publicKey: KeyObject): boolean {
  return signature.length === SIGNATURE_BYTES && verify(null, encoded, publicKey, signature);
}

/** Either alphabet, never both, padded; the one spelling of its bytes. */
function fromBase64(text: string, where: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  const standard = bytes.toString('base64');
  if (text !== standard && text !== standard.replaceAll('+', '-').replaceAll('/', '_'))
    throw new EvidenceError(`${where}: expected base64`);
  return bytes;
}
