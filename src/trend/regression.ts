import type { Interval } from '../check/report-schema.ts';

/** The chance that a page accuses at least one series wrongly, where in none of them anything has changed. */
export const FALSE_ALARM_RATE = 0.05;
/** How many of the newest runs are looked at together, at most. */
const MOST_NEWEST = 3;
/** From so many earlier runs on a worst one is mentioned. */
const MENTIONED_FROM = 4;

/** A series of comparable figures, oldest first; larger is worse. */
export interface Compared {
  readonly id: string;
  readonly values: readonly Interval[];
}

export interface Shift {
  readonly id: string;
  /** `regression`: beyond the stated rate of false alarms. `worst so far`: to be expected now and then. */
  readonly kind: 'regression' | 'worst so far';
  /** How many of the newest are worse than all that are older. */
  readonly newest: number;
  readonly older: number;
  /** How likely that is where nothing has changed; for a regression corrected for the choice of `newest`. */
  readonly chance: number;
}

export interface Shifts {
  readonly found: readonly Shift[];
  /** Series with at least one earlier value. */
  readonly looked: number;
  /** Ids of those of them that are long enough that a regression could be told from chance. */
  readonly longEnough: readonly string[];
  /** How many `worst so far` there are on average where nothing has changed. */
  readonly expectedWorst: number;
}

/**
 * Where the newest figures are worse than all before them. Distribution-free: where nothing has changed the N runs of a series are
 * exchangeable, every order of their true values is as likely as any other, and the k newest are the k largest with probability 1 / C(N, k)
 * at most (ties only make it smaller). An interval is worse only if its lower bound is above every upper bound of the others.
 * k is 1 to 3, so a series' chance is that of its best k times the number of k; a regression is one whose chance is at most
 * FALSE_ALARM_RATE / K (Bonferroni), where K counts only series that could get so low at all, as their length alone tells (R. E. Tarone,
 * Biometrics 46, 1990). The rate is that of one look, over all series together, whatever their dependence.
 */
export function findShifts(series: readonly Compared[]): Shifts {
  const looked = series.filter(({ values }) => values.length >= 2);
  const least = looked.map(({ values }) => leastChance(values.length));
  const correction = correctionOf(least);
  const mentioned = looked.filter(({ values }) => values.length > MENTIONED_FROM);
  return {
    found: looked.flatMap((one) => shiftOf(one, correction)),
    looked: looked.length,
    longEnough: looked.flatMap(({ id }, i) => ((least[i] as number) <= FALSE_ALARM_RATE / correction ? [id] : [])),
    expectedWorst: mentioned.reduce((sum, { values }) => sum + 1 / values.length, 0),
  };
}

function shiftOf({ id, values }: Compared, correction: number): Shift[] {
  const total = values.length;
  const ks = newestOf(total).filter((k) => areWorse(values.slice(total - k), values.slice(0, total - k)));
  const best = ks.toSorted((a, b) => chanceOf(total, a) - chanceOf(total, b))[0];
  if (best !== undefined) {
    const chance = Math.min(1, newestOf(total).length * chanceOf(total, best));
    if (chance <= FALSE_ALARM_RATE / correction) {
      return [{ id, kind: 'regression', newest: best, older: total - best, chance }];
    }
  }
  if (!ks.includes(1) || total <= MENTIONED_FROM) return [];
  return [{ id, kind: 'worst so far', newest: 1, older: total - 1, chance: chanceOf(total, 1) }];
}

function newestOf(total: number): number[] {
  return Array.from({ length: Math.min(MOST_NEWEST, total - 1) }, (_, i) => i + 1);
}

function areWorse(newest: readonly Interval[], older: readonly Interval[]): boolean {
  const ceiling = older.reduce((most, { upper }) => Math.max(most, upper ?? Number.POSITIVE_INFINITY), 0);
  return newest.every(({ lower }) => lower > ceiling);
}

/** 1 / C(total, k). */
function chanceOf(total: number, k: number): number {
  let ways = 1;
  for (let i = 1; i <= k; i++) ways = (ways * (total - k + i)) / i;
  return 1 / ways;
}

/** The lowest chance that a series of this length can come to. */
function leastChance(total: number): number {
  const ks = newestOf(total);
  return Math.min(1, ks.length * Math.min(...ks.map((k) => chanceOf(total, k))));
}

/** Tarone's K: the smallest at which no more than K series can come to FALSE_ALARM_RATE / K. */
function correctionOf(least: readonly number[]): number {
  let k = 1;
  while (least.filter((chance) => chance <= FALSE_ALARM_RATE / k).length > k) k++;
  return k;
}
