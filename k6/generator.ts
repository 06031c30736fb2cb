/** The load of a scenario: started by the harness, which says on standard input what to do (src/load). Nothing here decides when, where or how often. */
import exec from 'k6/execution';
import type { Options, Scenario } from 'k6/options';
import drill, { type Lane, type Operation } from 'k6/x/drill';
import type { AtSite, Ended } from './lib/at-site.ts';
import { storesOf } from './lib/stores.ts';
import { warmUp } from './lib/warm-up.ts';

const config = drill.config();
const lanes = config.lanes.map((lane) => ({ lane, stores: storesOf(lane) }));

/** Operations wait so long for their instant; k6 starts them that much earlier. */
const AHEAD_S = 0.5;
/** The harness ends it. */
const FOREVER = '168h';

/** As many users as operations may be under way, or wait for their instant: one more is shed before k6 could drop it. */
function scenarioOf({ rate }: Lane): Scenario {
  const users = config.inFlight + Math.ceil(rate * AHEAD_S) + 10;
  return {
    ...{ executor: 'constant-arrival-rate', rate, timeUnit: '1s', duration: FOREVER },
    ...{ preAllocatedVUs: users, maxVUs: users, gracefulStop: '1s' },
  };
}

export const options: Options = {
  scenarios: Object.fromEntries(config.lanes.map((lane, position) => [String(position), scenarioOf(lane)])),
  setupTimeout: FOREVER,
  tags: { run: config.run },
};

export function setup(): void {
  try {
    for (const { lane, stores } of lanes) {
      for (const [n, store] of stores.entries()) warmUp(store, config, lane, lane.sites[n] as string);
    }
  } catch (error) {
    drill.failed(error instanceof Error ? error.message : String(error));
    throw error;
  }
  drill.ready();
}

export default function operate(): void {
  const operation = drill.begin();
  if (operation === null) {
    if (drill.over()) exec.test.abort('the harness ended the run');
    return;
  }
  tagPhase();
  const { stores } = lanes[operation.lane] as { stores: readonly AtSite[] };
  while (operation.next()) {
    const { outcome, error, sum } = attempt(stores[operation.site] as AtSite, operation);
    operation.end(outcome, error, sum);
  }
}

let tagged = '';

/** The harness's phase, on every metric of this virtual user from here on. */
function tagPhase(): void {
  const phase = drill.phase();
  if (phase === tagged) return;
  tagged = phase;
  exec.vu.metrics.tags.phase = phase;
}

/** A defect of ours is no answer of the platform, and no reason to leave the operation open. */
function attempt(store: AtSite, { writes, key, seq }: Operation): Ended {
  try {
    return writes ? store.write(key, seq) : store.read(key, seq);
  } catch (error) {
    console.error(`defect: ${error}`);
    return { outcome: writes ? 'info' : 'fail', error: 'defect', sum: '' };
  }
}

interface Summary {
  readonly metrics: Readonly<Record<string, { readonly values: Readonly<Record<string, number>> }>>;
}

export function handleSummary({ metrics }: Summary): Record<string, string> {
  drill.ended(metrics.dropped_iterations?.values.count ?? 0);
  return {};
}
