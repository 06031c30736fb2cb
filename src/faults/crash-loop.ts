import { z } from 'zod';
import { durationMs, durationText } from '../scenario/values.ts';
import type { FaultType } from './fault.ts';
import { COMPONENTS, OUR_RESTARTER, repeated } from './processes.ts';
import { ability, targetSite } from './target.ts';

const params = z.strictObject({
  component: z.enum(COMPONENTS).describe('Which component of the site crashes, all its nodes, each for itself.'),
  serves: durationText().default('5s').describe('How long it serves before it dies again.'),
});

/** A component dies (SIGKILL), is started at once, serves a while, and dies again, until it is released. */
export const crashLoop: FaultType = {
  type: 'crash-loop',
  summary: 'a component of a site dies over and over: killed, started at once, killed again after it served a while',
  params,
  needs: ['processes', 'loops'],
  restarts: true,
  notMeasured: [OUR_RESTARTER],
  bind(fault, platform) {
    const { component, serves } = params.parse(fault.params);
    targetSite(fault, platform);
    const loops = ability(fault, platform, 'loops');
    const how = { graceMs: 0, againMs: durationMs(serves) };
    return repeated(fault, platform, [component], 'died', {
      inject: (target, signal) => loops.crash(fault.id, target, how, signal),
      observe: (signal) => loops.observe(signal),
    });
  },
};
