import { type ExerciseRecord, exerciseRecordSchema } from '../drills/record.ts';
import { EvidenceError, InputError, messageOf } from '../errors.ts';
import { readWhole } from '../evidence/bundle-files.ts';
import { listedRuns } from '../evidence/listed-runs.ts';
import type { SealedExercise } from '../evidence/sealed.ts';
import { namesOfRecord } from './known-names.ts';
import type { Mask } from './mask.ts';
import { namesOfRun } from './masked-run.ts';
import { RUN_ID, redactRecord } from './redact-report.ts';
import { textRedactor } from './redact-text.ts';

/**
 * The record of a sealed exercise with its names masked: those of the runs that it lists, as far as they are here, by the same mask as in their own masked reports. A
 * function of all these, the mask and the version of the harness.
 */
export function maskedExercise(directory: string, sealed: SealedExercise, mask: Mask): ExerciseRecord {
  const record = readOwn(directory);
  const runs = listedRuns(directory, sealed.record).flatMap(({ path, part }) =>
    path === null ? [] : namesOfRun(path, part?.report),
  );
  if (record.masked !== undefined)
    throw new InputError(`${directory}: its record is masked already`, { hint: 'give the exercise itself' });
  const ids = [record.id, ...record.steps.flatMap((step) => (step.kind === 'scenario' && step.run ? step.run.id : []))];
  const redact = textRedactor(
    mask,
    [...runs, ...namesOfRecord(record)],
    ids.filter((id) => RUN_ID.test(id)),
  );
  const masked = redactRecord(record, redact);
  return {
    ...masked.record,
    masked: {
      originalManifestSha256: sealed.manifestSha256,
      maskSha256: mask.digest(),
      names: mask.size,
      withheld: [...masked.withheld],
    },
  };
}

function readOwn(directory: string): ExerciseRecord {
  try {
    return exerciseRecordSchema.parse(JSON.parse(readWhole(directory, 'exercise.json').toString('utf8')));
  } catch (error) {
    throw new EvidenceError(`exercise.json: expected a record of this version: ${messageOf(error).slice(0, 200)}`);
  }
}
