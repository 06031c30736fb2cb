import type { Plan } from './plan.ts';
import { HINTS_QUIET_US } from './recovery.ts';
import type { Registries } from './schema.ts';
import { slowestWindowUs, WINDOWS_THAT_HOLD } from './windows.ts';

/** A phase as a plan expects it. `atLeast`: the plan asks for that; otherwise a guess from the plan's figures. */
interface ExpectedPhase {
  readonly phase: string;
  readonly us: number;
  readonly atLeast: boolean;
}

/** Guesses, for people who wait: measured on two cores that all of the platform and the harness share. */
const PREPARE_US = 20_000_000;
const CANARY_US = 5_000_000;
const NETWORK_US = 3_000_000;
const START_US = 30_000_000;
const BACKUP_US = 20_000_000;
const RESTORE_US = 60_000_000;
const REPAIR_US = 15_000_000;
/** Keys a second that are read back through JanusGraph, beside what is measured and alone; looked over at a site; cleaned up. Through CQL it is as fast as the plan allows. */
const GRAPH_READ_RATE = 70;
const GRAPH_READ_ALONE_RATE = 300;
const GRAPH_CENSUS_RATE = 700;
const GRAPH_CLEANUP_RATE = 170;

/** How long it should take until a fault of this type is gone once it is undone, µs. */
export function goneUs(type: string, faults: Registries['faults']): number {
  const { restarts, needs = [] } = faults.get(type) ?? {};
  if (needs.includes('backups')) return RESTORE_US;
  return restarts === false ? NETWORK_US : START_US;
}

/** How long each phase of a run should take, in order. */
export function expectedPhases(plan: Plan, faults: Registries['faults']): readonly ExpectedPhase[] {
  const { timeline, recovery, canary } = plan;
  const steadyUs = Math.max(plan.steadyState.for_us, WINDOWS_THAT_HOLD * slowestWindowUs(plan));
  const phases: ExpectedPhase[] = [
    { phase: 'prepare', us: PREPARE_US, atLeast: false },
    { phase: 'canary', us: canary.outage_us + CANARY_US, atLeast: false },
    { phase: 'steady-state', us: steadyUs, atLeast: true },
  ];
  const [first] = timeline;
  if (!first) return [...phases, { phase: 'cleanup', us: cleanupUs(plan, steadyUs), atLeast: false }];
  const disaster = timeline.find((fault) => fault.disaster) ?? first;
  const beforeUs =
    Math.max(first.at_us, (plan.backups.at(-1)?.at_us ?? 0) + plan.backups.length * BACKUP_US) + plan.jitter_us;
  const ledgerUs = steadyUs + beforeUs + disaster.at_us - first.at_us;
  const restoredUs =
    Math.max(...Object.values(plan.services).map(({ timeout_us }) => timeout_us)) +
    WINDOWS_THAT_HOLD * slowestWindowUs(plan);
  const heldUs = Math.max(
    ...timeline.map(({ at_us, for_us }) => at_us + for_us - first.at_us),
    disaster.at_us - first.at_us + restoredUs,
  );
  const everywhere = plan.platform.sites.length;
  phases.push(
    { phase: 'before', us: beforeUs, atLeast: true },
    { phase: 'during', us: heldUs, atLeast: true },
    { phase: 'read-back at failover', us: readBackUs(plan, ledgerUs, 1), atLeast: false },
    { phase: 'recovery', us: Math.max(...timeline.map(({ type }) => goneUs(type, faults))), atLeast: false },
    { phase: 'recovery: hints', us: Math.min(recovery.hints_us, HINTS_QUIET_US), atLeast: false },
    { phase: 'read-back at every site', us: readBackUs(plan, ledgerUs, everywhere), atLeast: false },
  );
  if (recovery.repair) {
    phases.push(
      { phase: 'recovery: repair', us: REPAIR_US, atLeast: false },
      { phase: 'read-back after repair', us: readBackUs(plan, ledgerUs, everywhere), atLeast: false },
    );
  }
  phases.push({ phase: 'after', us: recovery.after_us, atLeast: true });
  if (recovery.failback) {
    const failbackUs = Math.max(recovery.failback_us, WINDOWS_THAT_HOLD * slowestWindowUs(plan));
    phases.push({ phase: 'failback', us: failbackUs, atLeast: true });
  }
  const writingUs = sum(phases);
  if (recovery.failback) {
    const awayUs = sum(phases.slice(phases.findIndex(({ phase }) => phase === 'during')));
    const us = readBackUs(plan, awayUs, 1, GRAPH_READ_ALONE_RATE);
    phases.push({ phase: 'read-back after failback', us, atLeast: false });
  }
  phases.push({
    phase: 'read-back of what came later',
    // All sites at once: on one machine graphs get no faster by that.
    us: readBackUs(plan, writingUs - ledgerUs, 1, GRAPH_READ_ALONE_RATE / everywhere),
    atLeast: false,
  });
  const censusUs = Math.ceil((graphWrites(plan, writingUs) * everywhere) / GRAPH_CENSUS_RATE) * 1_000_000;
  if (plan.integrity.scan && censusUs > 0)
    phases.push({ phase: 'the graph at every site', us: censusUs, atLeast: false });
  return [...phases, { phase: 'cleanup', us: cleanupUs(plan, writingUs), atLeast: false }];
}

function sum(phases: readonly ExpectedPhase[]): number {
  return phases.reduce((us, phase) => us + phase.us, 0);
}

/** What was written in `writingUs`, read at so many sites, one probe after the other. */
function readBackUs(plan: Plan, writingUs: number, sites: number, graphRate = GRAPH_READ_RATE): number {
  const us = [...writesPerSecond(plan)].map(([probe, rate]) => {
    const speed = probe === 'gremlin' ? Math.min(graphRate, plan.readBack.rate) : plan.readBack.rate;
    return (rate * writingUs * sites) / speed;
  });
  return Math.ceil(us.reduce((a, b) => a + b, 0));
}

function cleanupUs(plan: Plan, writingUs: number): number {
  return Math.ceil(graphWrites(plan, writingUs) / GRAPH_CLEANUP_RATE) * 1_000_000 + 2_000_000;
}

function graphWrites(plan: Plan, writingUs: number): number {
  return ((writesPerSecond(plan).get('gremlin') ?? 0) * writingUs) / 1e6;
}

/** Half of the operations of each probe. */
function writesPerSecond({ timetables }: Plan): ReadonlyMap<string, number> {
  const rates = new Map<string, number>();
  for (const { probe, rate } of timetables) rates.set(probe, (rates.get(probe) ?? 0) + rate / 2);
  return rates;
}
