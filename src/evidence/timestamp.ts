import { createHash, verify, X509Certificate } from 'node:crypto';
import { EvidenceError } from '../errors.ts';
import { shownPath } from './bundle-files.ts';
import { chainProblem, namesOf } from './certificate-chain.ts';
import { childrenOf, context, type Der, oidOf, readDer, smallInteger, TAG, tagged } from './der.ts';

/** Longer answers are refused: those with their whole chain have some 6 kB. */
export const MAX_TIMESTAMP_BYTES = 65_536;
const SIGNED_DATA = '1.2.840.113549.1.7.2';
const TST_INFO = '1.2.840.113549.1.9.16.1.4';
const CONTENT_TYPE = '1.2.840.113549.1.9.3';
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4';
const SIGNING_CERTIFICATE = '1.2.840.113549.1.9.16.2.12';
const SIGNING_CERTIFICATE_V2 = '1.2.840.113549.1.9.16.2.47';
const SHA256 = '2.16.840.1.101.3.4.2.1';
const DIGESTS: Readonly<Record<string, string>> = {
  [SHA256]: 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};
/** By signature algorithm: the digest that it says; empty: that of the signer's `digestAlgorithm`. */
const SIGNATURES: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.1': '',
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
};

/** What an answer says of a time. `verified`: by an authority that is trusted; `claimed`: by whoever the certificate in it names. */
export interface Timestamp {
  readonly state: 'claimed' | 'verified';
  /** ISO 8601, UTC. */
  readonly time: string;
  /** How far it may be off, as the authority says it; null: it says nothing. */
  readonly accuracyMs: number | null;
  /** The subject of the certificate. */
  readonly by: string;
}

/** The answer of an authority, whose signature holds. */
interface Token extends Omit<Timestamp, 'state'> {
  readonly imprint: string;
  readonly nonce: Buffer | null;
  readonly leaf: X509Certificate;
  readonly certificates: readonly X509Certificate[];
}

/**
 * Checks that the answer of a time stamping authority (RFC 3161, a TimeStampResp in DER) is over this SHA-256, that its signature holds, and with authorities
 * that its certificate leads to one of them and was valid at its time. An EvidenceError that begins with `where` for all else.
 */
export function verifyTimestamp(
  bytes: Buffer,
  sha256: string,
  where: string,
  authorities: readonly X509Certificate[] | null,
): Timestamp {
  const { imprint, leaf, certificates, time, accuracyMs, by } = readToken(bytes, where);
  if (imprint !== sha256) throw new EvidenceError(`${where}: is over another digest (${imprint}) than ${sha256}`);
  const problem = authorities && chainProblem(leaf, certificates, authorities, Date.parse(time), where);
  if (problem !== null) throw new EvidenceError(`${where}: ${problem}`);
  return { state: authorities === null ? 'claimed' : 'verified', time, accuracyMs, by };
}

/** The nonce of an answer, as an unsigned number in big endian; null: it has none. */
export function nonceOf(bytes: Buffer, where: string): Buffer | null {
  return readToken(bytes, where).nonce;
}

function readToken(bytes: Buffer, where: string): Token {
  if (bytes.length > MAX_TIMESTAMP_BYTES) throw new EvidenceError(`${where}: longer than ${MAX_TIMESTAMP_BYTES} bytes`);
  const wrong = (what: string): never => {
    throw new EvidenceError(`${where}: ${what}`);
  };
  const partsOf = (der: Der | undefined, tag: number): readonly Der[] => childrenOf(tagged(der, tag, where), where);
  const [statusInfo, contentInfo] = partsOf(readDer(bytes, where), TAG.sequence);
  const status = smallInteger(partsOf(statusInfo, TAG.sequence)[0], where);
  if (status > 1) wrong(`the authority refused (status ${status})`);
  const [contentType, content] = partsOf(contentInfo, TAG.sequence);
  if (oidOf(contentType, where) !== SIGNED_DATA) wrong('not signed');
  const signedData = partsOf(partsOf(content, context(0))[0], TAG.sequence);
  const [infoType, infoOctets] = partsOf(signedData[2], TAG.sequence);
  if (oidOf(infoType, where) !== TST_INFO) wrong('no time stamp in it');
  const info = tagged(partsOf(infoOctets, context(0))[0], TAG.octets, where).body;
  const certificates = signedData
    .filter(({ tag }) => tag === context(0))
    .flatMap((list) => childrenOf(list, where))
    .map((one) => certificateOf(tagged(one, TAG.sequence, where), where));
  const [signer, ...others] = partsOf(signedData.at(-1), TAG.set);
  if (others.length > 0) wrong('more than one signer');
  const leaf = verifySigner(partsOf(signer, TAG.sequence), info, certificates, where);
  return { ...readInfo(info, where), leaf, certificates, by: shownPath(leaf.subject.split('\n').join(', ')) };
}

