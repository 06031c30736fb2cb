import type { Verdict } from '../../../src/check/report-schema.ts';
import type { Objective } from '../../../src/scenario/plan.ts';
import { faultsOf } from './faults.ts';
import { eventsOfType, nearestRank, type OracleInput } from './input.ts';
import { slotsOf, timetablesOf } from './operations.ts';
import { type OracleRpo, phantomsOf, type Range, rpoOf } from './rpo.ts';
import { disasterOf, type Figures, type OracleView, viewOf } from './views.ts';

interface OracleObjective {
  readonly id: string;
  readonly verdict: Verdict;
}

export interface OracleReport {
  readonly views: readonly OracleView[];
  /** All together under null, then by service. */
  readonly rpo: ReadonlyMap<string | null, OracleRpo | null>;
  readonly phantoms: ReadonlySet<string>;
  readonly objectives: readonly OracleObjective[];
  /** A fault that was requested and is not gone. */
  readonly leftover: boolean;
}

/** measurement.md, word by word, slowly. */
export function oracle(input: OracleInput): OracleReport {
  const views = timetablesOf(input).map((table) => viewOf(input, table));
  const allOps = timetablesOf(input).flatMap((table) => slotsOf(input, table));
  const writes = allOps.filter((op) => op.isWrite && !op.isGap);
  const disaster = disasterOf(input);
  const rpo = new Map<string | null, OracleRpo | null>([[null, rpoOf(input, disaster, writes)]]);
  for (const service of Object.keys(input.plan.services)) {
    rpo.set(
      service,
      rpoOf(
        input,
        disaster,
        writes.filter((op) => op.service === service),
      ),
    );
  }
  return {
    views,
    rpo,
    phantoms: phantomsOf(input, allOps),
    objectives: input.plan.objectives.map((objective) => ({
      id: objective.id,
      verdict: verdictOf(input, objective, views, rpo),
    })),
    leftover: faultsOf(input).some((fault) => fault.requested !== null && fault.gone === null),
  };
}

function verdictOf(
  input: OracleInput,
  objective: Objective,
  views: readonly OracleView[],
  rpo: ReadonlyMap<string | null, OracleRpo | null>,
): Verdict {
  if (isLateUnknown(input, objective)) return 'unknown';
  if (objective.metric === 'rpo') return rpoVerdict(input, objective, rpo.get(objective.service) ?? null);
  if (objective.metric === 'throughput') return throughputVerdict(input, objective, views);
  const view = views.find(({ table }) => table.service === objective.service);
  if (!view) return 'unknown';
  // "where the two differ it is `unknown`"
  const both = [view.all, view.without].map((figures) => serviceVerdict(input, objective, figures));
  return both[0] === both[1] ? (both[0] ?? 'unknown') : 'unknown';
}

type OfService = Exclude<Objective, { metric: 'rpo' | 'throughput' }>;

/** What the generator of the load could not start in time is in none of the files: then nothing of the load is known. */
function isLateUnknown({ plan, events }: OracleInput, { service }: Objective): boolean {
  if (service === null || plan.services[service]?.generator === undefined) return false;
  return eventsOfType(events, 'generator').length === 0;
}

/** Of the load together: what was acknowledged, by the time that it took to be due; it passes only where the generator did all that it was to do. */
function throughputVerdict(
  input: OracleInput,
  { op, target, phase }: Objective & { metric: 'throughput' },
  views: readonly OracleView[],
): Verdict {
  const { services } = input.plan;
  const names = Object.keys(services).filter((name) => services[name]?.generator === 'k6');
  const mine = views.filter(({ table }) => names.includes(table.service));
  if (phase !== 'before' && isUnproven(input)) return 'unknown';
  const enough = (rate: number): boolean => (op === '>' ? rate > target : rate >= target);
  const reached = (which: 'all' | 'without'): number | null => {
    let sum = 0;
    for (const { table, [which]: figures } of mine) {
      const { operations, ok } = figures.latency[phase];
      if (operations === 0) return null;
      const seconds = operations / table.rate;
      sum += ok / seconds;
    }
    return sum;
  };
  const [all, without] = [reached('all'), reached('without')];
  const due = mine.map(({ all: { latency } }) => latency[phase].operations).reduce((a, b) => a + b, 0);
  if (eventsOfType(input.events, 'generator').length === 0) return 'unknown';
  if (mine.length < names.length || all === null || without === null || due < 200) return 'unknown';
  if (!enough(names.map((name) => services[name]?.rate ?? 0).reduce((a, b) => a + b, 0))) return 'unknown';
  if (enough(all) !== enough(without)) return 'unknown';
  if (!enough(all)) return 'fail';
  return mine.some(({ all: { latency } }) => latency[phase].notSent > 0) ? 'unknown' : 'pass';
}

function serviceVerdict(input: OracleInput, objective: OfService, figures: Figures): Verdict {
  if (objective.metric !== 'latency' || objective.phase !== 'before') {
    // "one that lapses, or never became effective, makes every objective that depends on it `unknown`, whatever the probes saw"
    if (isUnproven(input)) return 'unknown';
  }
  const measured = measuredVerdict(input, objective, figures);
  // "no steady state, …: each is `unknown`, never `pass`"; a miss stays a miss
  return measured === 'pass' && !figures.steady ? 'unknown' : measured;
}

function measuredVerdict(input: OracleInput, objective: OfService, figures: Figures): Verdict {
  if (objective.metric === 'rto') return judge(figures.rto.bounds, objective.op, objective.target_us);
  if (objective.metric === 'latency') {
    const { operations, ok, response } = figures.latency[objective.phase];
    // "A latency objective with fewer than 200 `ok` operations, or a share of `ok` below `floor`, is `unknown`."
    if (ok < 200 || ok < input.plan.settings.floor * operations - 1e-6) return 'unknown';
    const value = nearestRank(response, objective.quantile) as number;
    return judge({ lower: value, upper: value }, objective.op, objective.target_us);
  }
  // "Availability is a budget over its own period: the report says what share of it the run consumed."
  const budget = (1 - objective.target) * objective.over_us;
  const { lower, upper } = figures.downtime;
  const share = { lower: lower / budget, upper: upper === null ? null : upper / budget };
  return judge(share, '<=', 1);
}

/** A fault of the plan that was never requested, never shown to be effective, or lapsed. */
function isUnproven(input: OracleInput): boolean {
  return faultsOf(input).some((fault) => !fault.requested || !fault.effective || fault.lapsed);
}

function rpoVerdict(input: OracleInput, objective: Objective & { metric: 'rpo' }, rpo: OracleRpo | null): Verdict {
  // "no acknowledged write before the fault, … a fault not shown to be effective, …: each is `unknown`"
  if (!rpo || rpo.ledger === 0 || isUnproven(input)) return 'unknown';
  if (objective.target_us === 0 && objective.op === '<=') {
    // "'No loss' objectives (`rpo: 0`) are judged on it"
    return judge(rpo.lostInAll, '<=', 0);
  }
  return judge(rpo.rpo, objective.op, objective.target_us);
}

function meets(value: number, op: '<' | '<=', target: number): boolean {
  return op === '<' ? value < target : value <= target;
}

/** "judged on the worst end of the bounds; where the bounds straddle it, `unknown`" */
function judge(range: Range | null, op: '<' | '<=', target: number): Verdict {
  if (!range) return 'unknown';
  if (range.upper !== null && meets(range.upper, op, target)) return 'pass';
  return meets(range.lower, op, target) ? 'unknown' : 'fail';
}
