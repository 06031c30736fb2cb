import { z } from 'zod';
import type { FaultType } from './fault.ts';
import { oneOrAll, stateOf, struck } from './processes.ts';
import { ability, describeProcesses, processesOf } from './target.ts';

const params = z.strictObject({
  component: oneOrAll('Which component of the site is paused, all its nodes; or every one of them.'),
});

/**
 * Processes that live and do nothing (SIGSTOP), as on a host that swaps or a virtual machine that is moved: the kernel goes on to accept
 * connections for them and acknowledges what is sent, and no answer ever comes.
 */
export const pause: FaultType = {
  type: 'pause',
  summary: 'processes of a site are stopped where they are (SIGSTOP): connections stay, nothing answers',
  params,
  needs: ['processes', 'pausing'],
  restarts: false,
  onlyItsEndHelps: true,
  notMeasured: [],
  bind(fault, platform) {
    const components = struck(fault, platform, params.parse(fault.params).component);
    const processes = ability(fault, platform, 'processes');
    const pausing = ability(fault, platform, 'pausing');
    return {
      undo: [{ kind: 'processes', params: { site: fault.site, components } }],
      inject: (signal) => pausing.pause({ site: fault.site, components }, signal),
      async observe(signal) {
        const states = processesOf(await processes.observe(signal), fault.site, components);
        return { state: stateOf(states, 'paused'), observed: describeProcesses(states) };
      },
    };
  },
};
