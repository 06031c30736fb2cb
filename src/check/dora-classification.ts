import { formatDuration } from '../duration.ts';
import type { Dora } from './dora-schema.ts';
import { missingLater } from './later-loss.ts';
import type { Interval, Report, View } from './report-schema.ts';
import type { RunRecord } from './run-record.ts';

type Classification = Dora['classification'];
type Criterion = Classification['criteria'][number];
type Figures = Pick<Report, 'views' | 'rpo' | 'run' | 'backlogCleared_us' | 'canary' | 'integrity'> & {
  readonly later?: Report['later'];
  readonly lastWriteWins?: Report['lastWriteWins'];
};

const HOUR_US = 3_600_000_000;
const NOT_MEASURED = 'not measured: for a person to say';
const DOWNTIME = 'Service downtime (Art. 3, 9(3))';
const DURATION = 'Duration (Art. 3, 9(3))';

/**
 * What the thresholds of (EU) 2024/1772 would say, had the faults of this run been an incident that lasted as long as the run held them. Every figure is a
 * bound; what is not known is null, and never counted as below a threshold.
 */
export function classify(record: RunRecord, report: Figures): Classification {
  const why = whyNothing(record, report);
  const downtime_us = why === null ? downtimeOf(report) : null;
  const duration_us = why === null ? durationOf(record, report) : null;
  const { critical = null, memberStates = null } = record.plan.declared?.function ?? {};
  const lost = why === null ? lossOf(report) : null;
  const criteria: Criterion[] = [
    {
      criterion: 'Critical services affected (Art. 6)',
      threshold: 'it supports a critical or important function',
      measured: critical === null ? 'not recorded' : critical ? 'yes, as declared' : 'no, as declared',
      reached: critical,
      note: '',
    },
    downtimeCriterion(downtime_us, critical),
    {
      criterion: DURATION,
      threshold: 'more than 24 h',
      measured: lengthWords(duration_us),
      reached: longerThan(duration_us, 24 * HOUR_US),
      note: 'as long as the run held its faults; a disaster ends when it ends',
    },
    spreadCriterion(memberStates, downtime_us, lost),
    {
      criterion: 'Data losses (Art. 5, 9(5))',
      threshold: 'an effect on data that hurts business objectives or what regulation requires',
      measured: lost === null ? 'unknown' : lossWords(lost),
      // A loss alone does not reach it (Art. 9(5)(a)), and whom it hurts no run shows.
      reached: lost?.upper === 0 ? false : null,
      note: 'whether a loss hurts the business is for a person to decide',
    },
    ...['Clients, counterparts, transactions (Art. 1, 9(1))', 'Reputation (Art. 2, 9(2))', 'Cost (Art. 7, 9(6))'].map(
      (criterion): Criterion => ({ criterion, threshold: '', measured: NOT_MEASURED, reached: null, note: '' }),
    ),
  ];
  return { hypothetical: true, downtime_us, duration_us, criteria, ...conclude(criteria, why) };
}

/** Of each threshold that Art. 8(1) counts, whether it is reached: first that of critical services, then the six of Art. 9(1) to (6), of which length or downtime is one. */
export function thresholdsOf(criteria: readonly Criterion[]): readonly (boolean | null)[] {
  const ofTime = criteria.filter(isOfTime).map(({ reached }) => reached);
  const time = ofTime.includes(true) ? true : ofTime.includes(null) ? null : false;
  return criteria.flatMap((one) => (!isOfTime(one) ? [one.reached] : one.criterion === DURATION ? [time] : []));
}

function isOfTime({ criterion }: Criterion): boolean {
  return criterion === DOWNTIME || criterion === DURATION;
}

/** Art. 8(1): critical services, and two or more of the other thresholds; malicious access is no part of a drill. */
function conclude(criteria: readonly Criterion[], why: string | null): Pick<Classification, 'conclusion' | 'why'> {
  const [critical, ...others] = thresholdsOf(criteria);
  const count = others.filter((reached) => reached === true).length;
  const open = others.filter((reached) => reached === null).length;
  const said = `${count} of ${others.length} other thresholds reached, ${open} unknown; two are needed`;
  if (why !== null) return { conclusion: 'unknown', why };
  if (critical === false)
    return { conclusion: 'would not be', why: 'no critical or important function is affected, as declared' };
  if (critical !== true)
    return { conclusion: 'unknown', why: `whether the function is critical is not recorded; ${said}` };
  if (count >= 2) return { conclusion: 'would be', why: said };
  return count + open >= 2 ? { conclusion: 'unknown', why: said } : { conclusion: 'would not be', why: said };
}

/** Why nothing can be said at all. */
function whyNothing(record: RunRecord, { canary, run, views }: Figures): string | null {
  if (record.faults.every(({ report }) => report.effective === null)) return 'no fault was shown to be in force';
  const unproven = record.faults.find((fault) => fault.unproven !== null)?.unproven ?? null;
  if (unproven !== null) return unproven;
  if (canary.verdict !== 'pass') return 'the instrument did not prove itself';
  if (run.defects.length > 0) return `the record has a defect: ${run.defects[0]}`;
  if (record.suspendedUs > 0) return 'the machine was suspended while the run went on';
  return views.some(({ service }) => service !== '') ? null : 'no service was measured';
}

/**
 * Of the worst service. `lower`: outages, and windows outside them that missed the level. `upper`: from the first of these until the backlog is cleared, which
 * is when the read-back is complete at every site; null: not known.
 */
