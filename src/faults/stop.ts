import { z } from 'zod';
import type { FaultType } from './fault.ts';
import { COMPONENTS, endOfProcesses, GRACE_MS } from './processes.ts';
import { targetSite } from './target.ts';

const params = z.strictObject({
  component: z.enum(COMPONENTS).describe('Which component of the site is told to end, all its nodes.'),
});

/** One component of a site is shut down in good order, as by `kubectl delete pod`, and stays down until it is released. */
export const stop: FaultType = {
  type: 'stop',
  summary: 'a component of a site is told to end (SIGTERM, SIGKILL after 30 s); connections to it are refused',
  params,
  needs: ['processes'],
  restarts: true,
  onlyItsEndHelps: true,
  notMeasured: [],
  bind(fault, platform) {
    const { component } = params.parse(fault.params);
    targetSite(fault, platform);
    return endOfProcesses(fault, platform, [component], GRACE_MS);
  },
};
