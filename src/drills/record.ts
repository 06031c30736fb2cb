import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { maskedSchema, VERDICTS, type Verdict } from '../check/report-schema.ts';
import { messageOf } from '../errors.ts';
import { EXERCISES, type Unread } from '../trend/read-runs.ts';
import { PROVED } from './exercise-schema.ts';

const verdict = z.enum(VERDICTS);
/** ISO 8601, UTC. */
const wall = z.string();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const scenarioRecord = z.strictObject({
  kind: z.literal('scenario'),
  scenario: z.string(),
  proves: z.array(z.enum(PROVED)),
  verdict,
  /** Why it is not `pass`; for one that did not run: why it did not. */
  reason: z.string(),
  /** Null: it did not run, or left no report. */
  run: z
    .strictObject({
      id: z.string(),
      /** Of its directory, from that of the reports. */
      path: z.string(),
      started: wall,
      outcome: z.enum(['completed', 'aborted', 'failed']),
      verdict,
      /** Of its `manifest.json`; null: it has none. */
      manifestSha256: sha256.nullable(),
    })
    .nullable(),
  /** Every objective that the run judged. */
  objectives: z.array(z.strictObject({ id: z.string(), statement: z.string(), verdict, reason: z.string() })),
});
export type ScenarioRecord = z.infer<typeof scenarioRecord>;

const personRecord = z.strictObject({
  kind: z.literal('person'),
  person: z.string(),
  prompt: z.string(),
  verdict,
  reason: z.string(),
  /** When it was asked for; null: it was not. */
  asked: wall.nullable(),
  /** When the entry was made; null: none was. */
  entered: wall.nullable(),
  /** What was entered, as it was entered. */
  entry: z.string(),
  /** Who says so, by the name that they gave; records of before it was asked for have none. */
  by: z.string().optional(),
});
export type PersonRecord = z.infer<typeof personRecord>;

/** `exercise.json`: one exercise as it was carried out. Written before its first step and after each. */
export const exerciseRecordSchema = z.strictObject({
  schema: z.literal('drill/exercise/1'),
  harness: z.string(),
  /** Absent: nothing is masked. */
  masked: maskedSchema.optional(),
  id: z.string(),
  exercise: z.string(),
  title: z.string(),
  /** SHA-256 of the exercise's file. */
  fileSha256: sha256,
  operators: z.array(z.string()),
  functions: z.array(z.string()),
  started: wall,
  /** Null: it did not come to its end. */
  ended: wall.nullable(),
  /** `fail` beats `unknown` beats `pass`; what was not done is `unknown`. */
  verdict,
  steps: z.array(z.discriminatedUnion('kind', [scenarioRecord, personRecord])),
});
export type ExerciseRecord = z.infer<typeof exerciseRecordSchema>;
export type StepRecord = ExerciseRecord['steps'][number];

/** The JSON Schema (draft 2020-12) of `exercise.json`, version 1. */
export function exerciseRecordJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(exerciseRecordSchema, { target: 'draft-2020-12' });
  return { $schema, title: 'drill: exercise.json, version 1', ...schema };
}

/** `fail` beats `unknown` beats `pass`; of nothing: `unknown`. */
export function worst(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('fail')) return 'fail';
  return verdicts.includes('unknown') || verdicts.length === 0 ? 'unknown' : 'pass';
}

/** Where the record of an exercise stands: `<reports>/_exercises/<exercise>/<id>/`. */
export function exerciseDirectory(reports: string, { exercise, id }: Pick<ExerciseRecord, 'exercise' | 'id'>): string {
  const directory = join(reports, EXERCISES, exercise, id);
  mkdirSync(directory, { recursive: true });
  return directory;
}

export interface FoundExercise {
  /** Of its directory, from that of the reports. */
  readonly path: string;
  readonly record: ExerciseRecord;
}

/** Every exercise that left a record, oldest first, and what is there and cannot be read. */
export function readExercises(reports: string): { found: readonly FoundExercise[]; unread: readonly Unread[] } {
  const found: FoundExercise[] = [];
  const unread: Unread[] = [];
  for (const name of directoriesIn(join(reports, EXERCISES))) {
    for (const id of directoriesIn(join(reports, EXERCISES, name))) {
      const path = [EXERCISES, name, id].join('/');
      try {
        const text = readFileSync(join(reports, path, 'exercise.json'), 'utf8');
        found.push({ path, record: exerciseRecordSchema.parse(JSON.parse(text)) });
      } catch (error) {
        unread.push({ path, why: `exercise.json cannot be read: ${messageOf(error).slice(0, 200)}` });
      }
    }
  }
  const started = ({ record }: FoundExercise): string => record.started;
  return { found: found.toSorted((a, b) => (started(a) < started(b) ? -1 : 1)), unread };
}

function directoriesIn(path: string): readonly string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  } catch {
    return [];
  }
}
