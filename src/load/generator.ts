import { fileURLToPath } from 'node:url';
import type { ClientEvent } from '../client/protocol.ts';
import { type ClientHandle, clientOf } from '../client/spawn.ts';
import type { Plan, PlannedSite, Timetable } from '../scenario/plan.ts';
import { type Place, placeOf } from './place.ts';

const SCRIPT = fileURLToPath(new URL('../../k6/generator.ts', import.meta.url));
/** k6 downloads nothing and reports nothing to anybody. */
const QUIET = { K6_AUTO_EXTENSION_RESOLUTION: 'false', K6_NO_USAGE_REPORT: 'true' };

/** What k6 is told first (k6/ext/drill/config.go, k6/drill.d.ts). */
interface GeneratorConfig {
  readonly run: string;
  readonly originNs: string;
  readonly client: string;
  readonly lanes: readonly (Pick<Timetable, 'probe' | 'service' | 'rate' | 'timeout_us' | 'params'> & {
    readonly sites: readonly string[];
    readonly places: readonly Place[];
  })[];
  readonly failover: Plan['failover'];
  readonly retry: Plan['retry'];
  readonly inFlight: number;
}

export interface GeneratorOptions {
  /** Words before a command that put it where the clients are. */
  readonly place: readonly string[];
  /** k6 with our extensions. */
  readonly binary: string;
  readonly plan: Plan;
  readonly run: string;
  readonly originNs: string;
  readonly client: string;
  /** Those of this client that k6 makes. */
  readonly timetables: readonly Timetable[];
  /** Operations in flight, each timetable; one more is `shed`. */
  readonly inFlight: number;
  readonly onRows: (rows: string) => void;
  readonly onEvent: (event: ClientEvent) => void;
}

/**
 * k6 as a client process: it says and obeys what `protocol.ts` has (but for `gate`), at the harness's instants, on the harness's clock, with the
 * harness's failover; its rows come on file descriptor 4.
 */
export function spawnGenerator(options: GeneratorOptions): ClientHandle {
  const { place, binary, client, onRows, onEvent } = options;
  const words = [...place, binary, 'run', '--quiet', '--no-color', '--address', '', SCRIPT];
  const env = { ...process.env, ...QUIET };
  const name = `k6 (${client})`;
  return clientOf(client, { words, name, env, onRows, rowsAt: 4 }, configOf(options), onEvent);
}

function configOf({ plan, run, originNs, client, timetables, inFlight }: GeneratorOptions): GeneratorConfig {
  const { services, failover, retry } = plan;
  const lanes = timetables.map(({ probe, service, rate, timeout_us, params }) => {
    const sites = services[service]?.sites ?? [];
    const places = sites.map((name) => placeOf(probe, siteOf(plan, name)));
    return { probe, service, rate, timeout_us, params, sites, places };
  });
  return { run, originNs, client, lanes, failover, retry, inFlight };
}

function siteOf({ platform }: Plan, name: string): PlannedSite {
  return platform.sites.find((one) => one.name === name) as PlannedSite;
}
