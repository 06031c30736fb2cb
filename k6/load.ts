/** 1000 transactions a second: 1050 are scheduled, and 1000 must be acknowledged. WARM_UP, RATE, DURATION. */
import type { Options } from 'k6/options';
import { numbered, optionsOf } from './lib/plan.ts';
import { seconds, whole } from './lib/settings.ts';
import { output, type SummaryData } from './lib/summary.ts';
import { operate, prepare, remove, servicesOf } from './lib/workload.ts';

const services = servicesOf();
const rate = whole('RATE', 1050, 1, 100_000);
const steps = numbered([
  { phase: 'warm-up', rate, seconds: seconds('WARM_UP', '10s'), judged: false },
  { phase: 'load', rate, seconds: seconds('DURATION', '60s'), judged: true },
]);

export const options: Options = optionsOf(services, steps);
export const setup = (): void => prepare(services);
export default (): void => operate(services, steps);
export const teardown = (): void => remove(services, steps);
export const handleSummary = (data: SummaryData): Record<string, string> => output('load', services, steps, data);
