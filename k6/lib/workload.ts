import exec from 'k6/execution';
import { Counter } from 'k6/metrics';
import { graph } from './graph.ts';
import { CLEAN } from './keys.ts';
import { ledger } from './ledger.ts';
import type { PlannedStep } from './plan.ts';
import { endOf, RUNNERS } from './plan.ts';
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
  const { name, iterationInTest, iterationInInstance } = exec.scenario;
  const step = steps.find(({ phase }) => phase === name);
  if (!step) throw new Error(`no step is called ${name}`);
  const seq = step.first + iterationInTest;
  // Of several runners each has every so-maniest number: it is its own turns that alternate.
  const turn = step.first + iterationInInstance;
  const service = services[Math.floor(turn / 2) % services.length] as Service;
  const last = acknowledged.get(service);
  if (turn % 2 === 1 && last !== undefined) {
    wrongAnswers.add(service.read(last).wrong ? 1 : 0);
    return;
  }
  if (service.write(seq).ok) acknowledged.set(service, seq);
}

/** Each runner calls setup(): only one of them may make the schema, before. */
const MAKE = oneOf('MAKE', RUNNERS > 1 ? 'no' : 'yes', ['yes', 'no']) === 'yes';

/** For setup(). */
export function prepare(services: readonly Service[]): void {
  for (const service of services) service.prepare(MAKE);
}

/** For teardown(): k6 reports what was thrown, and ends with another code than 0. */
export function remove(services: readonly Service[], steps: readonly PlannedStep[]): void {
  // Each runner calls teardown() when it has ended, and others may not have.
  if (!CLEAN || RUNNERS > 1) return;
  for (const service of services) service.remove(endOf(steps));
}
