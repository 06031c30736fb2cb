/** Does it last? The usual rate for a long time. RATE, DURATION. */
import type { Options } from 'k6/options';
import { numbered, optionsOf } from './lib/plan.ts';
import { seconds, whole } from './lib/settings.ts';
import { output, type SummaryData } from './lib/summary.ts';
import { operate, prepare, remove, servicesOf } from './lib/workload.ts';

const services = servicesOf();
const steps = numbered([
  { phase: 'soak', rate: whole('RATE', 200, 1, 100_000), seconds: seconds('DURATION', '1h'), judged: true },
]);

export const options: Options = optionsOf(services, steps);
export const setup = (): void => prepare(services);
export default (): void => operate(services, steps);
export const teardown = (): void => remove(services, steps);
export const handleSummary = (data: SummaryData): Record<string, string> => output('soak', services, steps, data);
