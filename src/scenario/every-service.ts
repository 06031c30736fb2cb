import type { Path } from './problem.ts';
import type { Scenario } from './schema.ts';

type ScenarioService = Scenario['services'][string];

interface NamedService {
  readonly name: string;
  /** Where it stands in the file. */
  readonly path: Path;
  readonly service: ScenarioService;
  /** Who makes its operations; absent: the harness's own clients. */
  readonly generator?: 'k6';
}

/** The services of a scenario, and its load, which are services as well, made by k6: in the order of the file, services first. */
export function everyService({ services, load }: Pick<Scenario, 'services' | 'load'>): readonly NamedService[] {
  return [
    ...Object.entries(services).map(([name, service]) => ({ name, path: ['services', name], service })),
    ...Object.entries(load).map(([name, service]) => ({
      name,
      path: ['load', name],
      service,
      generator: 'k6' as const,
    })),
  ];
}

/** Operations of all the load together, a second. */
export function loadRate({ load }: Pick<Scenario, 'load'>): number {
  return Object.values(load).reduce((sum, { rate }) => sum + rate, 0);
}

/** The scenario with so many operations of load a second, each of its services in its share, at least one; null: as it stands. */
export function withLoadRate(scenario: Scenario, rate: number | null): Scenario {
  const all = loadRate(scenario);
  if (rate === null || all === 0) return scenario;
  const scaled = Object.entries(scenario.load).map(([name, one]) => {
    return [name, { ...one, rate: Math.max(1, Math.round((one.rate * rate) / all)) }] as const;
  });
  return { ...scenario, load: Object.fromEntries(scaled) };
}
