import { X509Certificate } from 'node:crypto';
import { InputError } from '../errors.ts';
import { readGivenFile } from '../given-file.ts';
import { childrenOf, context, oidOf, readDer, smallInteger, TAG, tagged } from './der.ts';

const TIME_STAMPING = '1.3.6.1.5.5.7.3.8';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const BASIC_CONSTRAINTS = '2.5.29.19';
const KEY_USAGE = '2.5.29.15';
/** What may be critical because it is looked at here, or cannot make a certificate valid for less: certificate policies. */
const UNDERSTOOD: ReadonlySet<string> = new Set([EXTENDED_KEY_USAGE, BASIC_CONSTRAINTS, KEY_USAGE, '2.5.29.32']);
/** Signatures on certificates: RSA, ECDSA and Ed25519, with SHA-256 or better. */
const SOUND: ReadonlySet<string> = new Set([
  ...[11, 12, 13].map((n) => `1.2.840.113549.1.1.${n}`),
  ...[2, 3, 4].map((n) => `1.2.840.10045.4.3.${n}`),
  '1.3.101.112',
]);
const MAX_DEPTH = 6;
/** Certificates that all issue each other would make more ways than anybody can go. */
const MAX_LOOKS = 500;
const MAX_CA_BYTES = 4 * 1024 * 1024;

/** The certificates of authorities that a person trusts: PEM, one or several. An InputError for all else. */
export function readAuthorities(file: string): readonly X509Certificate[] {
  try {
    const pem = readGivenFile(file, MAX_CA_BYTES).toString('utf8');
    const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    if (blocks.length === 0) throw new Error('no certificate in it');
    return blocks.map((block) => new X509Certificate(block));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new InputError(
      `${file}: expected certificates of authorities (PEM, BEGIN CERTIFICATE), got ${code ?? message}`,
    );
  }
}

/** Issuer and serial number, as they are written in a certificate. */
export function namesOf(certificate: X509Certificate, where: string): { issuer: Buffer; serial: Buffer } {
  const [, serial, , issuer] = fieldsOf(certificate, where);
  return {
    issuer: tagged(issuer, TAG.sequence, where).whole,
    serial: tagged(serial, TAG.integer, where).body,
  };
}

/**
 * Why no chain of certificates leads from `leaf`, which stamps times, to an authority that is trusted, each of them valid at `atMs`; null: one does. Looked at are
 * names, signatures, validity, who may issue, path lengths, usages, and that no critical extension is left unlooked at (RFC 5280, 6.1; RFC 3161, 2.3);
 * revocation is not.
 */
export function chainProblem(
  leaf: X509Certificate,
  among: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
  atMs: number,
  where: string,
): string | null {
  if (!isValid(leaf, atMs)) return `its certificate was valid from ${leaf.validFrom} to ${leaf.validTo}, and not then`;
  if (!stampsTimes(leaf, where)) return 'its certificate is not one for time stamps';
  let looks = 0;
  return leads(leaf, 0) ? null : 'its certificate does not lead to an authority that was given';

  function leads(one: X509Certificate, below: number): boolean {
    if (below >= MAX_DEPTH) return false;
    const issues = (issuer: X509Certificate): boolean =>
      ++looks <= MAX_LOOKS && issued(issuer, one, where) && mayIssue(issuer, below, where);
    if (authorities.some((authority) => isValid(authority, atMs) && issues(authority))) return true;
    return among.some(
      (issuer) => !issuer.raw.equals(one.raw) && isValid(issuer, atMs) && issues(issuer) && leads(issuer, below + 1),
    );
  }
}

function isValid({ validFrom, validTo }: X509Certificate, atMs: number): boolean {
  return Date.parse(validFrom) <= atMs && atMs <= Date.parse(validTo);
}

function issued(issuer: X509Certificate, one: X509Certificate, where: string): boolean {
  try {
    const [, algorithm] = childrenOf(readDer(one.raw, where), where);
    const [oid] = childrenOf(tagged(algorithm, TAG.sequence, where), where);
    return SOUND.has(oidOf(oid, where)) && one.checkIssued(issuer) && one.verify(issuer.publicKey);
  } catch {
    return false;
  }
}

/** "The corresponding certificate MUST contain only one instance of the extended key usage field extension … id-kp-timeStamping … MUST be critical." (RFC 3161, 2.3) */
function stampsTimes(leaf: X509Certificate, where: string): boolean {
  const extensions = extensionsOf(leaf, where);
  const usage = extensions.get(EXTENDED_KEY_USAGE);
  if (usage?.critical !== true || !allUnderstood(extensions)) return false;
  const purposes = childrenOf(readDer(usage.value, where), where).map((purpose) => oidOf(purpose, where));
  return purposes.join() === TIME_STAMPING;
}

function mayIssue(issuer: X509Certificate, below: number, where: string): boolean {
  const extensions = extensionsOf(issuer, where);
  const basic = extensions.get(BASIC_CONSTRAINTS);
  if (!issuer.ca || basic === undefined || !allUnderstood(extensions)) return false;
  const pathLength = childrenOf(readDer(basic.value, where), where)[1];
  return pathLength === undefined || smallInteger(pathLength, where) >= below;
}

type Extensions = ReadonlyMap<string, { readonly critical: boolean; readonly value: Buffer }>;

function allUnderstood(extensions: Extensions): boolean {
  return [...extensions].every(([oid, { critical }]) => !critical || UNDERSTOOD.has(oid));
}

function extensionsOf(certificate: X509Certificate, where: string): Extensions {
  const extensions = new Map<string, { critical: boolean; value: Buffer }>();
  const listed = fieldsOf(certificate, where).find(({ tag }) => tag === context(3));
  const [list] = listed === undefined ? [] : childrenOf(listed, where);
  for (const extension of list === undefined ? [] : childrenOf(list, where)) {
    const [oid, ...rest] = childrenOf(extension, where);
    const value = tagged(rest.at(-1), TAG.octets, where).body;
    extensions.set(oidOf(oid, where), { critical: rest[0]?.tag === TAG.boolean && rest[0].body[0] !== 0, value });
  }
  return extensions;
}

/** Of what is signed in a certificate: version, serial number, algorithm, issuer, … (RFC 5280, 4.1); the version stands in for itself where it is left out. */
function fieldsOf(certificate: X509Certificate, where: string): ReturnType<typeof childrenOf> {
  const [signed] = childrenOf(readDer(certificate.raw, where), where);
  const fields = childrenOf(tagged(signed, TAG.sequence, where), where);
  return fields[0]?.tag === context(0)
    ? fields
    : [{ tag: context(0), body: Buffer.of(), whole: Buffer.of() }, ...fields];
}
