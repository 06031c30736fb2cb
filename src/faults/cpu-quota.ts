import { z } from 'zod';
import type { CpuState } from '../platform/lasting.ts';
import type { FaultType } from './fault.ts';
import { oneNode, oneOrAll, requireNode, struck, underLimit } from './processes.ts';
import { ability } from './target.ts';

const params = z.strictObject({
  cores: z
    .number()
    .min(0.01)
    .max(64)
    .default(0.2)
    .describe('What each process gets, all its threads together: 0.2 is 20 ms of every 100 ms (200m of Kubernetes).'),
  component: oneOrAll('Which component of the site has the quota, all its nodes; or every one of them.'),
  node: oneNode,
});

/** A quota of the kernel on the processor time of a site's processes (cgroup, CFS bandwidth control): what a limit of a container that is too low does. */
export const cpuQuota: FaultType = {
  type: 'cpu-quota',
  summary: 'processes of a site get only so much of a core, by a quota of the kernel, as a container with a limit',
  params,
  needs: ['cpu', 'processes'],
  restarts: false,
  notMeasured: [
    {
      what: 'a host whose processors others take',
      why: 'each process has a quota of its own here; what the kernel does for want of processors is something else',
    },
  ],
  bind(fault, platform) {
    const { cores, component, node } = params.parse(fault.params);
    const components = struck(fault, platform, component);
    for (const one of components) requireNode(fault, platform, one, node);
    const cpu = ability(fault, platform, 'cpu');
    const target = { site: fault.site, components, ...(node !== undefined && { node }) };
    return underLimit(fault, platform, {
      target,
      undo: [
        { kind: 'cpu', params: { id: fault.id } },
        { kind: 'processes', params: target },
      ],
      limit: (signal) => cpu.limit(fault.id, target, cores, signal),
      observe: (signal) => cpu.observe(signal),
      describe,
      isLimited: (one) => one.cores !== null,
      isMet: ({ throttled }) => throttled > 0,
    });
  },
};

/** Such as `cassandra/0 0.2 of a core, made to wait in 97 of 103 turns, 41.2 s on all processors`. */
function describe({ component, node, cores, periods, throttled, throttledUs }: CpuState): string {
  if (cores === null) return `${component}/${node} no quota`;
  const waited = `made to wait in ${throttled} of ${periods} turns, ${(throttledUs / 1e6).toFixed(1)} s on all processors`;
  return `${component}/${node} ${cores} of a core, ${waited}`;
}
