import { everyService } from './every-service.ts';
import type { Objective, Service } from './plan.ts';
import { QUANTILE_KEYS, QUANTILES } from './rules.ts';
import type { Scenario, ServiceObjectives } from './schema.ts';

/**
 * What is judged, in a fixed order: `rto/ledger`, `rpo` (all services together), `rpo/ledger` (a service's own), `p95/ledger/after`,
 * `availability/ledger`, `throughput/after` (all the load together). What a service states for itself stands in the place of what is stated for all; only an `rpo` stands beside it.
 */
export function resolveObjectives(scenario: Pick<Scenario, 'objectives' | 'services' | 'load'>): Objective[] {
  const { objectives } = scenario;
  const names = everyService(scenario).map(({ name }) => name);
  const resolved: Objective[] = [];
  for (const service of names) {
    const { rto } = stated(objectives, service);
    if (rto) resolved.push({ id: `rto/${service}`, metric: 'rto', service, ...rto });
  }
  if (objectives.rpo) resolved.push({ id: 'rpo', metric: 'rpo', service: null, ...objectives.rpo });
  for (const service of names) {
    const own = objectives.services[service]?.rpo;
    if (own) resolved.push({ id: `rpo/${service}`, metric: 'rpo', service, ...own });
  }
  for (const service of names) resolved.push(...latencies(service, stated(objectives, service)));
  for (const service of names) {
    const { availability } = stated(objectives, service);
    if (!availability) continue;
    const { target, over } = availability;
    resolved.push({ id: `availability/${service}`, metric: 'availability', service, target, over_us: over });
  }
  return [...resolved, ...throughputs(objectives)];
}

/**
 * What a service's windows must meet beside success: its p95 objective, or where it has none the highest quantile that it has; of several
 * phases the strictest bound. Null: it has none.
 */
export function windowLatency(objectives: readonly Objective[], service: string): Service['latency'] {
  const own = objectives.filter((one) => one.metric === 'latency').filter((one) => one.service === service);
  const quantile = own.some((one) => one.quantile === QUANTILES.p95)
    ? QUANTILES.p95
    : Math.max(...own.map((one) => one.quantile));
  const [strictest] = own
    .filter((one) => one.quantile === quantile)
    .sort((a, b) => a.target_us - b.target_us || a.op.length - b.op.length);
  return strictest ? { quantile, op: strictest.op, target_us: strictest.target_us } : null;
}

function stated({ services, throughput: _, ...all }: Scenario['objectives'], service: string): ServiceObjectives {
  const own = Object.entries(services[service] ?? {}).filter(([, value]) => value !== undefined);
  return { ...all, ...Object.fromEntries(own) };
}

function throughputs({ throughput }: Scenario['objectives']): Objective[] {
  if (!throughput) return [];
  return [...new Set([throughput.phase].flat())].map((phase): Objective => {
    return { id: `throughput/${phase}`, metric: 'throughput', service: null, phase, ...throughput.target };
  });
}

function latencies(service: string, objectives: ServiceObjectives): Objective[] {
  return QUANTILE_KEYS.flatMap((key) => {
    const one = objectives[key];
    if (!one) return [];
    return [...new Set([one.phase].flat())].map((phase): Objective => {
      return {
        id: `${key}/${service}/${phase}`,
        metric: 'latency',
        service,
        quantile: QUANTILES[key],
        phase,
        ...one.target,
      };
    });
  });
}
