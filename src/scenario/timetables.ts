import type { Json } from '../history/event.ts';
import { loadSettings } from '../load/settings.ts';
import type { Plan, PlannedSite, Service, Timetable } from './plan.ts';
import type { KnownProbe } from './schema.ts';

/** The words of `f` that write, of every probe (src/probes/probe.ts). */
const WRITES = ['write'];

/**
 * One timetable for each service; then one for each site of the platform and each probe and client that the services have, at its own
 * rate, with the timeout and parameters of the first service of this probe and client, which no load is. A site without the probe's component has none.
 */
export function resolveTimetables(
  services: Readonly<Record<string, Service>>,
  sites: readonly PlannedSite[],
  probes: ReadonlyMap<string, KnownProbe>,
  siteRate: number | null,
): Timetable[] {
  const ofServices = Object.entries(services).map(
    ([service, { probe, client, rate, timeout_us, params, generator }]): Timetable => {
      const made = generator && { generator };
      return { probe, service, site: '', client, rate, timeout_us, writes: WRITES, params, ...made };
    },
  );
  if (siteRate === null) return ofServices;
  const own = ofServices.filter(({ generator }) => generator === undefined);
  const pairs = new Map(own.toReversed().map((one) => [`${one.probe} ${one.client}`, one]));
  const ofSites = [...pairs.values()]
    .toReversed()
    .flatMap((one) =>
      sites
        .filter(({ endpoints }) => (endpoints[probes.get(one.probe)?.component ?? ''] ?? []).length > 0)
        .map(({ name }): Timetable => ({ ...one, service: '', site: name, rate: siteRate })),
    );
  return [...ofServices, ...ofSites];
}

/** What each driver is set to: `ledger/paris` for a service at a site, `@paris/cql.outside` for a site's own probe. */
export function resolveDrivers(
  services: Readonly<Record<string, Service>>,
  timetables: readonly Timetable[],
  sites: readonly PlannedSite[],
  probes: ReadonlyMap<string, KnownProbe>,
): Plan['drivers'] {
  const drivers: Plan['drivers'] = {};
  for (const { probe, service, site, client, timeout_us, params, generator } of timetables) {
    const reached = service === '' ? [site] : (services[service]?.sites ?? []);
    for (const name of reached) {
      const found = sites.find((one) => one.name === name);
      const type = probes.get(probe);
      if (!found || !type) throw new Error(`timetable of ${probe} at ${name}: no such probe or site`);
      const key = service === '' ? `@${name}/${probe}.${client}` : `${service}/${name}`;
      const context = { site: found, timeoutUs: timeout_us, params };
      const settings = generator === undefined ? type.settings(context) : loadSettings(probe, context);
      drivers[key] = { ...(settings as Record<string, never>) } satisfies Record<string, Json>;
    }
  }
  return drivers;
}
