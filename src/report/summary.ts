import type { ArrivalsReport } from '../check/arrivals-schema.ts';
import type { Report, Verdict } from '../check/report-schema.ts';
import { formatDuration } from '../duration.ts';
import { SERVICE_PHASES } from '../scenario/plan.ts';
import { durationOrUnknown, formatCount, formatOffset } from './format.ts';
import { oneLine, textTable, wrap } from './text-table.ts';
import { originOf } from './time-axis.ts';
import {
  headlineOf,
  KEPT_WORD,
  measuredWords,
  OUTCOME_WORD,
  objectiveName,
  objectiveTarget,
  promisedWords,
  promiseWords,
  rtoWords,
  undoneWords,
  VERDICT_ICON,
  VERDICT_WORD,
  verdictSentence,
  viewName,
} from './wording.ts';
import { integritySentence } from './wording-integrity.ts';

export interface SummaryOptions {
  readonly color: boolean;
  /** Columns of the terminal; never more than 100 are used. */
  readonly width: number;
}

const CODE: Readonly<Record<Verdict | 'bold' | 'dim', string>> = {
  pass: '32',
  fail: '31',
  unknown: '33',
  bold: '1',
  dim: '2',
};
const LOSS_VERDICT = { none: 'pass', some: 'fail', unknown: 'unknown' } as const;

/** The terminal's summary, ending with a line end: verdict, lost writes, objectives, outages, P95, what was not measured. */
export function renderSummary(report: Report, options: SummaryOptions): string {
  const width = Math.min(100, Math.max(40, options.width));
  const paint = (name: Verdict | 'bold' | 'dim', text: string): string =>
    options.color ? `\u001b[${CODE[name]}m${text}\u001b[0m` : text;
  const bold = (name: Verdict, text: string): string => paint('bold', paint(name, text));
  const { run, verdict } = report;
  const lines = [
    ...wrap(
      `${run.scenario} · ${run.id} · ${run.environment} · ${OUTCOME_WORD[run.outcome]}${run.reason === '' ? '' : ` (${run.reason})`}`,
      width,
    ).map((line) => paint('dim', line)),
    '',
    bold(verdict, `${VERDICT_ICON[verdict]} ${VERDICT_WORD[verdict]}`),
    ...wrap(verdictSentence(report), width - 2).map((line) => `  ${line}`),
    ...lossLines(report, width, bold),
    ...run.defects.flatMap((defect) => wrap(`! The record has a defect: ${defect}`, width, '  ')),
    '',
    ...objectiveLines(report, width, paint),
    ...promiseLines(report, width),
    ...integrityLines(report, width, bold),
    ...outageLines(report, width),
    ...latencyLines(report, width),
    ...arrivalLines(report, width),
    ...notMeasuredLine(report, width),
  ];
  return `${lines.join('\n')}\n`;
}

type Paint = (name: Verdict | 'bold' | 'dim', text: string) => string;

function lossLines(report: Report, width: number, bold: (name: Verdict, text: string) => string): string[] {
  const { words: lost, where, beside } = headlineOf(report);
  const verdict = LOSS_VERDICT[lost.state];
  const large = `${VERDICT_ICON[verdict]} ${lost.large.toUpperCase()}`;
  const [first = '', ...more] = wrap(`${large} ${lost.rest}${beside.length > 0 ? ',' : ''} ${where}`, width, '  ');
  return [
    first.startsWith(large) ? bold(verdict, large) + first.slice(large.length) : first,
    ...more,
    ...beside.flatMap(({ name, words }) =>
      wrap(`${name.toLowerCase()}: ${words.large} ${words.rest}`, width - 2, '  ').map((line) => `  ${line}`),
    ),
    ...(report.lastWriteWins ?? []).flatMap((row) =>
      wrap(`${row.probe}: ${undoneWords(row)}`, width - 2, '  ').map((line) => `  ${line}`),
    ),
  ];
}

