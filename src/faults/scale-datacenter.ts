import { z } from 'zod';
import type { FaultType } from './fault.ts';
import { endOfProcesses, GRACE_MS } from './processes.ts';
import { componentsOf, targetSite } from './target.ts';

const params = z.strictObject({
  mode: z
    .enum(['graceful', 'abrupt'])
    .default('graceful')
    .describe(
      'graceful: SIGTERM, so that Cassandra drains, and SIGKILL after 30 s, as Kubernetes does; abrupt: SIGKILL.',
    ),
});

/** All database processes of a site go to zero, as a StatefulSet scaled to zero: the network stays, and refuses. */
export const scaleDatacenter: FaultType = {
  type: 'scale-datacenter',
  summary: 'all database processes of a site to zero, graceful or abrupt; connections are refused',
  params,
  needs: ['processes'],
  restarts: true,
  onlyItsEndHelps: true,
  notMeasured: [],
  bind(fault, platform) {
    const { mode } = params.parse(fault.params);
    const site = targetSite(fault, platform);
    return endOfProcesses(fault, platform, componentsOf(site), mode === 'graceful' ? GRACE_MS : 0);
  },
};