function downtimeOf({ views, run, backlogCleared_us }: Figures): Interval {
  const each = views
    .filter(({ service }) => service !== '')
    .map((view): Interval => {
      const { lower, upper } = view.downtime_us;
      if (upper === null || run.outcome !== 'completed' || view.steadyState.verdict !== 'pass')
        return { lower, upper: null };
      const began = beginningOf(view);
      if (began === null) return { lower, upper };
      return { lower, upper: backlogCleared_us === null ? null : Math.max(upper, backlogCleared_us - began) };
    });
  return {
    lower: Math.max(...each.map(({ lower }) => lower)),
    upper: each.some(({ upper }) => upper === null) ? null : Math.max(...each.map(({ upper }) => upper ?? 0)),
  };
}

/** The earliest instant at which a service may have been down; null: it was not. */
function beginningOf({ outages, violatingWindows }: View): number | null {
  const starts = [
    ...outages.map(({ start, down_us }) => Math.min(start.notBefore_us ?? down_us, down_us)),
    ...violatingWindows.map(({ from_us }) => from_us),
  ];
  return starts.length === 0 ? null : Math.min(...starts);
}

/** From the first effect. `lower`: to the last look at which a fault was still there. `upper`: to the last of gone, failed back and reconciled. */
function durationOf(record: RunRecord, { views, run, backlogCleared_us }: Figures): Interval {
  const effective = record.faults.flatMap(({ report }) => (report.effective ? [report.effective] : []));
  const began = {
    notBefore: Math.min(...effective.map(({ notBefore_us }) => notBefore_us)),
    notAfter: Math.min(...effective.map(({ notAfter_us }) => notAfter_us)),
  };
  const gone = record.faults.flatMap(({ report }) => (report.effective ? [report.gone] : []));
  if (gone.some((instant) => instant === null))
    return { lower: Math.max(0, run.length_us - began.notAfter), upper: null };
  const lower = Math.max(0, ...gone.map((instant) => (instant?.notBefore_us ?? 0) - began.notAfter));
  const moved = new Set(record.failovers.map(({ service }) => service));
  const back = views
    .filter(({ service }) => moved.has(service))
    .map(({ clocks }) => clocks.find(({ clock }) => clock === 'failed back')?.at?.notAfter_us ?? null);
  if (run.outcome !== 'completed' || backlogCleared_us === null || back.includes(null)) return { lower, upper: null };
  const ends = [backlogCleared_us, ...back, ...gone.map((instant) => instant?.notAfter_us ?? 0)].map((end) => end ?? 0);
  return { lower, upper: Math.max(lower, Math.max(...ends) - began.notBefore) };
}

function downtimeCriterion(downtime: Interval | null, critical: boolean | null): Criterion {
  const long = longerThan(downtime, 2 * HOUR_US);
  return {
    criterion: DOWNTIME,
    threshold: 'more than 2 h, of a critical or important function',
    measured: lengthWords(downtime),
    reached: long === false || critical === false ? false : critical === true ? long : null,
    note: 'not RTO: from the first outage until the backlog is cleared',
  };
}

function spreadCriterion(
  states: readonly string[] | null,
  downtime: Interval | null,
  lost: Interval | null,
): Criterion {
  const several = states === null ? null : states.length >= 2;
  const hurt = (downtime?.lower ?? 0) > 0 || (lost?.lower ?? 0) > 0;
  const unhurt = downtime?.upper === 0 && lost?.upper === 0;
  return {
    criterion: 'Geographical spread (Art. 4, 9(4))',
    threshold: 'two or more member states',
    measured: states === null ? 'not recorded' : `${states.join(', ')}, as declared`,
    reached: several === false || unhurt ? false : several === true && hurt ? true : null,
    note: unhurt ? 'neither downtime nor a loss was seen' : '',
  };
}

/** Writes that could not be had, for a time or for good: the worst of what was missing at failover and in all; null: unknown. */
function lossOf({ rpo, later, integrity, lastWriteWins = [] }: Figures): Interval | null {
  const all = rpo.find(({ service }) => service === null);
  const since = later ? missingLater(later) : { lower: 0, upper: 0 };
  if (!all || all.lost === null || all.lostInAll === null)
    return all?.lost ? { lower: Math.max(all.lost.lower, since.lower), upper: null } : null;
  const undone = lastWriteWins.reduce((sum, one) => sum + one.undone, 0);
  const unproven = lastWriteWins.some((one) => one.unproven > 0) || integrity?.state === 'unknown';
  const damaged = integrity?.state === 'damaged' ? Math.max(1, integrity.acknowledgedDamaged) : 0;
  const lower = Math.max(all.lost.lower, all.lostInAll.lower + since.lower, undone, damaged);
  if (unproven || all.lost.upper === null || all.lostInAll.upper === null) return { lower, upper: null };
  return { lower, upper: Math.max(lower, all.lost.upper, all.lostInAll.upper + since.upper) };
}

function lossWords({ lower, upper }: Interval): string {
  if (upper === 0) return 'none lost of what was read back';
  return upper === lower ? `${lower} lost or damaged` : `${lower} to ${upper ?? 'unknown'} lost or damaged`;
}

function longerThan(length: Interval | null, us: number): boolean | null {
  if (length === null) return null;
  return length.lower > us ? true : length.upper !== null && length.upper <= us ? false : null;
}

function lengthWords(length: Interval | null): string {
  if (length === null) return 'unknown';
  const [lower, upper] = [formatDuration(length.lower), length.upper === null ? null : formatDuration(length.upper)];
  if (upper === null) return `at least ${lower}`;
  if (length.upper === 0) return 'none seen';
  return lower === upper ? upper : `${lower} to ${upper}`;
}