/** The certificate by whose key the signature of a SignerInfo holds (RFC 5652, 5.3 and 5.4) and which it names (RFC 5035). */
function verifySigner(
  signer: readonly Der[],
  info: Buffer,
  certificates: readonly X509Certificate[],
  where: string,
): X509Certificate {
  const wrong = (what: string): never => {
    throw new EvidenceError(`${where}: ${what}`);
  };
  const [, sid, digestAlgorithm, signedAttributes, signatureAlgorithm, signature] = signer;
  const digest = DIGESTS[algorithmOf(digestAlgorithm, where)] ?? wrong('a digest that is too weak, or unknown');
  const attributes = new Map<string, Der>();
  for (const attribute of childrenOf(tagged(signedAttributes, context(0), where), where)) {
    const [oid, values] = childrenOf(tagged(attribute, TAG.sequence, where), where);
    const [value, ...more] = childrenOf(tagged(values, TAG.set, where), where);
    const name = oidOf(oid, where);
    if (value === undefined || more.length > 0 || attributes.has(name)) wrong('an attribute that is not one');
    attributes.set(name, value as Der);
  }
  if (oidOf(attributes.get(CONTENT_TYPE), where) !== TST_INFO) wrong('what is signed is no time stamp');
  const { body: said } = tagged(attributes.get(MESSAGE_DIGEST), TAG.octets, where);
  if (!createHash(digest).update(info).digest().equals(said)) wrong('what is signed is another time stamp');
  const { hash, sha } = namedCertificate(attributes, where);
  const leaf =
    certificates.find(({ raw }) => createHash(sha).update(raw).digest().equals(hash)) ??
    wrong('does not bring the certificate that signed it');
  if (sid?.tag === TAG.sequence) {
    const { issuer, serial } = namesOf(leaf, where);
    const [name, number] = childrenOf(sid, where);
    if (!name?.whole.equals(issuer) || !number?.body.equals(serial)) wrong('names another certificate as its signer');
  }
  // "A separate encoding of the signedAttrs field is performed for message digest calculation … an EXPLICIT SET OF tag is used" (RFC 5652, 5.4).
  const encoded = Buffer.concat([Buffer.of(TAG.set), (signedAttributes as Der).whole.subarray(1)]);
  const by = algorithmOf(signatureAlgorithm, where);
  const { publicKey: key } = leaf;
  const weak = key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) < 2048;
  const { body: signed } = tagged(signature, TAG.octets, where);
  if (by === '1.3.101.112' ? key.asymmetricKeyType !== 'ed25519' : SIGNATURES[by] === undefined || weak)
    wrong('a signature that is too weak, or of an unknown kind');
  if (!holds(by === '1.3.101.112' ? null : SIGNATURES[by] || digest, encoded, key, signed))
    wrong('its signature does not hold');
  return leaf;
}

function holds(digest: string | null, encoded: Buffer, key: X509Certificate['publicKey'], signed: Buffer): boolean {
  try {
    return verify(digest, encoded, key, signed);
  } catch {
    return false;
  }
}

/** ESSCertIDv2, else ESSCertID: the digest of the certificate that signs, first in its list. */
function namedCertificate(attributes: ReadonlyMap<string, Der>, where: string): { hash: Buffer; sha: string } {
  const v2 = attributes.get(SIGNING_CERTIFICATE_V2);
  const [list] = childrenOf(tagged(v2 ?? attributes.get(SIGNING_CERTIFICATE), TAG.sequence, where), where);
  const [first] = childrenOf(tagged(list, TAG.sequence, where), where);
  const parts = childrenOf(tagged(first, TAG.sequence, where), where);
  if (v2 === undefined) return { hash: tagged(parts[0], TAG.octets, where).body, sha: 'sha1' };
  const named = parts[0]?.tag === TAG.sequence;
  const sha = named ? DIGESTS[algorithmOf(parts[0], where)] : 'sha256';
  if (sha === undefined) throw new EvidenceError(`${where}: a digest that is too weak, or unknown`);
  return { hash: tagged(parts[named ? 1 : 0], TAG.octets, where).body, sha };
}

function readInfo(info: Buffer, where: string): Pick<Token, 'imprint' | 'nonce' | 'time' | 'accuracyMs'> {
  const [version, , imprint, , time, ...more] = childrenOf(tagged(readDer(info, where), TAG.sequence, where), where);
  const [algorithm, digest] = childrenOf(tagged(imprint, TAG.sequence, where), where);
  if (smallInteger(version, where) !== 1 || algorithmOf(algorithm, where) !== SHA256)
    throw new EvidenceError(`${where}: expected a time stamp, version 1, over a SHA-256`);
  const nonce = more.find(({ tag }) => tag === TAG.integer)?.body;
  const accuracy = more.find(({ tag }) => tag === TAG.sequence);
  return {
    imprint: tagged(digest, TAG.octets, where).body.toString('hex'),
    nonce: nonce === undefined ? null : nonce.subarray(nonce[0] === 0 && nonce.length > 1 ? 1 : 0),
    time: timeOf(tagged(time, TAG.generalizedTime, where).body.toString('latin1'), where),
    accuracyMs: accuracy === undefined ? null : accuracyOf(childrenOf(accuracy, where), where),
  };
}

/** `20260131120000.5Z` as ISO 8601, cut to milliseconds. */
function timeOf(text: string, where: string): string {
  const [, y, mo, d, h, mi, s, fraction = ''] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d*[1-9]))?Z$/.exec(text) ?? [];
  const iso = `${y}-${mo}-${d}T${h}:${mi}:${s}.${fraction.padEnd(3, '0').slice(0, 3)}Z`;
  const date = new Date(y === undefined ? Number.NaN : iso);
  if (Number.isNaN(date.getTime()) || date.toISOString() !== iso)
    throw new EvidenceError(`${where}: a time that is none`);
  return iso;
}

/** Seconds, then `[0]` milliseconds and `[1]` microseconds. */
function accuracyOf(parts: readonly Der[], where: string): number {
  const unit: Readonly<Record<number, number>> = { [TAG.integer]: 1000, 128: 1, 129: 0.001 };
  return parts.reduce((sum, part) => sum + smallInteger(part, where, part.tag) * (unit[part.tag] ?? 0), 0);
}

function algorithmOf(der: Der | undefined, where: string): string {
  return oidOf(childrenOf(tagged(der, TAG.sequence, where), where)[0], where);
}

function certificateOf({ whole }: Der, where: string): X509Certificate {
  try {
    return new X509Certificate(whole);
  } catch {
    throw new EvidenceError(`${where}: a certificate that is none`);
  }
}
