import type { Interval, Report, Verdict, View } from '../check/report-schema.ts';
import { formatDuration } from '../duration.ts';
import { InputError } from '../errors.ts';
import { type Claim, claimOf, type Distribution, distributionOf } from './distribution.ts';
import { formatCount, formatInterval, formatPercent, formatWall, plural, UNKNOWN } from './format.ts';
import { html } from './markup.ts';
import { page } from './page.ts';
import { badge, table } from './table.ts';
import { oneLine, textTable, wrap } from './text-table.ts';
import { overallRpo, rpoTimeWords } from './wording.ts';

interface RepeatFigure {
  /** `RTO of ledger`. */
  readonly name: string;
  readonly unit: 'us' | 'writes' | 'rpo_us';
  readonly distribution: Distribution;
}

/** N runs of one scenario, as data. */
export interface RepeatSummary {
  readonly schema: 'drill/repeat/1';
  readonly scenario: string;
  readonly runs: readonly {
    readonly id: string;
    readonly started: string;
    readonly verdict: Verdict;
    readonly outcome: string;
  }[];
  readonly verdicts: Readonly<Record<Verdict, number>>;
  readonly figures: readonly RepeatFigure[];
  /** Null unless every run passed. */
  readonly claim: Claim | null;
}

/** The distribution of every figure over the runs. InputError where there is no run, or runs of several scenarios. */
export function summariseRepeat(reports: readonly Report[]): RepeatSummary {
  const scenario = reports[0]?.run.scenario;
  if (scenario === undefined) {
    throw new InputError('no run to summarise: expected at least one report of a scenario', {
      hint: 'run the scenario first',
    });
  }
  const other = reports.find((report) => report.run.scenario !== scenario);
  if (other) {
    throw new InputError(
      `runs of one scenario are expected, got ${scenario} and ${other.run.scenario} (run ${other.run.id})`,
      {
        hint: 'summarise the runs of each scenario by themselves',
      },
    );
  }
  const count = (verdict: Verdict): number => reports.filter((report) => report.verdict === verdict).length;
  return {
    schema: 'drill/repeat/1',
    scenario,
    runs: reports.map(({ run, verdict }) => ({ id: run.id, started: run.started, verdict, outcome: run.outcome })),
    verdicts: { pass: count('pass'), fail: count('fail'), unknown: count('unknown') },
    figures: figuresOf(reports),
    claim: claimOf(reports.length, count('pass')),
  };
}

function figuresOf(reports: readonly Report[]): RepeatFigure[] {
  const services = [...new Set(reports.flatMap((report) => report.views.map((view) => view.service)))].filter(
    (name) => name !== '',
  );
  const viewOf = (report: Report, service: string): View | undefined =>
    report.views.find((view) => view.service === service);
  const of = (name: string, unit: RepeatFigure['unit'], pick: (report: Report) => Interval | null): RepeatFigure => ({
    name,
    unit,
    distribution: distributionOf(reports.map(pick)),
  });
  const phases = ['before', 'outage', 'failed-over', 'after'] as const;
  return [
    ...services.map((service) => of(`RTO of ${service}`, 'us', (report) => rtoInterval(viewOf(report, service)))),
    of('Lost writes at failover', 'writes', (report) => lossOf(report, 'lost')),
    of('Lost writes in all', 'writes', (report) => lossOf(report, 'lostInAll')),
    of('RPO at failover', 'rpo_us', (report) => lossOf(report, 'rpo_us')),
    ...services.flatMap((service) =>
      phases.map((phase) =>
        of(`P95 of ${service}, ${phase}`, 'us', (report) =>
          exactly(viewOf(report, service)?.latency[phase].response.p95 ?? null),
        ),
      ),
    ),
  ];
}

function lossOf(report: Report, figure: 'lost' | 'lostInAll' | 'rpo_us'): Interval | null {
  const rpo = overallRpo(report);
  return rpo === null || rpo.ledger === 0 ? null : rpo[figure];
}

