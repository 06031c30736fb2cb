import { z } from 'zod';
import type { FaultType } from './fault.ts';
import { GRACE_MS, OUR_RESTARTER, oneOrAll, repeated, struck } from './processes.ts';
import { ability } from './target.ts';

const params = z.strictObject({
  component: oneOrAll('Which component of the site is restarted, all its nodes at once; or every one of them.'),
  mode: z
    .enum(['graceful', 'abrupt'])
    .default('graceful')
    .describe('graceful: SIGTERM, and SIGKILL after 30 s; abrupt: SIGKILL.'),
});

/** Processes end and are started again at once. In force until it is released, however soon they serve again. */
export const restart: FaultType = {
  type: 'restart',
  summary: 'processes of a site end, graceful or abrupt, and are started again at once',
  params,
  needs: ['processes', 'restarts'],
  restarts: true,
  notMeasured: [OUR_RESTARTER],
  bind(fault, platform) {
    const { component, mode } = params.parse(fault.params);
    const graceMs = mode === 'graceful' ? GRACE_MS : 0;
    const restarts = ability(fault, platform, 'restarts');
    return repeated(fault, platform, struck(fault, platform, component), 'died', {
      inject: (target, signal) => restarts.restart(fault.id, target, graceMs, signal),
      observe: (signal) => restarts.observe(signal),
    });
  },
};
