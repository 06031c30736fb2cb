import exec from 'k6/execution';
import { Counter } from 'k6/metrics';
import { graph } from './graph.ts';
import { CLEAN } from './keys.ts';
import { ledger } from './ledger.ts';
import type { PlannedStep } from './plan.ts';
import { endOf } from './plan.ts';
import type { Service } from './service.ts';
import { oneOf } from './settings.ts';

const wrongAnswers = new Counter('wrong_answers');

/** What TARGET names: the graph, the ledger, or both, in turns. For the init context. */
export function servicesOf(): readonly Service[] {
  const target = oneOf('TARGET', 'both', ['both', 'graph', 'ledger']);
  const made = { graph: () => [graph()], ledger: () => [ledger()], both: () => [graph(), ledger()] };
  return made[target]();
}

/** What this virtual user wrote last and was told so, of each service; its reads read this. */
const acknowledged = new Map<Service, number>();

/** One operation: writes and reads alternate, as the probes' do, and services in turns. A read before the first write is a write. */
export function operate(services: readonly Service[], steps: readonly PlannedStep[]): void {
  const { name, iterationInTest } = exec.scenario;
  const step = steps.find(({ phase }) => phase === name);
  if (!step) throw new Error(`no step is called ${name}`);
  const seq = step.first + iterationInTest;
  const service = services[Math.floor(seq / 2) % services.length] as Service;
  const last = acknowledged.get(service);
  if (seq % 2 === 1 && last !== undefined) {
    wrongAnswers.add(service.read(last).wrong ? 1 : 0);
    return;
  }
  if (service.write(seq).ok) acknowledged.set(service, seq);
}

/** For setup(). */
export function prepare(services: readonly Service[]): void {
  for (const service of services) service.prepare();
}

/** For teardown(): k6 reports what was thrown, and ends with another code than 0. */
export function remove(services: readonly Service[], steps: readonly PlannedStep[]): void {
  if (!CLEAN) return;
  for (const service of services) service.remove(endOf(steps));
}
