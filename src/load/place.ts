import type { PlannedSite } from '../scenario/plan.ts';

/** The component whose endpoints a probe's load goes to. */
const COMPONENT: Readonly<Record<string, string>> = { cql: 'cassandra', gremlin: 'janusgraph' };

/** A store at one site: where the load of a timetable goes (k6/drill.d.ts, `Place`). */
export interface Place {
  readonly site: string;
  readonly datacenter: string;
  readonly hosts: readonly string[];
  readonly port: number;
}

/** By address where the platform knows it: the load asks no name server of a site's own. */
export function placeOf(probe: string, { name, datacenter, endpoints }: PlannedSite): Place {
  const own = endpoints[COMPONENT[probe] ?? ''] ?? [];
  return { site: name, datacenter, hosts: own.map(({ host, address }) => address ?? host), port: own[0]?.port ?? 0 };
}
