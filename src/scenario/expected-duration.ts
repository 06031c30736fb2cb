import type { Plan } from './plan.ts';
import { slowestWindowUs, WINDOWS_THAT_HOLD } from './windows.ts';

/** A phase as a plan expects it. `atLeast`: the plan asks for that; otherwise a guess from the plan's figures. */
interface ExpectedPhase {
  readonly phase: string;
  readonly us: number;
  readonly atLeast: boolean;
}

/** What a component takes to start and serve again on a developer's machine: a guess, for people who wait. */
const START_US = 40_000_000;
const NETWORK_US = 3_000_000;
const REPAIR_US = 15_000_000;

/** How long each phase of a run should take, in order. The platform's own part (starting again, repair) is a guess. */
export function expectedPhases(plan: Plan): readonly ExpectedPhase[] {
  const { timeline, recovery, steadyState, canary } = plan;
  const phases: ExpectedPhase[] = [
    { phase: 'canary', us: canary.outage_us + 4_000_000, atLeast: false },
    { phase: 'steady-state', us: steadyState.for_us, atLeast: true },
  ];
  const [first] = timeline;
  if (!first) return [...phases, { phase: 'cleanup', us: 3_000_000, atLeast: false }];
  const disaster = timeline.find((fault) => fault.disaster) ?? first;
  const written =
    (plan.timetables.reduce((sum, { rate }) => sum + rate, 0) / 2) * (steadyState.for_us + disaster.at_us);
  const readBackUs = Math.ceil(written / plan.readBack.rate / Math.max(1, streams(plan)));
  const restored =
    Math.max(...Object.values(plan.services).map(({ timeout_us }) => timeout_us)) +
    WINDOWS_THAT_HOLD * slowestWindowUs(plan);
  const held = Math.max(
    ...timeline.map(({ at_us, for_us }) => at_us + for_us - first.at_us),
    disaster.at_us - first.at_us + restored + readBackUs,
  );
  const killed = timeline.some(({ type }) => type !== 'partition-site');
  phases.push(
    { phase: 'before', us: first.at_us + plan.jitter_us, atLeast: true },
    { phase: 'during, with read-back', us: held, atLeast: true },
    { phase: 'recovery', us: killed ? START_US : NETWORK_US, atLeast: false },
    { phase: 'recovery: hints', us: recovery.hints_us, atLeast: true },
    { phase: 'recovery: read-back', us: readBackUs, atLeast: false },
  );
  if (recovery.repair)
    phases.push({ phase: 'recovery: repair, read-back', us: REPAIR_US + readBackUs, atLeast: false });
  phases.push({ phase: 'after', us: recovery.after_us, atLeast: true });
  if (recovery.failback)
    phases.push({ phase: 'failback, with read-back', us: recovery.failback_us + readBackUs, atLeast: true });
  return [...phases, { phase: 'cleanup', us: 5_000_000, atLeast: false }];
}

/** Each site and probe is read back on its own, at the plan's rate. */
function streams({ timetables }: Plan): number {
  return new Set(timetables.map(({ probe }) => probe)).size;
}