/** What the RTO is judged on; open ones have no upper bound. */
function rtoInterval(view: View | undefined): Interval | null {
  if (view === undefined || view.rto.value_us === null || view.rto.state === 'unknown') return null;
  return view.rto.state === 'open' ? { lower: view.rto.value_us, upper: null } : exactly(view.rto.value_us);
}

function exactly(value: number | null): Interval | null {
  return value === null ? null : { lower: value, upper: value };
}

function words(figure: RepeatFigure, interval: Interval | null): string {
  if (figure.unit === 'rpo_us') return rpoTimeWords(interval);
  if (figure.unit === 'writes')
    return interval?.lower === 0 && interval.upper === 0 ? 'none' : formatInterval(interval, formatCount);
  return formatInterval(interval, formatDuration);
}

/** What the runs together allow to say, in sentences. */
function claimSentence(summary: RepeatSummary): string {
  const { claim, verdicts, runs } = summary;
  if (claim === null) {
    return `Of ${plural(runs.length, 'run')}, failed: ${verdicts.fail}, unknown: ${verdicts.unknown}; these runs allow no claim of a series without a failure.`;
  }
  return `${plural(claim.n, 'run')} without a failure: at 95 % confidence the share of runs that fail is at most ${formatPercent(claim.ruleOfThree)} (3/n), exactly ${formatPercent(claim.exact)} (1 − 0.05^(1/n)); for runs like these, on this platform.`;
}

const HEADS = ['Figure', 'Minimum', 'Median', 'Maximum', 'n', 'Unknown'] as const;

function rowOf(figure: RepeatFigure): string[] {
  const { minimum, median, maximum, n, unknown } = figure.distribution;
  const value = (interval: Interval | null): string => (n === 0 ? UNKNOWN : words(figure, interval));
  return [figure.name, value(minimum), value(median), value(maximum), String(n), String(unknown)];
}

/** The distribution for a terminal, at most `width` columns (100 at most). */
export function renderRepeat(reports: readonly Report[], options: { readonly width: number }): string {
  const summary = summariseRepeat(reports);
  const width = Math.min(100, Math.max(40, options.width));
  const { pass, fail, unknown } = summary.verdicts;
  return `${[
    ...wrap(
      `${summary.scenario}: ${plural(summary.runs.length, 'run')}, ${pass} PASS, ${fail} FAIL, ${unknown} UNKNOWN`,
      width,
    ),
    '',
    ...textTable(
      HEADS.map((head, i) => (i === 0 ? { head } : { head, align: 'right' as const })),
      summary.figures.map(rowOf),
      width,
    ),
    '',
    ...wrap(claimSentence(summary), width),
  ].join('\n')}\n`;
}

/** The distribution as a page of its own: one file, no script. */
export function renderRepeatHtml(reports: readonly Report[]): string {
  const summary = summariseRepeat(reports);
  const { pass, fail, unknown } = summary.verdicts;
  return page(
    `${oneLine(summary.scenario)}: ${plural(summary.runs.length, 'run')}`,
    html`<header><h1>${summary.scenario}: ${plural(summary.runs.length, 'run')}</h1><p class="runline">${pass} PASS · ${fail} FAIL · ${unknown} UNKNOWN</p></header>
<p class="notice">${claimSentence(summary)}</p>
${table(
  summary.figures.map(rowOf),
  HEADS.map((head, i) => ({
    head,
    kind: i === 0 ? ('row' as const) : ('num' as const),
    cell: (row: string[]) => row[i] ?? '',
  })),
)}
<p class="small">Of an even number of runs the median is the upper of the two in the middle. A run that was not restored counts as the longest; one whose figure is unknown is counted beside.</p>
<h2>The runs</h2>
${table(summary.runs, [
  { head: 'Run', kind: 'row', cell: (run) => run.id },
  { head: 'Started', cell: (run) => formatWall(run.started) },
  { head: 'Outcome', cell: (run) => run.outcome },
  { head: 'Verdict', cell: (run) => badge(run.verdict) },
])}`,
  );
}
