import { z } from 'zod';
import type { FaultType } from './fault.ts';
import { COMPONENTS, endOfProcesses, oneNode, requireNode } from './processes.ts';
import { targetSite } from './target.ts';

const params = z.strictObject({
  component: z.enum(COMPONENTS).describe('Which component of the site is killed (SIGKILL).'),
  node: oneNode,
});

/** One component of a site dies at once, and stays dead until it is released: its host goes on and refuses connections. */
export const kill: FaultType = {
  type: 'kill',
  summary: 'kills a component of a site with SIGKILL; connections to it are refused',
  params,
  needs: ['processes'],
  restarts: true,
  onlyItsEndHelps: true,
  notMeasured: [
    {
      what: 'recovery by a restarter of the platform',
      why: 'nothing restarts the process here before the fault is released; the harness starts it',
    },
  ],
  bind(fault, platform) {
    const { component, node } = params.parse(fault.params);
    targetSite(fault, platform);
    requireNode(fault, platform, component, node);
    return endOfProcesses(fault, platform, [component], 0, node);
  },
};
