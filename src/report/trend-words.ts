import { formatDuration } from '../duration.ts';
import type { Shift, Shifts } from '../trend/regression.ts';
import { FALSE_ALARM_RATE } from '../trend/regression.ts';
import type { Figure, RunRecord } from '../trend/run-record.ts';
import { formatAgainst, formatInterval, formatPercent, plural, UNKNOWN } from './format.ts';
import { OUTCOME_WORD } from './wording.ts';

/** A figure with its bounds; what was not judged says so, and what is unknown is never a number. */
export function figureWords(figure: Figure | null): string {
  if (figure === null || figure.measured_us === null) return UNKNOWN;
  const { lower, upper } = figure.measured_us;
  const format = (us: number): string => {
    if (us === 0 && figure.metric !== 'p95') return figure.metric === 'rpo' ? 'none lost' : 'no outage';
    return figure.target === null ? formatDuration(us) : formatAgainst(us, figure.target.target_us);
  };
  const maybeNone = lower === 0 && upper !== null && upper > 0;
  const words = maybeNone ? `up to ${format(upper)}` : formatInterval(figure.measured_us, format);
  return figure.target?.verdict === 'unknown' ? `${UNKNOWN} (${words})` : words;
}

/** `< 30 min`; empty: no objective. */
export function targetWords({ target }: Figure): string {
  return target === null ? '' : `${target.op === '<' ? '<' : '\u2264'} ${formatDuration(target.target_us)}`;
}

/** How a run ended, and what its directory is. */
export function stateWords({ outcome, seal }: RunRecord): string {
  return `${OUTCOME_WORD[outcome]}, ${seal}`;
}

/** The rule, with its rate. */
export const RULE = `A figure is called worse by rank alone: its lower bound is above every upper bound of the comparable runs before it. Where nothing has changed, every order of N comparable runs is as likely as any other, so the newest of them is the worst of all with probability 1/N, and the k newest are all worse than all others with probability 1/C(N, k). A regression is k = 1, 2 or 3 of the newest, at a level that is corrected for the three choices of k and for how many series are long enough to be judged (Bonferroni, after Tarone): where nothing has changed, a page shows any regression with a probability of at most ${formatPercent(FALSE_ALARM_RATE)}. That is the rate of one look; each new run is another. The rule tells that something differs, not why: neighbours on the machine are a reason as well. It is blind where a series is short.`;

/** What was looked at, and what chance alone would show. */
export function lookedWords({ looked, longEnough, expectedWorst, found }: Shifts): string {
  const seen = found.filter(({ kind }) => kind === 'worst so far').length;
  const expected = Number(expectedWorst.toFixed(2));
  return `${plural(looked, 'series', 'series')} with at least two comparable runs, ${longEnough.length} of them long enough for a regression to be told from chance. Worst so far: ${seen}, where chance alone makes ${expected} on average.`;
}

/** `the 2 newest are worse than all 14 before; by chance 1 in 60`. */
export function shiftWords({ kind, newest, older, chance }: Shift): string {
  const who = newest === 1 ? 'the newest is' : `the ${newest} newest are`;
  const odds = `1 in ${Math.floor(1 / chance)}`;
  return kind === 'regression'
    ? `${who} worse than all ${older} before; by chance in at most ${odds}, k chosen freely`
    : `${who} worse than all ${older} before, which chance alone does in ${odds}`;
}
