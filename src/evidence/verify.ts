import { EvidenceError } from '../errors.ts';
import { ENVELOPES, INTENT_TIMESTAMP, readWhole, shownPath, TIMESTAMP } from './bundle-files.ts';
import { IN_TOTO, keyIdOf, parseEnvelope, verifySignature } from './dsse.ts';
import type { Anchor } from './journal-chain.ts';
import type { Keyring } from './keyring.ts';
import { allMakers, type ListedRun, listedRuns } from './listed-runs.ts';
import { type Sealed, verifySealed } from './sealed.ts';
import type { Makers } from './sealed-run.ts';
import { statementsOf } from './statement.ts';
import { MAX_TIMESTAMP_BYTES, type Timestamp, verifyTimestamp } from './timestamp.ts';
import { type VerifiedStatement, verifyStatements } from './verify-statements.ts';

/** What is known of who sealed a run. `not-checked`: there is a signature, and no key to check it with; `keyId` is what it says of itself. */
export type Signed =
  | { readonly state: 'unsigned' }
  | { readonly state: 'not-checked'; readonly keyId: string }
  | { readonly state: 'signed'; readonly keyId: string };

export interface Verified extends Pick<Sealed, 'kind' | 'bytes' | 'manifestSha256'> {
  /** Of the run or the exercise. */
  readonly run: string;
  readonly files: number;
  readonly torn: boolean;
  readonly signed: Signed;
  /** Over the manifest, and over the intent from before the fault; null: there is none. */
  readonly timestamp: Timestamp | null;
  readonly intentTimestamp: Timestamp | null;
  readonly anchors: readonly Anchor[];
  readonly statements: readonly VerifiedStatement[];
  /** Of an exercise. */
  readonly runs: readonly ListedRun[];
  /** Who ran and tested it, and of an exercise each of its runs that is here. */
  readonly makers: Makers;
  /** Of the run, or of each run of an exercise that is here. */
  readonly environments: readonly string[];
  /** The version that ran it, and the one that made its report, which may be a later one. */
  readonly harness: { readonly ran: string; readonly judged: string };
}

/**
 * Verifies the directory of a run or an exercise offline: everything that `verifySealed` does, then the envelopes and their statements, the time stamps, and what
 * people signed over it; signatures as far as the keys for them are given. An EvidenceError names the first thing that is wrong: with a key what is not
 * signed with it is wrong, and with authorities what has no time stamp of theirs.
 */
export function verifyBundle(directory: string, keys: Keyring): Verified {
  const sealed = verifySealed(directory);
  const signed = verifyEnvelopes(directory, sealed, keys);
  const times = verifyTimestamps(directory, sealed, keys);
  const runs = sealed.kind === 'run' ? [] : listedRuns(directory, sealed.record);
  const makers = allMakers(sealed, runs);
  return {
    kind: sealed.kind,
    run: sealed.id,
    files: sealed.manifest.files.length,
    bytes: sealed.bytes,
    torn: sealed.kind === 'run' && sealed.torn,
    manifestSha256: sealed.manifestSha256,
    signed,
    ...times,
    anchors: sealed.kind === 'run' ? sealed.anchors : [],
    statements: verifyStatements(directory, sealed, signed, keys, {
      ...makers,
      unseen: runs.filter(({ path }) => path === null).map(({ run }) => run),
    }),
    runs,
    makers,
    environments:
      sealed.kind === 'run'
        ? [sealed.report.run.environment]
        : runs.flatMap(({ part }) => part?.report.run.environment ?? []),
    harness:
      sealed.kind === 'run'
        ? { ran: sealed.intent.harness, judged: sealed.report.harness }
        : { ran: sealed.record.harness, judged: sealed.record.harness },
  };
}

function verifyEnvelopes(directory: string, sealed: Sealed, { seal }: Keyring): Signed {
  const statements = statementsOf(sealed);
  const missing = [...statements.keys()].find((path) => !sealed.envelopes.includes(path));
  if (sealed.envelopes.length === 0 && seal.length === 0) return { state: 'unsigned' };
  if (missing !== undefined)
    throw new EvidenceError(
      `${missing}: is missing; ${sealed.envelopes.length === 0 ? 'this is not signed' : 'the other envelope is there'}`,
    );
  const keyIds = [...statements].map(([path, statement]) => {
    const envelope = parseEnvelope(readWhole(directory, path), path);
    const [first] = seal;
    const key = seal.find((one) => keyIdOf(one) === envelope.keyid) ?? first;
    if (key !== undefined) verifySignature(envelope, key, path);
    if (envelope.payloadType !== IN_TOTO)
      throw new EvidenceError(`${path}: expected the payload type ${IN_TOTO}, got ${shownPath(envelope.payloadType)}`);
    if (!envelope.payload.equals(statement))
      throw new EvidenceError(`${path}: ${difference(envelope.payload, sealed)}`);
    return envelope.keyid;
  });
  const [keyId = '', other = keyId] = keyIds;
  if (keyId !== other)
    throw new EvidenceError(`${ENVELOPES[1]}: expected a signature of the key ${keyId}, got one of ${other}`);
  return { state: seal.length === 0 ? 'not-checked' : 'signed', keyId };
}

/** What a statement that is another than the files make says it is about. */
function difference(payload: Buffer, sealed: Sealed): string {
  return payload.includes(`"sha256":"${sealed.manifestSha256}"`)
    ? 'its statement says something else than the sealed files do'
    : `its statement is about another manifest than this one (SHA-256 ${sealed.manifestSha256})`;
}

function verifyTimestamps(
  directory: string,
  sealed: Sealed,
  { authorities }: Keyring,
): Pick<Verified, 'timestamp' | 'intentTimestamp'> {
  const stamped = sealed.there.has(TIMESTAMP);
  if (!stamped && authorities !== null)
    throw new EvidenceError(`${TIMESTAMP}: is missing; nobody stamped the time of this`);
  const over = (bytes: Buffer, digest: string, where: string): Timestamp =>
    verifyTimestamp(bytes, digest, where, authorities);
  const timestamp = stamped
    ? over(readWhole(directory, TIMESTAMP, MAX_TIMESTAMP_BYTES), sealed.manifestSha256, TIMESTAMP)
    : null;
  if (sealed.kind !== 'run' || sealed.intentTimestamp === null) return { timestamp, intentTimestamp: null };
  const intentTimestamp = over(sealed.intentTimestamp, sealed.intentSha256, INTENT_TIMESTAMP);
  const slack = (timestamp?.accuracyMs ?? 0) + (intentTimestamp.accuracyMs ?? 0);
  if (timestamp !== null && Date.parse(intentTimestamp.time) - Date.parse(timestamp.time) > slack)
    throw new EvidenceError(`${INTENT_TIMESTAMP}: is later than ${TIMESTAMP}, which is from after the run`);
  return { timestamp, intentTimestamp };
}
