import type { Options, Scenario, Threshold } from 'k6/options';
import type { Service } from './service.ts';
import { whole } from './settings.ts';

/** A stretch of time at one rate. Operations start at their time, whatever became of those before (open loop). */
export interface Step {
  /** The tag `phase`. */
  readonly phase: string;
  /** Operations a second. */
  readonly rate: number;
  readonly seconds: number;
  /** Whether it decides the exit code; else it is measured only. */
  readonly judged: boolean;
}

/** A step, and the number of its first operation in the whole run. */
export interface PlannedStep extends Step {
  readonly first: number;
  readonly operations: number;
}

/** What a step is judged by. */
export const LIMITS = {
  /** P95 of what was acknowledged, in ms. */
  p95Ms: whole('P95_MS', 100, 1, 60_000),
  /** Of what is scheduled, this share must be acknowledged: 1000 of 1050 a second. */
  floor: 1000 / 1050,
  failedRate: 0.01,
  /** Of what is scheduled; k6 had no virtual user to start it with. */
  droppedShare: 0.01,
} as const;

/** Processes that share the load, each an equal segment of it: k6 judges each of them alone. */
export const RUNNERS = whole('RUNNERS', 1, 1, 1000);

export function numbered(steps: readonly Step[]): readonly PlannedStep[] {
  let next = 0;
  return steps.map((step) => {
    const operations = step.rate * step.seconds;
    const first = next;
    next = first + operations + 1;
    return { ...step, first, operations };
  });
}

/** A number above that of every operation. */
export function endOf(steps: readonly PlannedStep[]): number {
  return Math.max(...steps.map(({ first, operations }) => first + operations + 1));
}

export function optionsOf(services: readonly Service[], steps: readonly PlannedStep[]): Options {
  const timeoutMs = Math.max(...services.map((service) => service.timeoutMs));
  const scenarios: Record<string, Scenario> = {};
  let startS = 0;
  for (const step of steps) {
    scenarios[step.phase] = scenarioOf(step, startS, timeoutMs);
    // What is still under way has ended before the next step: its users are free, and its latency is not the next one's.
    startS += step.seconds + Math.ceil(graceMs(timeoutMs) / 1000);
  }
  return {
    scenarios,
    thresholds: Object.assign({}, ...steps.map((step) => thresholdsOf(services, step))),
    summaryTrendStats: ['count', 'min', 'med', 'p(95)', 'p(99)', 'max'],
    setupTimeout: '3m',
    teardownTimeout: '1h',
    tags: { run: __ENV.RUN_ID || 'k6' },
  };
}

const graceMs = (timeoutMs: number): number => timeoutMs + 1000;

/** One step as k6 runs it, from `startS` on, with users enough for operations that all take `timeoutMs` (VUS). */
export function scenarioOf(
  { phase, rate, seconds }: Omit<Step, 'judged'>,
  startS: number,
  timeoutMs: number,
): Scenario {
  // When nothing is answered, each operation holds a user for as long as its timeout.
  const users = whole('VUS', Math.max(1, Math.ceil((rate * timeoutMs) / 1000)), 1, 100_000);
  return {
    executor: 'constant-arrival-rate',
    rate,
    timeUnit: '1s',
    duration: `${seconds}s`,
    startTime: `${startS}s`,
    preAllocatedVUs: users,
    maxVUs: users,
    gracefulStop: `${graceMs(timeoutMs)}ms`,
    tags: { phase },
  };
}

/** Of what k6 itself emits, which knows the scenario and not its tags. */
export function droppedOf({ phase }: Step): string {
  return `dropped_iterations{scenario:${phase}}`;
}

/** Fast failures would make every percentile look good: durations are those of successes, with a floor on their count. */
function thresholdsOf(services: readonly Service[], step: PlannedStep): Record<string, Threshold[]> {
  const { phase, judged } = step;
  const operations = step.operations / RUNNERS;
  const limits: Record<string, Threshold[]> = {
    // Sub-metrics exist in the summary only where there is a threshold: one that always holds measures without judging.
    [droppedOf(step)]: [judged ? `count<=${operations * LIMITS.droppedShare}` : 'count>=0'],
    [`wrong_answers{phase:${phase}}`]: ['count<1'],
  };
  for (const { metric } of services) {
    const share = operations / services.length;
    limits[`${metric}_req_duration{phase:${phase},outcome:ok}`] = [judged ? `p(95)<${LIMITS.p95Ms}` : 'max>=0'];
    limits[`${metric}_reqs{phase:${phase},outcome:ok}`] = [
      judged ? `count>=${Math.floor(share * LIMITS.floor)}` : 'count>=0',
    ];
    limits[`${metric}_req_failed{phase:${phase}}`] = [judged ? `rate<${LIMITS.failedRate}` : 'rate>=0'];
  }
  return limits;
}
