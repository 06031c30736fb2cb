import type { ProbeContext } from '../probes/probe.ts';
import { describeSecurity } from '../probes/security.ts';
import { placeOf } from './place.ts';

/** What k6's clients are set to (k6/ext: the defaults of connect(), and what k6/lib/stores.ts gives), as it stands in plan.json. */
export function loadSettings(probe: string, context: Omit<ProbeContext, 'run'>): Readonly<Record<string, unknown>> {
  const { site, timeoutUs, params } = context;
  const { hosts, port } = placeOf(probe, site);
  const common = {
    generator: 'k6 1.8.1, open loop (constant arrival rate)',
    contactPoints: hosts.map((host) => `${host}:${port}`),
    timeoutMs: timeoutUs / 1000,
    connectTimeoutMs: 500,
    greetTimeoutMs: 2_000,
    evictedAfterTimeouts: 8,
    retryPolicy: 'none',
    ...describeSecurity(params),
  };
  if (probe === 'cql') {
    return {
      driver: 'cassandra-gocql-driver 2.1.2',
      ...common,
      localDataCenter: site.datacenter,
      consistency: String(params.consistency),
      connections: '2 to each node',
      speculativeExecution: 'none',
      loadBalancing: 'the site’s datacenter only',
    };
  }
  return {
    driver: 'own, over gorilla/websocket 1.5.3 (GraphSON)',
    ...common,
    traversalSource: String(params.traversalSource),
    connections: '4, requests pipelined',
    pingedAfterSilenceMs: 500,
  };
}
