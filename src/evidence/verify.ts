import { lstatSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { EvidenceError } from '../errors.ts';
import {
  ENVELOPES,
  INTENT_TIMESTAMP,
  MANIFEST,
  pathProblem,
  readWhole,
  sha256,
  shownPath,
  TIMESTAMP,
} from './bundle-files.ts';
import { IN_TOTO, keyIdOf, parseEnvelope, verifySignature } from './dsse.ts';
import { refuseAnotherRun } from './exercise-verdicts.ts';
import type { Anchor } from './journal-chain.ts';
import type { Keyring } from './keyring.ts';
import { type Sealed, type SealedExercise, type SealedReport, sealedReport, verifySealed } from './sealed.ts';
import { statementsOf } from './statement.ts';
import { MAX_TIMESTAMP_BYTES, type Timestamp, verifyTimestamp } from './timestamp.ts';
import { type VerifiedStatement, verifyStatements } from './verify-statements.ts';

/** What is known of who sealed a run. `not-checked`: there is a signature, and no key to check it with; `keyId` is what it says of itself. */
export type Signed =
  | { readonly state: 'unsigned' }
  | { readonly state: 'not-checked'; readonly keyId: string }
  | { readonly state: 'signed'; readonly keyId: string };

/** A run that an exercise lists. `path`: of its directory where that is here, as it was sealed then. */
export interface ListedRun {
  readonly run: string;
  readonly path: string | null;
  /** Why nothing is known of it; empty where `path` is known. */
  readonly why: string;
}

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
}

/** From the directory of an exercise to that of the reports: `_exercises/<name>/<id>`. */
export const UP = '../../..';

/**
 * Verifies the directory of a run or an exercise offline: everything that `verifySealed` does, then the envelopes and their statements, the time stamps, and what
 * people signed over it; signatures as far as the keys for them are given. An EvidenceError names the first thing that is wrong: with a key what is not
 * signed with it is wrong, and with authorities what has no time stamp of theirs.
 */
export function verifyBundle(directory: string, keys: Keyring): Verified {
  const sealed = verifySealed(directory);
  const signed = verifyEnvelopes(directory, sealed, keys);
  const times = verifyTimestamps(directory, sealed, keys);
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
    statements: verifyStatements(directory, sealed, signed, keys),
    runs: sealed.kind === 'run' ? [] : listedRuns(directory, sealed),
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

/** Where the runs of an exercise lie beside it, as they do in a directory of reports, they are those that it lists, and it says of them what they say themselves. */
function listedRuns(directory: string, { record }: SealedExercise): readonly ListedRun[] {
  return record.steps.flatMap((step, index): readonly ListedRun[] => {
    const { run } = step;
    if (!run) return [];
    const id = shownPath(run.id);
    if (pathProblem(run.path) !== null) throw new EvidenceError('exercise.json: a run in a place that is none');
    const path = join(directory, UP, run.path);
    if (!isDirectory(path)) return [{ run: id, path: null, why: 'it is not here' }];
    if (run.manifestSha256 === null) return [{ run: id, path: null, why: 'it was not sealed when the exercise was' }];
    const manifest = readWhole(path, MANIFEST);
    if (sha256(manifest) !== run.manifestSha256)
      throw new EvidenceError(`${run.path}/${MANIFEST}: is another than the exercise lists`);
    refuseAnotherRun(step, index, reportOf(path, manifest, run.path));
    return [{ run: id, path, why: '' }];
  });
}

/** With the place of the run before what is wrong in it. */
function reportOf(path: string, manifest: Uint8Array, place: string): SealedReport {
  try {
    return sealedReport(path, manifest);
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    throw new EvidenceError(`${place}/${error.message}`, { cause: error });
  }
}

function isDirectory(path: string): boolean {
  const found: Stats | undefined = lstatSync(path, { throwIfNoEntry: false });
  return found?.isDirectory() === true;
}
