import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type CoveredRow, coverageOf } from '../drills/coverage.ts';
import { type DueExercise, dueExercises } from '../drills/due.ts';
import { type LoadedExercise, listExercises, loadCoverage, loadExercise, loadScenarios } from '../drills/load.ts';
import { readExercises } from '../drills/record.ts';
import { replaceFile } from '../durable-file.ts';
import { EXIT, type ExitCode, InputError } from '../errors.ts';
import { loadLocalConfig } from '../platform/local/config.ts';
import { tryKernel } from '../platform/local/kernel.ts';
import { localPlatformFacts } from '../platform/local/local-platform.ts';
import { renderHistory } from '../report/history.ts';
import { renderHistoryHtml } from '../report/history-page.ts';
import { renderMetrics } from '../report/metrics.ts';
import { renderCoverage } from '../report/section-coverage.ts';
import { type FoundRuns, readRuns, type Unread } from '../trend/read-runs.ts';
import { historyOf } from '../trend/series.ts';
import { columns, DRILLS, print, SCENARIOS } from './context.ts';
import { REGISTRIES } from './registries.ts';

interface HistoryFlags {
  readonly reports: string;
  readonly config?: string;
  /** Where the metrics go. */
  readonly metrics?: string;
}

/** `history [SCENARIO]`: every run over time, in the terminal and as `index.html` beside the runs; what of it a machine reads where asked for. */
export async function historyCommand(scenario: string | undefined, flags: HistoryFlags): Promise<ExitCode> {
  if (scenario !== undefined && flags.metrics !== undefined)
    throw new InputError('--metrics: expected no scenario: what is not in the file counts as resolved', {
      hint: 'npm run drill -- history --metrics FILE',
    });
  const { runs, unread } = runsOf(flags.reports, scenario);
  const history = historyOf(runs);
  const { rows, exercises, unreadExercises } = await drillsOf(
    flags,
    scenario === undefined ? runs : readRuns(flags.reports).runs,
  );
  const missing = [...unread, ...unreadExercises];
  print(renderHistory(history, missing, { width: columns() }));
  if (scenario === undefined) {
    const file = join(flags.reports, 'index.html');
    const coverage = { rows, platformKnown: true };
    replaceFile(file, renderHistoryHtml({ history, unread: missing, coverage, exercises }));
    print(`${file} is written`);
  }
  if (flags.metrics !== undefined) {
    mkdirSync(dirname(flags.metrics), { recursive: true });
    replaceFile(flags.metrics, renderMetrics({ history, unread: missing, coverage: rows, exercises }));
    print(`${flags.metrics} is written`);
  }
  return EXIT.pass;
}

/** `coverage`: each row of the platform's plan, when it was last exercised, with what result, and what is overdue. */
export async function coverageCommand(flags: HistoryFlags): Promise<ExitCode> {
  const { rows } = await drillsOf(flags, existsSync(flags.reports) ? readRuns(flags.reports).runs : []);
  print(renderCoverage(rows, { width: columns() }));
  return EXIT.pass;
}

/** Every run, or those of one scenario or folder. An InputError where there is none. */
function runsOf(reports: string, scenario: string | undefined): FoundRuns {
  if (!existsSync(reports))
    throw new InputError(`${reports}: no such directory`, { hint: 'npm run scenario site-failover' });
  const found = readRuns(reports);
  const wanted = (path: string): boolean => scenario === undefined || path.split('/')[0] === scenario;
  const runs = found.runs.filter((run) => run.scenario === scenario || wanted(run.path));
  const unread = found.unread.filter(({ path }) => wanted(path));
  if (runs.length === 0 && unread.length === 0) {
    throw new InputError(scenario === undefined ? `${reports}: no run` : `${reports}: no runs of ${scenario}`);
  }
  return { runs, unread };
}

interface Drills {
  readonly rows: readonly CoveredRow[];
  readonly exercises: readonly DueExercise[];
  readonly unreadExercises: readonly Unread[];
}

async function drillsOf({ reports, config }: HistoryFlags, runs: FoundRuns['runs']): Promise<Drills> {
  const scenarios = await loadScenarios(SCENARIOS, REGISTRIES);
  const file = await loadCoverage(DRILLS, scenarios);
  const platform = localPlatformFacts(loadLocalConfig(config), await tryKernel());
  const now = new Date();
  const loaded: LoadedExercise[] = [];
  for (const name of await listExercises(DRILLS)) loaded.push(await loadExercise(name, DRILLS, scenarios));
  const { found, unread } = readExercises(reports);
  return {
    rows: coverageOf({ file, scenarios, runs, platform, now }),
    exercises: dueExercises(loaded, found, now),
    unreadExercises: unread,
  };
}
