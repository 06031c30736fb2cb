/** What `npm run bench:load` measures k6 with: a warm-up, and then RATE operations a second for DURATION, with how late each of them began. */
import { sleep } from 'k6';
import exec from 'k6/execution';
import { Counter, Trend } from 'k6/metrics';
import type { Options } from 'k6/options';
import { scenarioOf } from '../lib/plan.ts';
import { seconds, whole } from '../lib/settings.ts';

const rate = whole('RATE', 1000, 1, 100_000);
const warmUp = seconds('WARM_UP', '10s');
const duration = seconds('DURATION', '20s');
/** So long may all operations take before one cannot begin. */
const SPARE_MS = 1000;
const MEASURED = 'measured';

/** In ms, with an unknown constant in it: k6 does not say when its first operation was due. */
const late = new Trend('late');
const notOk = new Counter('not_ok');

export const options: Options = {
  scenarios: {
    'warm-up': scenarioOf({ phase: 'warm-up', rate, seconds: warmUp }, 0, SPARE_MS),
    [MEASURED]: scenarioOf({ phase: MEASURED, rate, seconds: duration }, warmUp + 3, SPARE_MS),
  },
  // A sub-metric exists in the summary only where there is a threshold.
  thresholds: { [`dropped_iterations{scenario:${MEASURED}}`]: ['count>=0'] },
  summaryTrendStats: ['count', 'min', 'med', 'p(99)'],
};

/** A number above that of every operation. */
export const END = rate * (warmUp + duration) + 1;

/** One operation; `ask` gets a number that no other has, and says whether it was answered rightly. */
export function operate(ask: (seq: number) => boolean): void {
  const atMs = exec.instance.currentTestRunDuration;
  const { name, iterationInTest } = exec.scenario;
  const measured = name === MEASURED;
  if (measured) {
    // Whoever measures this process looks at its CPU now.
    if (iterationInTest === 0) console.log('begin');
    late.add(atMs - (iterationInTest * 1000) / rate);
  }
  const ok = ask(measured ? rate * warmUp + iterationInTest : iterationInTest);
  if (measured && !ok) notOk.add(1);
}

/** For teardown(): whoever measures looks a second time when the measured time is over, which may be a little later than here. */
export const linger = (): void => sleep(2);

/** What k6 gives, as far as it is used. */
interface Data {
  readonly metrics: Readonly<Record<string, { readonly values: Readonly<Record<string, number>> } | undefined>>;
}

/** One line of JSON. Lateness counts from the most punctual operation. */
export function handleSummary({ metrics }: Data): Record<string, string> {
  const { count = 0, min = 0, med = 0, 'p(99)': p99 = 0 } = metrics.late?.values ?? {};
  const figures = {
    operations: count,
    notOk: metrics.not_ok?.values.count ?? 0,
    dropped: metrics[`dropped_iterations{scenario:${MEASURED}}`]?.values.count ?? 0,
    latenessP50Us: Math.round((med - min) * 1000),
    latenessP99Us: Math.round((p99 - min) * 1000),
  };
  return { stdout: `${JSON.stringify(figures)}\n` };
}
