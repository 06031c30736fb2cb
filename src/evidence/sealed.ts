import { EvidenceError } from '../errors.ts';
import { ENVELOPES, INTENT_TIMESTAMP, shownPath } from './bundle-files.ts';
import { refuseContradictions } from './exercise-verdicts.ts';
import { namesOf } from './journal-chain.ts';
import type { ExerciseManifest, RunManifest } from './manifest.ts';
import { type SealedFiles, verifyFiles } from './sealed-files.ts';
import { type Agreed, agree, type Makers, shaped } from './sealed-run.ts';
import { exerciseSchema, type SealedRecord } from './sealed-schemas.ts';

interface Common extends Makers, Omit<SealedFiles, 'manifest' | 'whole'> {
  /** Of the run or the exercise: what a statement over it names. */
  readonly id: string;
  /** When it ended by its own record, or the last that is known of it, as it was written. */
  readonly ended: string;
  /** The envelopes that are there. */
  readonly envelopes: readonly string[];
}

/** A run directory that is what its manifest says, and that agrees with itself. */
export interface SealedRun extends Common, Agreed {
  readonly kind: 'run';
  readonly manifest: RunManifest;
  readonly intentSha256: string;
  /** The time stamp over `intent.json`; null: there is none. */
  readonly intentTimestamp: Buffer | null;
}

/** The same of the directory of an exercise. It declares no testers: its runs say who they are. */
export interface SealedExercise extends Common {
  readonly kind: 'exercise';
  readonly manifest: ExerciseManifest;
  readonly record: SealedRecord;
}

export type Sealed = SealedRun | SealedExercise;

const NEEDED = ['intent.json', 'plan.json', 'journal.ndjson', 'report.json'];

/**
 * Verifies everything in the directory of a run or an exercise but its signatures, in this order: the manifest, that no file is missing or extra, every file's size
 * and SHA-256; of a run the digests that the intent declares, the journal's chain, what anchored it before the fault, and that the report is about this plan
 * and this journal. An EvidenceError names the first thing that is wrong: `<place>: <what>`.
 */
export function verifySealed(directory: string): Sealed {
  const { manifest, whole, ...files } = verifyFiles(directory);
  const envelopes = ENVELOPES.filter((path) => files.there.has(path));
  if (manifest.schema === 'drill/exercise-manifest/1') {
    const record = shaped(exerciseSchema, needed('exercise.json', whole), 'exercise.json');
    if (record.id !== manifest.exercise)
      throw new EvidenceError(`exercise.json: expected exercise ${manifest.exercise}, got ${shownPath(record.id)}`);
    const [, ofRuns] = ENVELOPES;
    if (envelopes.includes(ofRuns)) throw new EvidenceError(`${ofRuns}: an exercise has none`);
    refuseContradictions(record);
    const { id, operators, started, ended } = record;
    return {
      kind: 'exercise',
      manifest,
      record,
      id,
      operators: namesOf(operators),
      testers: [],
      ended: ended ?? started,
      envelopes,
      ...files,
    };
  }
  for (const path of NEEDED) needed(path, whole);
  const agreed = agree(manifest, whole, files.digests);
  const intentSha256 = files.digests.get('intent.json') as string;
  const intentTimestamp = whole.get(INTENT_TIMESTAMP) ?? null;
  return { kind: 'run', manifest, id: manifest.run, envelopes, intentSha256, intentTimestamp, ...agreed, ...files };
}

function needed(path: string, whole: ReadonlyMap<string, Buffer>): Buffer {
  const bytes = whole.get(path);
  if (bytes === undefined) throw new EvidenceError(`${path}: does not stand in the manifest`);
  return bytes;
}
