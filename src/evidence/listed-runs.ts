import { lstatSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { EvidenceError } from '../errors.ts';
import { MANIFEST, pathProblem, readWhole, sha256, shownPath } from './bundle-files.ts';
import { refuseAnotherRun } from './exercise-verdicts.ts';
import { type Makers, type RunPart, readPart } from './sealed-run.ts';
import type { SealedRecord } from './sealed-schemas.ts';

/** A run that an exercise lists. `path`: of its directory where that is here, as it was sealed then. */
export interface ListedRun {
  readonly run: string;
  readonly path: string | null;
  /** Why nothing is known of it; empty where `path` is known. */
  readonly why: string;
  /** What it says of itself; null where `path` is not known. */
  readonly part: RunPart | null;
}

/** From the directory of an exercise to that of the reports: `_exercises/<name>/<id>`. */
export const UP = '../../..';

/** Where the runs of an exercise lie beside it, as they do in a directory of reports, they are those that it lists, and it says of them what they say themselves. */
export function listedRuns(directory: string, record: SealedRecord): readonly ListedRun[] {
  return record.steps.flatMap((step, index): readonly ListedRun[] => {
    const { run } = step;
    if (!run) return [];
    const id = shownPath(run.id);
    if (pathProblem(run.path) !== null) throw new EvidenceError('exercise.json: a run in a place that is none');
    const path = join(directory, UP, run.path);
    const unknown = (why: string): readonly ListedRun[] => [{ run: id, path: null, why, part: null }];
    if (!isDirectory(path)) return unknown('it is not here');
    if (run.manifestSha256 === null) return unknown('it was not sealed when the exercise was');
    const manifest = readWhole(path, MANIFEST);
    if (sha256(manifest) !== run.manifestSha256)
      throw new EvidenceError(`${run.path}/${MANIFEST}: is another than the exercise lists`);
    const part = partOf(path, manifest, run.path);
    refuseAnotherRun(step, index, part.report);
    return [{ run: id, path, why: '', part }];
  });
}

/** With the place of the run before what is wrong in it. */
function partOf(path: string, manifest: Uint8Array, place: string): RunPart {
  try {
    return readPart(path, manifest);
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    throw new EvidenceError(`${place}/${error.message}`, { cause: error });
  }
}

function isDirectory(path: string): boolean {
  const found: Stats | undefined = lstatSync(path, { throwIfNoEntry: false });
  return found?.isDirectory() === true;
}

/** Who made it: of an exercise, who made any of its runs as well. */
export function allMakers({ operators, testers }: Makers, runs: readonly ListedRun[]): Makers {
  const parts = [{ operators, testers }, ...runs.flatMap(({ part }) => part ?? [])];
  const known = parts.flatMap((one) => one.operators ?? []);
  return {
    operators: known.length === 0 ? null : [...new Set(known)],
    testers: [...new Set(parts.flatMap((one) => one.testers))],
  };
}
