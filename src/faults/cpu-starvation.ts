import { z } from 'zod';
import { percentageText, ratioOf } from '../scenario/values.ts';
import type { FaultType } from './fault.ts';
import { oneOrAll, repeated, struck } from './processes.ts';
import { ability } from './target.ts';

const params = z.strictObject({
  share: percentageText().describe('Of the time in which it is let run at all: 10%.'),
  component: oneOrAll('Which component of the site is starved, all its nodes; or every one of them.'),
});

/** Processes that are let run only now and then: stopped and continued every 100 ms (SIGSTOP, SIGCONT), which is what an ordinary user can do. */
export const cpuStarvation: FaultType = {
  type: 'cpu-starvation',
  summary: 'processes of a site are let run only a share of the time, in turns of 100 ms',
  params,
  needs: ['processes', 'loops'],
  restarts: false,
  notMeasured: [
    {
      what: 'a quota of the kernel (cgroup)',
      why: 'here a process is stopped and continued in turn, all its threads at once; the fault cpu-quota is one',
    },
  ],
  bind(fault, platform) {
    const { share, component } = params.parse(fault.params);
    const loops = ability(fault, platform, 'loops');
    return repeated(fault, platform, struck(fault, platform, component), 'was stopped', {
      inject: (target, signal) => loops.starve(fault.id, target, ratioOf(share), signal),
      observe: (signal) => loops.observe(signal),
    });
  },
};