function objectiveLines(report: Report, width: number, paint: Paint): string[] {
  if (report.objectives.length === 0) return ['No objective was evaluated.'];
  const rows = report.objectives.map((result) => {
    const { worst } = measuredWords(result);
    return [
      objectiveName(result.objective),
      objectiveTarget(result.objective),
      worst,
      `${VERDICT_ICON[result.verdict]} ${VERDICT_WORD[result.verdict]}`,
    ];
  });
  const heads = [{ head: 'OBJECTIVE' }, { head: 'TARGET' }, { head: 'MEASURED' }, { head: 'VERDICT' }];
  const [head = '', ...body] = textTable(heads, rows, width, (text, row, column) =>
    column === 3 ? paint(report.objectives[row]?.verdict ?? 'unknown', text) : text,
  );
  const reasons = report.objectives.map((result) =>
    result.reason === '' ? [] : wrap(result.reason, width - 4).map((line) => paint('dim', `    ${line}`)),
  );
  return [paint('dim', head), ...body.flatMap((line, i) => [line, ...(reasons[i] ?? [])])];
}

function promiseLines({ promises = [] }: Report, width: number): string[] {
  if (promises.length === 0) return [];
  const rows = promises.map((row) => [row.promise, promisedWords(row), promiseWords(row), KEPT_WORD[row.kept]]);
  const heads = [{ head: 'PROMISE' }, { head: 'PROMISED' }, { head: 'MEASURED' }, { head: 'KEPT' }];
  return ['', ...textTable(heads, rows, width)];
}

function integrityLines({ integrity }: Report, width: number, bold: (name: Verdict, text: string) => string): string[] {
  if (!integrity) return [];
  const verdict = ({ whole: 'pass', damaged: 'fail', unknown: 'unknown' } as const)[integrity.state];
  const [first = '', ...more] = wrap(`${VERDICT_ICON[verdict]} ${integritySentence(integrity)}`, width, '  ');
  return ['', integrity.state === 'whole' ? first : bold(verdict, first), ...more];
}

function outageLines(report: Report, width: number): string[] {
  const { originUs, originName } = originOf(report);
  const rows = report.views.flatMap((view) =>
    view.outages.map((outage) => [
      viewName(view),
      outage.length_us === null ? 'open at the end' : formatDuration(outage.length_us),
      formatOffset(outage.down_us - originUs),
      outage.up_us === null ? 'not seen' : formatOffset(outage.up_us - originUs),
      view.service === '' ? '' : rtoWords(view.rto),
    ]),
  );
  const columns = [
    { head: 'OUTAGE OF' },
    { head: 'LENGTH', align: 'right' },
    { head: 'DOWN', align: 'right' },
    { head: 'UP', align: 'right' },
    { head: 'RTO' },
  ] as const;
  if (report.views.length === 0) return ['', 'Outages: not measured.'];
  if (rows.length === 0) return ['', 'No outage was seen.'];
  return ['', ...textTable(columns, rows, width), `  from ${originName}`];
}

function latencyLines(report: Report, width: number): string[] {
  const services = report.views.filter((view) => view.service !== '');
  if (services.length === 0) return [];
  const columns = [
    { head: 'P95 OF OK' },
    ...['BEFORE', 'OUTAGE', 'FAILED-OVER', 'AFTER'].map((head) => ({ head, align: 'right' as const })),
  ];
  const rows = services.map((view) => [
    viewName(view),
    ...(['before', 'outage', 'failed-over', 'after'] as const).map((phase) =>
      durationOrUnknown(view.latency[phase].response.p95),
    ),
  ]);
  return ['', ...textTable(columns, rows, width)];
}

/** Events by the phase in which they were to be sent: P95 of those that were seen, and how many were not. */
function arrivalLines({ arrivals = [] }: Report, width: number): string[] {
  if (arrivals.length === 0) return [];
  const columns = [
    { head: 'P95 UNTIL SEEN' },
    ...['BEFORE', 'OUTAGE', 'FAILED-OVER', 'AFTER'].map((head) => ({ head, align: 'right' as const })),
  ];
  const cell = ({ notSeen, elapsed }: ArrivalsReport['phases']['before']): string =>
    [durationOrUnknown(elapsed.p95), ...(notSeen > 0 ? [`${formatCount(notSeen)} not seen in time`] : [])].join('; ');
  const rows = arrivals.map(({ service, phases }) => [
    `events of ${oneLine(service)}`,
    ...SERVICE_PHASES.map((phase) => cell(phases[phase])),
  ]);
  return ['', ...textTable(columns, rows, width)];
}

function notMeasuredLine(report: Report, width: number): string[] {
  if (report.notMeasured.length === 0) return [];
  return ['', ...wrap(`Not measured: ${report.notMeasured.map((one) => oneLine(one.what)).join('; ')}.`, width, '  ')];
}
