import { type Plan, planSchema } from '../../../src/scenario/plan.ts';

type Overrides = { readonly [K in keyof Plan]?: Partial<Plan[K]> };

/** One service `ledger` over two sites, one site loss: small numbers, so that windows matter. */
const BASE: Plan = {
  schema: 'drill/plan/1',
  scenario: {
    name: 'hand-written',
    title: 'A history written by hand',
    tier: null,
    hypothesis: 'The checker says what measurement.md says.',
    tags: [],
    dora: null,
    sha256: '0'.repeat(64),
  },
  platform: {
    name: 'fake',
    environment: 'laboratory',
    sites: [
      { name: 'paris', datacenter: 'paris', endpoints: {} },
      { name: 'london', datacenter: 'london', endpoints: {} },
    ],
    nodesPerSite: 1,
    replicationFactor: 1,
    versions: {},
    tuning: {},
    abilities: [],
  },
  settings: { downAfter: 3, upAfter: 5, floor: 0.95, sustain_us: 2_000_000, windowOperations: 10 },
  services: {},
  timetables: [],
  failover: { after: 5, retry_us: 1_000_000, halfOpen: 1, failback: 'operator' },
  retry: null,
  steadyState: { for_us: 5_000_000, within_us: 60_000_000 },
  seed: null,
  timeline: [],
  recovery: {
    within_us: 60_000_000,
    repair: true,
    hints_us: 1_000_000,
    after_us: 5_000_000,
    failback: false,
    failback_us: 1_000_000,
  },
  readBack: { rate: 1000, within_us: 60_000_000, attempts: 3, infoSettle_us: 0 },
  integrity: { scan: false },
  canary: { rate: 100, outage_us: 300_000, deleted: 2 },
  objectives: [],
  drivers: {},
  notMeasured: [],
  detectors: { health: null, driver: false, nodetool: null },
  promises: { detection_us: null, normal_us: null },
  stop: { downtime_us: null, otherSite_us: 30_000_000 },
  guard: { lastSite: false },
  jitter_us: 0,
};

/** A whole plan; members of `overrides` replace those of the base, one level deep. */
export function planOf(overrides: Overrides = {}): Plan {
  const plan: Record<string, unknown> = { ...BASE };
  for (const [name, value] of Object.entries(overrides)) {
    const base = plan[name];
    const deep = typeof base === 'object' && base !== null && !Array.isArray(base) && !Array.isArray(value);
    plan[name] = deep ? { ...base, ...(value as object) } : value;
  }
  return planSchema.parse(plan);
}

/** A planned fault of `site-loss` in Paris. */
export function plannedFault(id: string, disaster: boolean): Plan['timeline'][number] {
  return { id, type: 'site-loss', site: 'paris', disaster, at_us: 0, for_us: 0, params: {} };
}
