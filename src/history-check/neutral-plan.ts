import { InputError, messageOf } from '../errors.ts';
import { type Plan, planSchema } from '../scenario/plan.ts';

/** What no history was made with: it claims nothing, and is overridden by whatever is known. Settings are those of measurement.md. */
const NEUTRAL: Plan = {
  schema: 'drill/plan/1',
  scenario: { name: '', title: '', tier: null, hypothesis: '', tags: [], dora: null, sha256: '' },
  platform: {
    name: 'not said',
    environment: 'not said',
    sites: [],
    nodesPerSite: 1,
    replicationFactor: 1,
    versions: {},
    tuning: {},
    abilities: [],
  },
  settings: { downAfter: 3, upAfter: 10, floor: 0.95, sustain_us: 30_000_000, windowOperations: 200 },
  services: {},
  timetables: [],
  failover: { after: 5, retry_us: 1_000_000, halfOpen: 1, failback: 'operator' },
  retry: null,
  steadyState: { for_us: 0, within_us: 60_000_000 },
  seed: null,
  timeline: [],
  backups: [],
  recovery: { within_us: 60_000_000, repair: true, hints_us: 0, after_us: 0, failback: false, failback_us: 0 },
  readBack: { rate: 1000, within_us: 60_000_000, attempts: 1, infoSettle_us: 0 },
  integrity: { scan: false },
  canary: { rate: 100, outage_us: 300_000, deleted: 2 },
  objectives: [],
  drivers: {},
  notMeasured: [],
  detectors: { health: null, driver: false, nodetool: null },
  promises: { detection_us: null, normal_us: null, backup_us: null, restore_us: null },
  stop: { downtime_us: null, otherSite_us: 30_000_000 },
  guard: { lastSite: false },
  jitter_us: 0,
};

/** Members of the first level without which nothing can be judged. */
const NEEDED = ['scenario', 'services', 'timetables', 'timeline', 'objectives'] as const;

/** A whole plan of a part: members given replace the neutral ones, one level deep. An InputError for what is missing, or no plan's. */
export function planFrom(given: { readonly [K in keyof Plan]?: unknown }): Plan {
  const missing = NEEDED.filter((name) => given[name] === undefined);
  if (missing.length > 0) throw new InputError(`the plan has no ${missing.join(', ')}`);
  const merged = Object.entries({ ...NEUTRAL, ...given }).map(([name, value]) => {
    const neutral = NEUTRAL[name as keyof Plan];
    return [name, isRecord(neutral) && isRecord(value) ? { ...neutral, ...value } : value];
  });
  try {
    return planSchema.parse(Object.fromEntries(merged));
  } catch (error) {
    throw new InputError(`the plan is none: ${messageOf(error).slice(0, 500)}`, {
      cause: error,
      hint: 'schema/plan.json says what each member is',
    });
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
