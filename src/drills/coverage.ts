import type { Verdict } from '../check/report-schema.ts';
import type { RunRecord } from '../trend/run-record.ts';
import { type Topology, topologyOf } from '../trend/setting.ts';
import type { CoverageFile, CoverageRow } from './exercise-schema.ts';
import type { Scenarios } from './load.ts';

const DAY_MS = 86_400_000;

/** One scenario as the coverage sees it. */
export interface Exercised {
  readonly scenario: string;
  /** The newest run that went through, its report as it was sealed; null: none. */
  readonly last: Pick<RunRecord, 'started' | 'verdict' | 'path'> | null;
  /** Why it is to be run again; empty: it is not. */
  readonly overdue: readonly string[];
}

export interface CoveredRow {
  readonly row: CoverageRow;
  /** `not covered`: no scenario. `never`: none of them was run through. `overdue`: at least one of them is. */
  readonly state: 'not covered' | 'never' | 'overdue' | 'current';
  /** Of the newest run of each of its scenarios; fail beats unknown beats pass, and what was never run is unknown. Null: not covered. */
  readonly result: Verdict | null;
  /** When the newest of them started. */
  readonly last: string | null;
  readonly scenarios: readonly Exercised[];
}

/** What a platform says of itself, as far as it makes a drill of before out of date. */
export interface CurrentPlatform extends Topology {
  readonly versions: Readonly<Record<string, string>>;
}

export interface CoverageInput {
  readonly file: CoverageFile;
  readonly scenarios: Scenarios;
  readonly runs: readonly RunRecord[];
  /** What would be exercised now; null: not known, and then nothing is said of its changes. */
  readonly platform: CurrentPlatform | null;
  readonly now: Date;
}

/** Every row with when it was last exercised, with what result, and why it is overdue. Pure. */
export function coverageOf(input: CoverageInput): readonly CoveredRow[] {
  const exercised = new Map([...input.scenarios.keys()].map((name) => [name, exercisedOf(name, input)]));
  return input.file.rows.map((row) => {
    const scenarios = namesOf(row, input.scenarios).flatMap((name) => exercised.get(name) ?? []);
    const run = scenarios.flatMap(({ last }) => last ?? []);
    const last =
      run
        .map(({ started }) => started)
        .toSorted()
        .at(-1) ?? null;
    return { row, scenarios, last, result: resultOf(scenarios), state: stateOf(scenarios) };
  });
}

function namesOf(row: CoverageRow, scenarios: Scenarios): readonly string[] {
  if (row.scenarios !== undefined) return row.scenarios;
  return [...scenarios.values()]
    .filter(({ scenario }) =>
      row.tier === undefined
        ? row.function !== undefined && scenario.dora?.function === row.function
        : scenario.tier === row.tier,
    )
    .map(({ scenario }) => scenario.name)
    .sort();
}

function stateOf(scenarios: readonly Exercised[]): CoveredRow['state'] {
  if (scenarios.length === 0) return 'not covered';
  if (scenarios.every(({ last }) => last === null)) return 'never';
  return scenarios.some(({ overdue }) => overdue.length > 0) ? 'overdue' : 'current';
}

function resultOf(scenarios: readonly Exercised[]): Verdict | null {
  if (scenarios.length === 0) return null;
  const verdicts = scenarios.map(({ last }) => last?.verdict ?? 'unknown');
  return (['fail', 'unknown'] as const).find((verdict) => verdicts.includes(verdict)) ?? 'pass';
}

function exercisedOf(name: string, { file, scenarios, runs, platform, now }: CoverageInput): Exercised {
  const atMs = ({ started }: RunRecord): number => Date.parse(started);
  // A date that is none, or to come, shows nothing.
  const last = runs
    .filter(
      (run) =>
        run.scenario === name &&
        run.outcome === 'completed' &&
        run.seal !== 'changed after it was sealed' &&
        atMs(run) <= now.getTime() + DAY_MS,
    )
    .toSorted((a, b) => atMs(a) - atMs(b))
    .at(-1);
  if (last === undefined) return { scenario: name, last: null, overdue: ['never run through'] };
  const days = Math.floor((now.getTime() - atMs(last)) / DAY_MS);
  const allowed = file.every / 1000 / DAY_MS;
  return {
    scenario: name,
    last,
    overdue: [
      ...(days > allowed ? [`last run ${days} days ago, more than ${Math.floor(allowed)}`] : []),
      ...changesSince(last, scenarios.get(name), platform),
    ],
  };
}

function changesSince(
  { setting }: RunRecord,
  loaded: ReturnType<Scenarios['get']>,
  platform: CurrentPlatform | null,
): readonly string[] {
  if (setting === null) return ['what it ran on is not known'];
  const differ = (name: string, now: string): string[] => {
    const was = setting.get(name);
    return was === now ? [] : [`changed since: ${name} was ${was ?? 'not said'}, is ${now}`];
  };
  const file = loaded === undefined ? [] : differ('scenario file', loaded.sha256.slice(0, 12));
  if (platform === null) return file;
  const versions = Object.entries(platform.versions).flatMap(([name, version]) =>
    differ(`version of ${name}`, version),
  );
  // A scenario that needs a platform of its own ran on another than this one.
  const elsewhere = Object.keys(loaded?.scenario.requires ?? {}).length > 0;
  const topology = elsewhere ? [] : topologyOf(platform).flatMap(([name, value]) => differ(name, value));
  return [...file, ...versions, ...topology];
}
