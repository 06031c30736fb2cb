/** Does it come back? The usual rate, a peak, and the usual rate again; the peak itself is not judged. RATE, PEAK, DURATION of each, SETTLE. */
import type { Options } from 'k6/options';
import { numbered, optionsOf } from './lib/plan.ts';
import { seconds, whole } from './lib/settings.ts';
import { output, type SummaryData } from './lib/summary.ts';
import { operate, prepare, remove, servicesOf } from './lib/workload.ts';

const services = servicesOf();
const rate = whole('RATE', 200, 1, 100_000);
const each = seconds('DURATION', '20s');
const steps = numbered([
  { phase: 'usual', rate, seconds: each, judged: true },
  { phase: 'peak', rate: whole('PEAK', 5 * rate, 1, 100_000), seconds: each, judged: false },
  { phase: 'settling', rate, seconds: seconds('SETTLE', '10s'), judged: false },
  { phase: 'after', rate, seconds: each, judged: true },
]);

export const options: Options = optionsOf(services, steps);
export const setup = (): void => prepare(services);
export default (): void => operate(services, steps);
export const teardown = (): void => remove(services, steps);
export const handleSummary = (data: SummaryData): Record<string, string> => output('spike', services, steps, data);
