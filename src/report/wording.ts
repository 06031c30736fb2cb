import type { Later, LaterWrites } from '../check/later-schema.ts';
import type { LastWriteWinsReport } from '../check/overwrites-schema.ts';
import type { Interval, ObjectiveResult, Report, Rpo, Rto, Verdict, View } from '../check/report-schema.ts';
import { formatDuration } from '../duration.ts';
import type { Objective } from '../scenario/plan.ts';
import {
  formatAgainst,
  formatCount,
  formatInterval,
  formatPercent,
  formatPeriod,
  formatRate,
  formatWorst,
  plural,
  UNKNOWN,
} from './format.ts';

export const VERDICT_WORD: Readonly<Record<Verdict, string>> = { pass: 'PASS', fail: 'FAIL', unknown: 'UNKNOWN' };
/** Beside the word, so that neither colour nor reading is needed to tell them apart. */
export const VERDICT_ICON: Readonly<Record<Verdict, string>> = { pass: '\u2713', fail: '\u2715', unknown: '?' };
export const OUTCOME_WORD: Readonly<Record<Report['run']['outcome'], string>> = {
  completed: 'completed',
  aborted: 'aborted',
  failed: 'failed to run',
};

export const KEPT_WORD = { kept: 'kept', broken: 'broken', unknown: 'unknown' } as const;

/** What was promised: a time, or at once. */
export function promisedWords({ promised_us }: NonNullable<Report['promises']>[number]): string {
  return promised_us === 0 ? 'at once' : formatDuration(promised_us);
}

/** What was measured of a promise, and by whom, in words. */
export function promiseWords({ measured_us: measured, observer }: NonNullable<Report['promises']>[number]): string {
  if (measured === null) return UNKNOWN;
  return `${formatInterval(measured, formatDuration)}${observer === 'simulated' ? ' (simulated)' : ''}`;
}

/** `at least 12 of 250 acknowledged overwrites undone by older ones`. */
export function undoneWords({ undone, acknowledged, kept, unproven }: LastWriteWinsReport): string {
  const all = plural(acknowledged, 'acknowledged overwrite');
  const unseen = unproven === 0 ? '' : `, ${formatCount(unproven)} not looked at in time`;
  if (undone > 0) return `at least ${formatCount(undone)} of ${all} undone by older ones${unseen}`;
  return kept === 0 ? `unknown how many of ${all} were undone by older ones` : `none of ${all} seen undone${unseen}`;
}

/** Why the verdict is what it is, in one sentence. */
export function verdictSentence(report: Report): string {
  const first = report.reasons.find((reason) => reason.verdict === report.verdict);
  if (report.verdict === 'pass') {
    const n = report.objectives.length;
    const met = n === 1 ? 'The one objective was met.' : `All ${formatCount(n)} objectives were met.`;
    return [met, ...besideObjectives(report)].join(' ');
  }
  const missed = report.objectives.find((result) => result.verdict === report.verdict);
  if (first) return sentence(first.subject === '' ? first.text : `${first.subject}: ${first.text}`);
  if (missed) return sentence(`${objectiveName(missed.objective)}: ${missed.reason}`);
  return report.verdict === 'fail' ? 'The record names no reason.' : 'Nothing shows that the objectives were met.';
}

/** What is wrong and no objective asks about: a pass must not be read without it. */
function besideObjectives({ integrity, lastWriteWins = [], later }: Report): string[] {
  const undone = lastWriteWins.some((row) => row.undone > 0);
  const { state, rest, large } = later ? laterWords(later) : { state: 'none', rest: '', large: '' };
  return [
    ...(integrity?.state === 'damaged' ? ['The graph is damaged, which no objective asks about.'] : []),
    ...(state === 'none'
      ? []
      : [`Of what was acknowledged since the disaster: ${large} ${rest}, which no objective forbids.`]),
    ...(undone ? ['Acknowledged overwrites were undone by older ones, which no objective asks about.'] : []),
  ];
}

function sentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

export interface LossWords {
  /** What is printed as large as the verdict: `527`, `none`, `12 to 40`, `unknown`. */
  readonly large: string;
  /** What follows it: `of 942 acknowledged writes lost`. */
  readonly rest: string;
  readonly state: 'none' | 'some' | 'unknown';
}

/** Acknowledged writes lost, in words that never say 0 where nothing was read back. */
export function lossWords(lost: Interval | null, acknowledged: number): LossWords {
  const of = `of ${plural(acknowledged, 'acknowledged write')} lost`;
  if (acknowledged === 0)
    return { large: UNKNOWN, rest: 'no write was acknowledged before the fault', state: 'unknown' };
  if (lost === null) return { large: UNKNOWN, rest: `how many ${of}`, state: 'unknown' };
  if (lost.lower === 0 && lost.upper === 0) return { large: 'none', rest: of, state: 'none' };
  if (lost.upper === null || lost.upper !== lost.lower) {
    const large = formatInterval(lost, formatCount);
    return { large, rest: `${of} (some could not be read)`, state: lost.lower > 0 ? 'some' : 'unknown' };
  }
  return { large: formatCount(lost.lower), rest: of, state: 'some' };
}

export interface Headline {
  readonly label: string;
  readonly words: LossWords;
  /** Where, after the words; empty: they say so. */
  readonly where: string;
  /** What stands beside it, smaller. */
  readonly beside: readonly { readonly name: string; readonly words: LossWords }[];
}

/** What is printed as large as the verdict: what was lost; of a run without a fault that tests a restore, what is missing in what was restored. */
export function headlineOf(report: Report): Headline {
  const [tested] = report.faults.length === 0 ? (report.backups?.tested ?? []) : [];
  if (tested) {
    const { large, state } = lossWords(tested.missing, tested.ledger);
    const rest = `of ${plural(tested.ledger, 'acknowledged write')} from before the backup ${tested.backup} missing`;
    const words = { large, rest, state };
    return { label: 'Missing in what was restored', words, where: 'in what was restored from it', beside: [] };
  }
  const rpo = overallRpo(report);
  const total = (rpo?.ledger ?? 0) + (rpo?.stranded.total ?? 0);
  return {
    label: 'Acknowledged writes lost at failover',
    words: lossWords(rpo?.lost ?? null, rpo?.ledger ?? 0),
    where: 'at failover',
    beside: [
      { name: inAllName(rpo), words: lossWords(rpo?.lostInAll ?? null, total) },
      ...(report.later ? [{ name: 'Of what was acknowledged since', words: laterWords(report.later) }] : []),
    ],
  };
}

/** What is missing of everything that was acknowledged since the disaster. */
function laterWords({ writes }: Later): LossWords {
  const all = writes.find(({ service }) => service === null);
  if (!all) return { large: UNKNOWN, rest: 'how much of it is lost', state: 'unknown' };
  const { acknowledged, missing } = laterTotal(all);
  if (acknowledged === 0) return { large: UNKNOWN, rest: 'nothing was acknowledged', state: 'unknown' };
  return lossWords(missing, acknowledged);
}

export function laterSentence(later: Later): string {
  const { large, rest } = laterWords(later);
  return `${large} ${rest}`;
}

/** While the disaster was in force, and after it. */
function laterTotal({ during, after }: LaterWrites): LaterWrites['during'] {
  return {
    acknowledged: during.acknowledged + after.acknowledged,
    missing: {
      lower: during.missing.lower + after.missing.lower,
      upper: during.missing.upper + after.missing.upper,
    },
  };
}

/** The row of every service together; null in a report that has none. */
export function overallRpo(report: Report): Rpo | null {
  return report.rpo.find((row) => row.service === null) ?? null;
}

