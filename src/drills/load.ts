import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { InputError } from '../errors.ts';
import { readGivenFile } from '../given-file.ts';
import { type LoadedScenario, listScenarioFiles, loadScenario } from '../scenario/load.ts';
import { didYouMean } from '../scenario/nearest.ts';
import type { Positions } from '../scenario/positions.ts';
import { type Problem, problemsError } from '../scenario/problem.ts';
import type { Registries } from '../scenario/schema.ts';
import { parseYaml } from '../scenario/yaml-file.ts';
import {
  type CoverageFile,
  type CoverageRow,
  coverageSchema,
  type Exercise,
  exerciseSchema,
  isScenarioStep,
  PROVED,
} from './exercise-schema.ts';

/** Beside the exercises, and none itself. */
const FUNCTIONS = 'functions.yaml';

/** Every scenario there is, by name. */
export type Scenarios = ReadonlyMap<string, LoadedScenario>;

export interface LoadedExercise {
  readonly exercise: Exercise;
  readonly file: string;
  /** SHA-256 of the bytes, hex. */
  readonly sha256: string;
}

export async function loadScenarios(directory: string, registries: Registries): Promise<Scenarios> {
  const loaded: LoadedScenario[] = [];
  for (const file of await listScenarioFiles(directory))
    loaded.push(await loadScenario(file, { registries, directory }));
  return new Map(loaded.map((one) => [one.scenario.name, one]));
}

/** The names of the exercises in a directory, sorted. */
export async function listExercises(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  return entries
    .filter((file) => extname(file) === '.yaml' && file !== FUNCTIONS)
    .map((file) => basename(file, '.yaml'))
    .sort();
}

/** An exercise by name or path. An InputError holds every problem of the file, one a line, each with `file:line:column`. */
export async function loadExercise(
  pathOrName: string,
  directory: string,
  scenarios: Scenarios,
): Promise<LoadedExercise> {
  const isPath = pathOrName.includes('/') || extname(pathOrName) !== '';
  const names = await listExercises(directory);
  if (!isPath && !names.includes(pathOrName)) {
    throw new InputError(`no exercise ${JSON.stringify(pathOrName)} in ${directory}${didYouMean(pathOrName, names)}`, {
      hint: names.length === 0 ? `there is none in ${directory}` : `there is ${names.join(', ')}`,
    });
  }
  const file = isPath ? pathOrName : join(directory, `${pathOrName}.yaml`);
  const bytes = readGivenFile(file);
  return {
    exercise: read(parseExercise(bytes, file, scenarios)),
    file,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
}

/** Reads the bytes of an exercise. Pure. */
export function parseExercise(bytes: Uint8Array, file: string, scenarios: Scenarios) {
  return parseYaml<Exercise>(bytes, file, {
    what: 'an exercise',
    schema: () => exerciseSchema,
    rules: (exercise, positions) => exerciseProblems(exercise, positions, scenarios),
  });
}

/** `functions.yaml` of a directory of exercises. An InputError as for an exercise. */
export async function loadCoverage(directory: string, scenarios: Scenarios): Promise<CoverageFile> {
  const file = join(directory, FUNCTIONS);
  return read(parseCoverage(readGivenFile(file), file, scenarios));
}

/** Reads the bytes of `functions.yaml`. Pure. */
export function parseCoverage(bytes: Uint8Array, file: string, scenarios: Scenarios) {
  return parseYaml<CoverageFile>(bytes, file, {
    what: 'a list of rows',
    schema: () => coverageSchema,
    rules: ({ rows }, positions) => rows.flatMap((row, i) => rowProblems(row, i, rows, positions, scenarios)),
  });
}

function read<T>(parsed: { ok: true; value: T } | { ok: false; problems: readonly Problem[] }): T {
  if (!parsed.ok) throw problemsError(parsed.problems);
  return parsed.value;
}

function exerciseProblems(exercise: Exercise, positions: Positions, scenarios: Scenarios): readonly Problem[] {
  const expected = basename(positions.file, extname(positions.file));
  const misnamed =
    exercise.name === expected
      ? []
      : [positions.atValue(['name'], `expected the file's name ${JSON.stringify(expected)}, got ${exercise.name}`)];
  const steps = exercise.steps.flatMap((step, i) => {
    if (!isScenarioStep(step)) return [];
    const found = scenarios.get(step.scenario);
    if (found === undefined) return [noScenario(step.scenario, ['steps', i, 'scenario'], positions, scenarios)];
    const judged = judgedBy(found);
    return step.proves.flatMap((proved, p) =>
      judged.has(proved)
        ? []
        : [
            positions.atValue(
              ['steps', i, 'proves', p],
              `${step.scenario} judges no ${proved}: ${[...judged].join(', ')}`,
            ),
          ],
    );
  });
  return [...misnamed, ...steps];
}

/** What a scenario judges, of all that an exercise may ask for. */
function judgedBy({ scenario }: LoadedScenario): ReadonlySet<string> {
  const all = [scenario.objectives, ...Object.values(scenario.objectives.services)];
  const has = (metric: (typeof PROVED)[number]): boolean =>
    metric === 'throughput'
      ? scenario.objectives.throughput !== undefined
      : all.some((one) =>
          metric === 'latency' ? (one.p50 ?? one.p90 ?? one.p95 ?? one.p99) !== undefined : one[metric] !== undefined,
        );
  return new Set(PROVED.filter(has));
}

function rowProblems(
  row: CoverageRow,
  i: number,
  rows: readonly CoverageRow[],
  positions: Positions,
  scenarios: Scenarios,
): readonly Problem[] {
  const said = (['scenarios', 'tier', 'function', 'notHere'] as const).filter((key) => row[key] !== undefined);
  return [
    ...(rows.findIndex((other) => other.row === row.row) === i
      ? []
      : [positions.atValue(['rows', i, 'row'], 'expected each row once')]),
    ...(said.length === 1
      ? []
      : [positions.atKey(['rows', i], `expected one of scenarios, tier, function, notHere, got ${said.length}`)]),
    ...(row.scenarios ?? []).flatMap((name, n) =>
      scenarios.has(name) ? [] : [noScenario(name, ['rows', i, 'scenarios', n], positions, scenarios)],
    ),
  ];
}

function noScenario(
  name: string,
  path: readonly (string | number)[],
  positions: Positions,
  scenarios: Scenarios,
): Problem {
  return positions.atValue(path, `there is no scenario ${name}${didYouMean(name, [...scenarios.keys()])}`);
}
