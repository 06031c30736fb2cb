import { planFrom } from '../../../src/history-check/neutral-plan.ts';
import type { Plan } from '../../../src/scenario/plan.ts';

type Overrides = { readonly [K in keyof Plan]?: Partial<Plan[K]> };

/** One service `ledger` over two sites, one site loss: small numbers, so that windows matter. */
const BASE = {
  scenario: {
    name: 'hand-written',
    title: 'A history written by hand',
    hypothesis: 'The checker says what measurement.md says.',
    sha256: '0'.repeat(64),
  },
  platform: {
    name: 'fake',
    environment: 'laboratory',
    sites: [
      { name: 'paris', datacenter: 'paris', endpoints: {} },
      { name: 'london', datacenter: 'london', endpoints: {} },
    ],
  },
  settings: { downAfter: 3, upAfter: 5, floor: 0.95, sustain_us: 2_000_000, windowOperations: 10 },
  services: {},
  timetables: [],
  timeline: [],
  objectives: [],
};

/** A whole plan; members of `overrides` replace those of the base. */
export function planOf(overrides: Overrides = {}): Plan {
  return planFrom({ ...BASE, ...overrides });
}

/** A planned fault of `site-loss` in Paris. */
export function plannedFault(id: string, disaster: boolean): Plan['timeline'][number] {
  return { id, type: 'site-loss', site: 'paris', disaster, at_us: 0, for_us: 0, params: {} };
}
