import type { PlannedSite } from '../scenario/plan.ts';
import type { ProbeContext } from './probe.ts';

/** For tests: a site whose OpenSearch has nodes at these ports of loopback. */
export function contextAt(ports: readonly number[], timeoutMs = 300): ProbeContext {
  const opensearch = ports.map((port) => ({ host: '127.0.0.1', port }));
  const site: PlannedSite = { name: 'paris', datacenter: 'paris-dc', endpoints: { opensearch } };
  return { run: 'r1', site, timeoutUs: timeoutMs * 1_000, params: {} };
}
