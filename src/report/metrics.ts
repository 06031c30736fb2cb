import { VERDICTS, type Verdict } from '../check/report-schema.ts';
import type { CoveredRow } from '../drills/coverage.ts';
import type { DueExercise } from '../drills/due.ts';
import type { Unread } from '../trend/read-runs.ts';
import { comparable } from '../trend/run-record.ts';
import { type History, historyOf, shiftOf } from '../trend/series.ts';

export interface MetricsInput {
  readonly history: History;
  readonly unread: readonly Unread[];
  readonly coverage: readonly CoveredRow[];
  readonly exercises: readonly DueExercise[];
}

type Labels = Readonly<Record<string, string>>;
interface Sample {
  readonly labels: Labels;
  readonly value: number;
}
interface Family {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

/**
 * The newest run of each scenario, coverage and exercises as gauges, in a text that is both Prometheus' exposition format (for node exporter's
 * textfile collector) and OpenMetrics. Seconds; what is unknown has no sample, never 0; an upper bound that nobody knows is +Inf.
 */
export function renderMetrics(input: MetricsInput): string {
  const families = [...runFamilies(input.history), ...drillFamilies(input)].filter(({ samples }) => samples.length > 0);
  return `${families.map(render).join('')}# EOF\n`;
}

/** The name of every metric that may be written: what alerts and dashboards can ask for. */
export function metricNames(): string[] {
  const nothing = { history: historyOf([]), unread: [], coverage: [], exercises: [] };
  return [...runFamilies(nothing.history), ...drillFamilies(nothing)].map(({ name }) => name);
}

function runFamilies(history: History): Family[] {
  const newest = history.scenarios.flatMap(({ scenario, steps, series }) => {
    const run = steps.at(-1)?.run;
    return run === undefined ? [] : [{ scenario, run, steps, series }];
  });
  const seconds = (iso: string): number[] => (Number.isNaN(Date.parse(iso)) ? [] : [Date.parse(iso) / 1000]);
  const figures = newest.flatMap(({ scenario, run }) =>
    run.figures.map((figure) => ({ scenario, figure, measured: comparable(run, figure) })),
  );
  const bounds = (metric: string): Sample[] =>
    figures.flatMap(({ scenario, measured, figure: { service, metric: own } }) => {
      if (own !== metric || measured === null) return [];
      const labels: Labels = service === null ? { scenario } : { scenario, service };
      return [
        { labels: { ...labels, bound: 'lower' }, value: measured.lower / 1e6 },
        { labels: { ...labels, bound: 'upper' }, value: measured.upper === null ? Infinity : measured.upper / 1e6 },
      ];
    });
  const objectives = newest.flatMap(({ scenario, run }) =>
    run.objectives.map((one) => ({ ...one, labels: { scenario, objective: one.id } as Labels })),
  );
  return [
    {
      name: 'drill_runs',
      help: 'Runs with a report.',
      samples: newest.map(({ scenario, steps }) => ({ labels: { scenario }, value: steps.length })),
    },
    {
      name: 'drill_last_run_timestamp_seconds',
      help: 'Start of the newest run, whatever came of it.',
      samples: newest.flatMap(({ scenario, run }) =>
        seconds(run.started).map((value) => ({ labels: { scenario }, value })),
      ),
    },
    {
      name: 'drill_last_completed_run_timestamp_seconds',
      help: 'Start of the newest run that went through.',
      samples: newest.flatMap(({ scenario, steps }) => {
        const run = steps.findLast((step) => step.run.outcome === 'completed')?.run;
        return run === undefined ? [] : seconds(run.started).map((value) => ({ labels: { scenario }, value }));
      }),
    },
    {
      name: 'drill_last_run_verdict',
      help: 'Verdict of the newest run: 1 for the one it is.',
      samples: newest.flatMap(({ scenario, run }) => states({ scenario }, run.verdict)),
    },
    {
      name: 'drill_rto_seconds',
      help: 'RTO of the newest run; 0: no outage. Absent: unknown.',
      samples: bounds('rto'),
    },
    {
      name: 'drill_rpo_seconds',
      help: 'RPO at failover of the newest run; 0: none lost. Absent: unknown.',
      samples: bounds('rpo'),
    },
    {
      name: 'drill_p95_seconds',
      help: 'P95 of the response time after the fault. Absent: unknown.',
      samples: bounds('p95'),
    },
    {
      name: 'drill_objective_verdict',
      help: 'Verdict of each objective of the newest run: 1 for the one it is.',
      samples: objectives.flatMap(({ labels, verdict }) => states(labels, verdict)),
    },
    {
      name: 'drill_objective_target_seconds',
      help: 'Target of each objective that is a time.',
      samples: objectives.flatMap(({ labels, target_us }) =>
        target_us === null ? [] : [{ labels, value: target_us / 1e6 }],
      ),
    },
    {
      name: 'drill_regression',
      help: 'Whether the newest comparable runs are worse than all before them, beyond the stated rate of false alarms. Absent: too few to tell.',
      samples: newest.flatMap(({ scenario, series }) =>
        series
          .filter(({ id }) => history.shifts.longEnough.includes(id))
          .map((one) => ({
            labels: { scenario, figure: one.name },
            value: shiftOf(history, one)?.kind === 'regression' ? 1 : 0,
          })),
      ),
    },
  ];
}

function drillFamilies({ unread, coverage, exercises }: MetricsInput): Family[] {
  const covered = coverage.map((one) => ({ ...one, labels: { row: one.row.row, group: one.row.group } as Labels }));
  return [
    {
      name: 'drill_unread_directories',
      help: 'Directories among those of the runs that could not be read.',
      samples: [{ labels: {}, value: unread.length }],
    },
    {
      name: 'drill_coverage_covered',
      help: 'Whether any scenario exercises this row of the plan.',
      samples: covered.map(({ labels, state }) => ({ labels, value: state === 'not covered' ? 0 : 1 })),
    },
    {
      name: 'drill_coverage_overdue',
      help: 'Whether a row that is covered was never exercised, too long ago, or before something changed.',
      samples: covered.flatMap(({ labels, state }) =>
        state === 'not covered' ? [] : [{ labels, value: state === 'current' ? 0 : 1 }],
      ),
    },
    {
      name: 'drill_coverage_last_exercised_timestamp_seconds',
      help: 'Start of the newest run that exercised this row.',
      samples: covered.flatMap(({ labels, last }) =>
        last === null || Number.isNaN(Date.parse(last)) ? [] : [{ labels, value: Date.parse(last) / 1000 }],
      ),
    },
    {
      name: 'drill_exercise_overdue',
      help: 'Whether an exercise is to be carried out again.',
      samples: exercises.map(({ name, due }) => ({ labels: { exercise: name }, value: due === '' ? 0 : 1 })),
    },
    {
      name: 'drill_last_exercise_verdict',
      help: 'Verdict of the newest exercise that came to its end: 1 for the one it is.',
      samples: exercises.flatMap(({ name, last }) =>
        last === null ? [] : states({ exercise: name }, last.record.verdict),
      ),
    },
  ];
}

function states(labels: Labels, is: Verdict): Sample[] {
  return VERDICTS.map((verdict) => ({ labels: { ...labels, verdict }, value: verdict === is ? 1 : 0 }));
}

function render({ name, help, samples }: Family): string {
  const lines = samples.map(({ labels, value }) => `${name}${labelText(labels)} ${number(value)}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join('')}`;
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** As both formats say it; what is left of the control characters would only confuse who reads the file. */
function escaped(text: string): string {
  return (
    text
      .toWellFormed()
      .replaceAll('\\', '\\\\')
      .replaceAll('"', '\\"')
      .replaceAll('\n', '\\n')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
      .replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ')
  );
}

function number(value: number): string {
  return value === Infinity ? '+Inf' : String(value);
}
