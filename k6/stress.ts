/** Where is the knee? Ever higher rates; the summary names the last that held and the first that did not. RATE, STEP, STEPS, DURATION of each. */
import type { Options } from 'k6/options';
import { numbered, optionsOf } from './lib/plan.ts';
import { seconds, whole } from './lib/settings.ts';
import { output, type SummaryData } from './lib/summary.ts';
import { operate, prepare, remove, servicesOf } from './lib/workload.ts';

const services = servicesOf();
const rate = whole('RATE', 200, 1, 100_000);
const step = whole('STEP', rate, 1, 100_000);
const steps = numbered(
  Array.from({ length: whole('STEPS', 8, 2, 100) }, (_, n) => ({
    phase: `rate-${rate + n * step}`,
    rate: rate + n * step,
    seconds: seconds('DURATION', '20s'),
    judged: false,
  })),
);

export const options: Options = optionsOf(services, steps);
export const setup = (): void => prepare(services);
export default (): void => operate(services, steps);
export const teardown = (): void => remove(services, steps);
export const handleSummary = (data: SummaryData): Record<string, string> => output('stress', services, steps, data);
