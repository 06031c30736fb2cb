import type { Interval } from '../check/report-schema.ts';
import { findShifts, type Shift, type Shifts } from './regression.ts';
import { comparable, type Figure, type RunRecord } from './run-record.ts';
import { differences } from './setting.ts';

/** A run in the history of its scenario. */
export interface Step {
  readonly run: RunRecord;
  /** How it differs from the run before it; where it does, every series is broken between them. */
  readonly breaks: readonly string[];
}

/** A figure of each run of a scenario; null where a run does not have it at all. */
export interface Series {
  readonly id: string;
  readonly name: string;
  readonly figures: readonly (Figure | null)[];
  /** Of the runs that are comparable with the newest one and with each other, oldest first. */
  readonly compared: readonly Interval[];
}

export interface ScenarioHistory {
  readonly scenario: string;
  /** Oldest first. */
  readonly steps: readonly Step[];
  readonly series: readonly Series[];
}

export interface History {
  readonly scenarios: readonly ScenarioHistory[];
  readonly shifts: Shifts;
}

/** Runs by scenario, in the order in which they started, with the breaks of their series and what has become worse. */
export function historyOf(runs: readonly RunRecord[]): History {
  const scenarios = [...Map.groupBy(runs, ({ scenario }) => scenario)]
    .toSorted(([a], [b]) => compare(a, b))
    .map(([scenario, all]) => scenarioHistory(scenario, all));
  return {
    scenarios,
    shifts: findShifts(scenarios.flatMap(({ series }) => series.map(({ id, compared }) => ({ id, values: compared })))),
  };
}

function scenarioHistory(scenario: string, all: readonly RunRecord[]): ScenarioHistory {
  const runs = all.toSorted((a, b) => compare(a.started, b.started) || compare(a.id, b.id) || compare(a.path, b.path));
  const newest = runs.at(-1)?.setting ?? null;
  const like = runs.map(({ setting }) => newest !== null && differences(setting, newest).length === 0);
  const names = [...new Set(runs.flatMap(({ figures }) => figures.map(({ name }) => name)))];
  return {
    scenario,
    steps: runs.map((run, i) => {
      const before = runs[i - 1];
      return { run, breaks: before === undefined ? [] : differences(before.setting, run.setting) };
    }),
    series: names.map((name) => {
      const figures = runs.map((run) => run.figures.find((figure) => figure.name === name) ?? null);
      return {
        id: JSON.stringify([scenario, name]),
        name,
        figures,
        compared: runs.flatMap((run, i) => {
          const figure = figures[i];
          const value = like[i] && figure ? comparable(run, figure) : null;
          return value === null ? [] : [value];
        }),
      };
    }),
  };
}

/** What became worse in one series; null: nothing that the rule sees. */
export function shiftOf({ shifts }: History, series: Series): Shift | null {
  return shifts.found.find(({ id }) => id === series.id) ?? null;
}

/** By code unit, so that the order is the same whatever the machine's language. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