/** What "lost in all" is called. Where nothing was repaired, hints or a repair may still bring back what is missing. */
export function inAllName(rpo: Pick<Rpo, 'lostInAll' | 'afterRepair'> | null): string {
  const unrepaired = rpo !== null && rpo.lostInAll !== null && rpo.afterRepair === null;
  return unrepaired ? 'Lost so far at any site, without a repair' : 'Lost in all, after repair and at every site';
}

export function lostSentence(lost: Interval | null, acknowledged: number): string {
  const words = lossWords(lost, acknowledged);
  return `${words.large} ${words.rest}`;
}

const PERCENTILE = (quantile: number): string => `P${Number((quantile * 100).toFixed(3))}`;

function isNoLoss(objective: Objective): boolean {
  return objective.metric === 'rpo' && objective.target_us === 0;
}

/** What is judged, without its target. */
export function objectiveName(objective: Objective): string {
  switch (objective.metric) {
    case 'rto':
      return `RTO of ${objective.service}`;
    case 'rpo': {
      const of = objective.service === null ? 'all services' : objective.service;
      return isNoLoss(objective) ? `No loss, ${of}` : `RPO of ${of}`;
    }
    case 'latency':
      return `${PERCENTILE(objective.quantile)} of ${objective.service}, ${objective.phase}`;
    case 'availability':
      return `Availability of ${objective.service}`;
    case 'throughput':
      return `Throughput of the load, ${objective.phase}`;
  }
}

export function objectiveTarget(objective: Objective): string {
  if (isNoLoss(objective)) return 'none lost in all';
  if (objective.metric === 'availability') {
    return `${Number((objective.target * 100).toFixed(6))}\u00a0% over ${formatPeriod(objective.over_us)}`;
  }
  if (objective.metric === 'throughput')
    return `${objective.op === '>' ? '>' : '\u2265'} ${formatRate(objective.target)}`;
  return `${objective.op === '<' ? '<' : '\u2264'} ${formatDuration(objective.target_us)}`;
}

export interface MeasuredWords {
  /** The end that is judged. */
  readonly worst: string;
  /** Both ends, where they differ; empty otherwise. */
  readonly bounds: string;
}

/** What was measured for an objective; the worst end first, because objectives are judged on it. */
export function measuredWords(result: ObjectiveResult): MeasuredWords {
  const { objective, measured } = result;
  if (measured === null) return { worst: UNKNOWN, bounds: '' };
  if (result.unit === 'ratio') {
    const worst = formatWorst(measured, formatPercent);
    return { worst: `${worst} of the budget`, bounds: boundsOf(measured, formatPercent) };
  }
  if (result.unit === 'per_s') return { worst: formatRate(measured.lower), bounds: '' };
  const target = 'target_us' in objective ? objective.target_us : null;
  const format = (us: number): string => {
    if (objective.metric === 'rpo' && us === 0) return 'none lost';
    return target === null ? formatDuration(us) : formatAgainst(us, target);
  };
  return { worst: formatWorst(measured, format), bounds: boundsOf(measured, format) };
}

function boundsOf(interval: Interval, format: (value: number) => string): string {
  if (interval.upper === null || interval.lower === interval.upper) return '';
  return `bounds ${format(interval.lower)} to ${format(interval.upper)}`;
}

/** RTO of a view in words: what is judged, or why there is no number. */
export function rtoWords(rto: Rto): string {
  if (rto.value_us === null || rto.state === 'unknown') return UNKNOWN;
  if (rto.state === 'open') return `open, at least ${formatDuration(rto.value_us)}`;
  if (rto.state === 'none') return 'no outage seen';
  return formatDuration(rto.value_us);
}

/** RPO in time, in words: `none lost` where it is 0, because 0 seconds is not a measurement. */
export function rpoTimeWords(interval: Interval | null): string {
  return formatInterval(interval, (us) => (us === 0 ? 'none lost' : formatDuration(us)));
}

/** A view's name: the service, or the probe at its site; with where the client is. */
export function viewName(view: Pick<View, 'probe' | 'service' | 'site' | 'client'>): string {
  return view.service === '' ? `${view.probe} at ${view.site}` : view.service;
}
