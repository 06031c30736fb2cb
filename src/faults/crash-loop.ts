import { z } from 'zod';
import { durationMs, durationText } from '../scenario/values.ts';
import type { FaultType } from './fault.ts';
import { COMPONENTS, crashesOf, OUR_RESTARTER } from './processes.ts';
import { targetSite } from './target.ts';

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
    return crashesOf(fault, platform, [component], { graceMs: 0, againMs: durationMs(serves) });
  },
};
