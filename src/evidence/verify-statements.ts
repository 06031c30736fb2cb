import type { KeyObject } from 'node:crypto';
import { EvidenceError } from '../errors.ts';
import { isAmong, sameName } from '../same-name.ts';
import { readWhole, STATEMENTS, sha256, shownPath, statementPath } from './bundle-files.ts';
import { IN_TOTO, keyIdOf, parseEnvelope, verifySignature } from './dsse.ts';
import { type HumanStatement, parseStatement } from './human-statement.ts';
import type { Keyring } from './keyring.ts';
import type { Sealed } from './sealed.ts';
import type { Makers } from './sealed-run.ts';
import type { Signed } from './verify.ts';

/** Longer ones are refused: a text of 256 KiB, escaped, in base64. */
const MAX_BYTES = 4 * 1024 * 1024;

/** One statement of a person, as far as it was checked. */
export interface VerifiedStatement {
  readonly path: string;
  readonly said: HumanStatement;
  readonly keyId: string;
  /** `not-checked`: nobody gave the key that it names. */
  readonly state: 'signed' | 'not-checked';
  /** What a reader has to know before counting it. */
  readonly flags: readonly string[];
}

/**
 * Verifies what people signed over a manifest: numbered without holes, each following the one before, over this manifest and about this run; with keys who
 * signed. That the last ones were taken away cannot be seen, but by a role whose key was given and of whom none is there. An EvidenceError names the first
 * thing that is wrong. `makers`: who must not sign it off, and of an exercise the runs of which nobody knows here who made them.
 */
export function verifyStatements(
  directory: string,
  sealed: Sealed,
  signed: Signed,
  keys: Keyring,
  makers: Makers & { readonly unseen: readonly string[] },
): readonly VerifiedStatement[] {
  const paths = [...sealed.there].filter((path) => path.startsWith(`${STATEMENTS}/`)).sort();
  const found: Omit<VerifiedStatement, 'flags'>[] = [];
  let previous: string | null = null;
  for (const [index, there] of paths.entries()) {
    const path = statementPath(index + 1);
    if (there !== path) throw new EvidenceError(`${path}: is missing`);
    const bytes = readWhole(directory, path, MAX_BYTES);
    found.push(verifyOne(bytes, path, { number: index + 1, previous, sealed, keys }));
    previous = sha256(bytes);
  }
  for (const { role } of keys.roles) {
    if (!found.some(({ said, state }) => state === 'signed' && sameName(said.by.role, role)))
      throw new EvidenceError(
        `${STATEMENTS}: expected one of the role ${shownPath(role)}, whose key was given, got none`,
      );
  }
  const sealKey = signed.state === 'unsigned' ? null : signed.keyId;
  const lastAmendment = found.filter(({ said }) => said.kind === 'amendment').at(-1)?.said.number ?? 0;
  return found.map((one) => ({
    ...one,
    flags: flagsOf(one, { ...makers, ended: sealed.ended }, sealKey, lastAmendment),
  }));
}

function verifyOne(
  bytes: Buffer,
  path: string,
  { number, previous, sealed, keys }: { number: number; previous: string | null; sealed: Sealed; keys: Keyring },
): Omit<VerifiedStatement, 'flags'> {
  const wrong = (what: string): never => {
    throw new EvidenceError(`${path}: ${what}`);
  };
  const envelope = parseEnvelope(bytes, path);
  if (envelope.payloadType !== IN_TOTO)
    wrong(`expected the payload type ${IN_TOTO}, got ${shownPath(envelope.payloadType)}`);
  const { said, manifestSha256 } = parseStatement(envelope.payload, path);
  const key = keyFor(said.by.role, envelope.keyid, keys, path);
  if (key !== null) verifySignature(envelope, key, path);
  if (manifestSha256 !== sealed.manifestSha256)
    wrong(`is about another manifest than this one (SHA-256 ${sealed.manifestSha256})`);
  if (said.about !== sealed.id) wrong(`is about ${shownPath(said.about)}, expected ${sealed.id}`);
  if (said.number !== number) wrong(`expected number ${number}, got ${said.number}`);
  if (said.previous !== previous) wrong(`does not follow ${number === 1 ? 'none' : 'the one before it'}`);
  return { path, said, keyId: envelope.keyid, state: key === null ? 'not-checked' : 'signed' };
}

/** The key that must have signed; null: none that was given. An EvidenceError where the role has keys and this is none of them, or the key has another role. */
function keyFor(role: string, keyId: string, { roles, seal }: Keyring, path: string): KeyObject | null {
  const ofRole = roles.filter((one) => sameName(one.role, role));
  const isIt = (key: KeyObject): boolean => keyIdOf(key) === keyId;
  const key = ofRole.find((one) => isIt(one.key))?.key;
  if (key !== undefined) return key;
  if (ofRole.length > 0)
    throw new EvidenceError(
      `${path}: expected a signature of the role ${shownPath(role)}, got one of the key ${keyId}`,
    );
  const other = roles.find((one) => isIt(one.key));
  if (other !== undefined)
    throw new EvidenceError(
      `${path}: signed with the key of the role ${shownPath(other.role)}, and says ${shownPath(role)}`,
    );
  return seal.find(isIt) ?? null;
}

function flagsOf(
  { said, keyId }: Omit<VerifiedStatement, 'flags'>,
  { operators, testers, unseen, ended }: Makers & { readonly unseen: readonly string[]; readonly ended: string },
  sealKey: string | null,
  lastAmendment: number,
): readonly string[] {
  const flags: string[] = [];
  if (!isInstant(said.stated)) flags.push('stated at an instant that is none');
  else if (Date.parse(said.stated) < Date.parse(ended)) flags.push(`stated before the end, which was at ${ended}`);
  if (said.kind === 'amendment') return flags;
  if (operators === null) flags.push('who ran it was not recorded, so it may be the same person');
  else if (isAmong(said.by.name, operators)) flags.push('NOT INDEPENDENT: by who ran it');
  if (isAmong(said.by.name, testers)) flags.push('NOT INDEPENDENT: by who was declared as a tester');
  flags.push(...unseen.map((run) => `who made the run ${run} is not known here, so it may be the same person`));
  if (keyId === sealKey) flags.push('NOT INDEPENDENT: signed with the key that sealed it');
  if (lastAmendment > said.number) flags.push(`made before the amendment ${lastAmendment}`);
  return flags;
}

/** A day and a time that are in the calendar, which the pattern of an instant does not ask for. */
function isInstant(text: string): boolean {
  const ms = Date.parse(text);
  return !Number.isNaN(ms) && new Date(ms).toISOString() === text;
}
