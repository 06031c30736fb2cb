import { formatDuration } from '../duration.ts';
import type { LoadedExercise } from './load.ts';
import type { ExerciseRecord, FoundExercise } from './record.ts';

/** An exercise, and whether it is to be carried out again. */
export interface DueExercise {
  readonly name: string;
  readonly title: string;
  /** The newest that came to its end, with every scenario run; null: none. */
  readonly last: FoundExercise | null;
  /** Why it is overdue; empty: it is not. */
  readonly due: string;
}

/** For each exercise its newest record that came to its end, with every scenario run. `found` is oldest first. Pure. */
export function dueExercises(
  exercises: readonly LoadedExercise[],
  found: readonly FoundExercise[],
  now: Date,
): readonly DueExercise[] {
  return exercises.map(({ exercise, sha256 }) => {
    const { name, title, every } = exercise;
    const last = found.findLast(({ record }) => record.exercise === name && carriedOut(record)) ?? null;
    return { name, title, last, due: whyDue(last, every, sha256, now) };
  });
}

function carriedOut({ ended, steps }: ExerciseRecord): boolean {
  return ended !== null && steps.every((step) => step.kind === 'person' || step.run !== null);
}

function whyDue(last: FoundExercise | null, every: number, sha256: string, now: Date): string {
  if (last === null) return 'never carried out';
  const agoUs = (now.getTime() - Date.parse(last.record.started)) * 1000;
  if (Number.isNaN(agoUs)) return 'the last one has no date';
  if (agoUs > every) return `last ${lengthOf(agoUs)} ago, more than ${lengthOf(every)}`;
  return last.record.fileSha256 === sha256 ? '' : 'its file changed since';
}

/** Whole days, where it is some. */
function lengthOf(us: number): string {
  return us < 2 * DAY_US ? formatDuration(us) : `${Math.floor(us / DAY_US)} days`;
}

const DAY_US = 86_400_000_000;
