import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readGivenFile } from '../given-file.ts';
import { canonicalJson } from '../history/chain.ts';
import { refusedWords } from '../refused-words.ts';
import { sameName } from '../same-name.ts';
import { type Declared, type DrillFile, drillFileSchema, type Entered, type PlannedDeclaration } from './drill-file.ts';
import { itsOwn, refusal, textsOf } from './drill-file-rules.ts';
import { disagreements, type EnteredFor } from './entered-rules.ts';
import { everyService } from './every-service.ts';
import type { LoadedScenario } from './load.ts';
import type { Positions } from './positions.ts';
import { type Problem, problemsError } from './problem.ts';
import { parseYaml, topLevelKeys } from './yaml-file.ts';

/** How the file beside a scenario is called: `site-failover.drill.yaml` for `site-failover.yaml`. */
const BESIDE = /\.drill\.ya?ml$/;
const MAX_BYTES = 1_000_000;

export interface LoadedDrillFile {
  readonly content: DrillFile;
  /** SHA-256 of the bytes, hex. */
  readonly sha256: string;
  readonly positions: Positions;
}

export function isDrillFile(file: string): boolean {
  return BESIDE.test(file);
}

/** Whether a file of any name is one: it has a part of a drill file, and nothing beside it that a scenario needs. */
export function holdsDrillFile(bytes: Uint8Array): boolean {
  const keys = topLevelKeys(bytes);
  return keys.some((key) => PARTS.includes(key)) && !keys.some((key) => OF_A_SCENARIO.includes(key));
}

const PARTS: readonly string[] = ['before', 'after'];
const OF_A_SCENARIO: readonly string[] = ['name', 'hypothesis', 'objectives', 'services', 'timeline'];

/** The scenario that a drill file stands beside. */
export function scenarioOf(drillFile: string): string {
  return drillFile.replace(BESIDE, '.yaml');
}

function besideScenario(scenario: string): string {
  return scenario.replace(/\.ya?ml$/, '.drill.yaml');
}

/** Reads the bytes of a drill file. Pure. */
export function parseDrillFile(bytes: Uint8Array, file: string) {
  return parseYaml<DrillFile>(bytes, file, { what: 'a drill file', schema: () => drillFileSchema, rules: itsOwn });
}

/** A drill file. An InputError holds every problem, one a line, each with `file:line:column`. */
export function loadDrillFile(file: string): LoadedDrillFile {
  const bytes = readGivenFile(file, MAX_BYTES);
  const parsed = parseDrillFile(bytes, file);
  if (!parsed.ok) throw problemsError(parsed.problems);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { content: parsed.value, sha256, positions: parsed.positions };
}

/**
 * What is declared before a run of this scenario: by `file`, or by the drill file beside the scenario; null: by nobody. An InputError for what does
 * not fit the scenario, for what is entered before there is a run, and for "production" where the `environment` of the platform, if it is known, is another.
 */
export function declarationFor(
  scenario: LoadedScenario,
  file?: string,
  environment: string | null = null,
): PlannedDeclaration | null {
  const beside = besideScenario(scenario.file);
  const from = file ?? (existsSync(beside) ? beside : null);
  if (from === null) return null;
  const { content, sha256, positions } = loadDrillFile(from);
  const problems = [...misfits(content, scenario, positions), ...promises(content, environment, positions)];
  if (problems.length > 0) throw problemsError(problems);
  return content.before === undefined ? null : { ...content.before, sha256 };
}

/**
 * What was entered after a run. An InputError where it is about another run, lies before its end or after `now`, names what the run does not have, contradicts what it
 * knows of people and days, or declares anything else than was declared before.
 */
export function entriesFor(run: EnteredFor, file: string, now: Date): Entered & { readonly sha256: string } {
  const { content, sha256, positions } = loadDrillFile(file);
  const { before, after } = content;
  const changed = before !== undefined && !sameAs(before, run.declared);
  const problems = [
    ...(changed ? [positions.atKey(['before'], CHANGED)] : []),
    ...(after === undefined
      ? [positions.atKey([], `expected what was entered after the run ${run.run}, under after`)]
      : disagreements(after, run, positions, now)),
  ];
  if (problems.length > 0 || after === undefined) throw problemsError(problems);
  return { ...after, sha256 };
}

const CHANGED =
  'this is not what was declared before the run, and nothing is declared afterwards: leave `before` out, or as it was';

function sameAs(before: Declared, declared: PlannedDeclaration | null): boolean {
  if (declared === null) return false;
  const { sha256: _, ...then } = declared;
  return canonicalJson(before) === canonicalJson(then);
}

const TOO_EARLY = 'there is no run yet to enter anything about: give it to `report RUN --drill FILE`';

/** What does not fit the scenario whose runs a file is to be declared for. */
export function misfits(
  { before = {}, after }: DrillFile,
  { scenario }: Pick<LoadedScenario, 'scenario'>,
  positions: Positions,
): readonly Problem[] {
  const services = everyService(scenario).map(({ name }) => name);
  const { name, owner } = before.function ?? {};
  const differs = (said: string | undefined, other: string | undefined, key: string): Problem[] =>
    said === undefined || other === undefined || other === '' || sameName(said, other)
      ? []
      : [positions.atValue(['before', 'function', key], `the scenario says dora.${WORD[key]}: ${other}`)];
  return [
    ...(after === undefined ? [] : [positions.atKey(['after'], TOO_EARLY)]),
    ...Object.keys(before.peakLoad ?? {})
      .filter((service) => !services.includes(service))
      .map((service) =>
        positions.atKey(
          ['before', 'peakLoad', service],
          `the scenario has no such service: it has ${services.join(', ')}`,
        ),
      ),
    ...differs(name, scenario.dora?.function, 'name'),
    ...differs(owner, scenario.dora?.owner, 'owner'),
  ];
}

/** What is declared of another environment than the one where it will be. */
function promises({ before }: DrillFile, environment: string | null, positions: Positions): readonly Problem[] {
  return textsOf(before, ['before']).flatMap(([path, text]) =>
    refusedWords(text, environment).map(({ word, instead }) => positions.atValue(path, refusal(word, instead))),
  );
}

const WORD: Readonly<Record<string, string>> = { name: 'function', owner: 'owner' };
