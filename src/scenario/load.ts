import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, extname, join, sep } from 'node:path';
import { InputError } from '../errors.ts';
import { readGivenFile } from '../given-file.ts';
import { holdsDrillFile, isDrillFile, misfits, parseDrillFile, scenarioOf } from './drill-file-load.ts';
import { didYouMean } from './nearest.ts';
import { parseScenario } from './parse.ts';
import type { Positions } from './positions.ts';
import { inOrder, type Problem, problemsError } from './problem.ts';
import type { Registries, Scenario } from './schema.ts';

/** A scenario with the bytes it was read from and where each part of it stands. */
export interface LoadedScenario {
  readonly scenario: Scenario;
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes, hex. */
  readonly sha256: string;
  readonly file: string;
  readonly positions: Positions;
}

interface LoadOptions {
  readonly registries: Registries;
  /** Where scenarios are found by name, subfolders included. */
  readonly directory: string;
}

/**
 * Loads a scenario by path (with a separator or an extension) or by name. An InputError holds every problem of the file, one a line, each
 * with `file:line:column`.
 */
export async function loadScenario(pathOrName: string, options: LoadOptions): Promise<LoadedScenario> {
  const file = await scenarioFile(pathOrName, options.directory);
  const bytes = read(file);
  const parsed = parseScenario(bytes, file, options.registries);
  if (!parsed.ok) throw problemsError(parsed.problems);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { scenario: parsed.scenario, bytes, sha256, file, positions: parsed.positions };
}

/** What somebody names: a path (with a separator or an extension) as it is, or the one file of that name below `directory`; an InputError says what there is. */
export async function scenarioFile(pathOrName: string, directory: string): Promise<string> {
  return isPath(pathOrName) ? pathOrName : await findByName(pathOrName, directory);
}

/** Every problem of every file, in order; empty: all are good. A file that cannot be read is a problem at its first line. */
export async function validateFiles(files: readonly string[], registries: Registries): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const file of files) {
    try {
      const bytes = read(file);
      const parsed = isDrillFile(file)
        ? await parseBeside(bytes, file, registries)
        : holdsDrillFile(bytes)
          ? parseDrillFile(bytes, file)
          : parseScenario(bytes, file, registries);
      if (!parsed.ok) problems.push(...parsed.problems);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      problems.push({ file, line: 1, column: 1, path: '', text: error.message });
    }
  }
  return inOrder(problems);
}

/** A drill file, held against the scenario that it stands beside, where one does. */
async function parseBeside(
  bytes: Uint8Array,
  file: string,
  registries: Registries,
): Promise<{ ok: true } | { ok: false; problems: readonly Problem[] }> {
  const parsed = parseDrillFile(bytes, file);
  const beside = scenarioOf(file);
  if (!parsed.ok || !existsSync(beside)) return parsed;
  const scenario = parseScenario(read(beside), beside, registries);
  const problems = scenario.ok ? misfits(parsed.value, scenario, parsed.positions) : [];
  return problems.length === 0 ? parsed : { ok: false, problems };
}

/** The drill files under `directory`, subfolders included, sorted. */
export async function listDrillFiles(directory: string): Promise<readonly string[]> {
  return (await listYaml(directory)).filter(isDrillFile);
}

/** The scenario files under `directory`, subfolders included, sorted. Empty when there is no such directory. */
export async function listScenarioFiles(directory: string): Promise<readonly string[]> {
  return (await listYaml(directory)).filter((file) => !isDrillFile(file));
}

async function listYaml(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  return entries
    .filter((entry) => entry.isFile() && EXTENSIONS.includes(extname(entry.name)))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

const EXTENSIONS = ['.yaml', '.yml'];
/** Read no more than this before the limit of the parser says how large a file is. */
const UNREADABLE_BYTES = 64_000_000;

function isPath(pathOrName: string): boolean {
  return pathOrName.includes('/') || pathOrName.includes(sep) || EXTENSIONS.includes(extname(pathOrName));
}

async function findByName(name: string, directory: string): Promise<string> {
  const files = await listScenarioFiles(directory);
  const nameOf = (file: string) => basename(file, extname(file));
  const found = files.filter((file) => nameOf(file) === name);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  if (found.length > 1)
    throw new InputError(`scenario ${name} is ambiguous: ${found.join(', ')}`, {
      hint: 'give the path of the one you mean',
    });
  const names = [...new Set(files.map(nameOf))];
  throw new InputError(`no scenario ${JSON.stringify(name)} in ${directory}${didYouMean(name, names)}`, {
    hint: names.length === 0 ? `there is none in ${directory}` : `there is ${names.join(', ')}`,
  });
}

function read(file: string): Uint8Array {
  return readGivenFile(file, UNREADABLE_BYTES);
}
