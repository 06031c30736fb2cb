import { z } from 'zod';
import { LOOPBACK_PEER, type PacketRule } from '../platform/platform.ts';
import type { FaultType } from './fault.ts';
import { packetRules } from './packet-rules.ts';
import { endOfProcesses } from './processes.ts';
import { componentsOf, everyoneElse, targetSite } from './target.ts';

const params = z.strictObject({});

/**
 * A whole site is lost at once: first silence on its network, then every database process killed. In this order, because a lost
 * site answers nothing, whereas a killed process on a living host refuses, and clients learn of that much sooner.
 */
export const siteLoss: FaultType = {
  type: 'site-loss',
  summary: 'a whole site at once: silence on its network, then every database process killed',
  params,
  needs: ['network', 'processes'],
  restarts: true,
  onlyItsEndHelps: true,
  notMeasured: [
    {
      what: 'loss of power',
      why: 'processes are killed, the machine and its page cache live on: what the commit log had not synced to its disk is there when they start again',
    },
  ],
  bind(fault, platform) {
    params.parse(fault.params);
    const site = targetSite(fault, platform);
    const peers = [...everyoneElse(site.name, platform), LOOPBACK_PEER];
    const rules: readonly PacketRule[] = [
      { site: site.name, direction: 'in', peers },
      { site: site.name, direction: 'out', peers },
    ];
    const silence = packetRules(fault, platform, rules, 'network');
    const death = endOfProcesses(fault, platform, componentsOf(site), 0);
    return {
      // The network first, so that a database that starts finds the others.
      undo: [...silence.undo, ...death.undo],
      async inject(signal) {
        await silence.inject(signal);
        await death.inject(signal);
      },
      async observe(signal) {
        const network = await silence.observe(signal);
        const processes = await death.observe(signal);
        return {
          state: network.state === processes.state ? network.state : 'partial',
          observed: { network: network.observed, processes: processes.observed },
        };
      },
    };
  },
};
