import { z } from 'zod';
import type { MemoryState } from '../platform/lasting.ts';
import { percentageText, ratioOf } from '../scenario/values.ts';
import type { FaultType } from './fault.ts';
import { COMPONENTS, oneNode, oneOrAll, requireNode, struck, underLimit } from './processes.ts';
import { ability } from './target.ts';

const params = z.strictObject({
  share: percentageText()
    .default('90%')
    .describe(
      'Of what it uses when it begins. What it cannot give back is left to it: it is what it asks for next that it does not get.',
    ),
  component: oneOrAll('Which component of the site has too little memory, all its nodes; or every one of them.'),
  node: oneNode,
});

/**
 * A limit on the memory of a site's processes, below what they use (memory cgroup): the kernel takes files from memory that they read again, and ends
 * (SIGKILL) what asks for more than can be found. What it ended is started by the end of the fault.
 */
export const memoryPressure: FaultType = {
  type: 'memory-pressure',
  summary:
    'processes of a site may use less memory than they do: the kernel takes from them what it can, and ends what asks for more',
  params,
  needs: ['memory', 'processes'],
  restarts: true,
  deadly: COMPONENTS,
  notMeasured: [
    {
      what: 'a host that swaps',
      why: 'one process is short of memory here, by a limit of its own; its host and its neighbours are not',
    },
    {
      what: "the platform's own restarter",
      why: 'what the kernel ended for want of memory stays away until the end of the fault, where an orchestrator would start it again',
    },
  ],
  bind(fault, platform) {
    const { share, component, node } = params.parse(fault.params);
    const components = struck(fault, platform, component);
    for (const one of components) requireNode(fault, platform, one, node);
    const memory = ability(fault, platform, 'memory');
    const target = { site: fault.site, components, ...(node !== undefined && { node }) };
    return underLimit(fault, platform, {
      target,
      undo: [
        { kind: 'memory', params: { id: fault.id } },
        // What stands on it may die of it as well.
        { kind: 'processes', params: { site: fault.site, components: COMPONENTS } },
      ],
      limit: (signal) => memory.limit(fault.id, target, ratioOf(share), signal),
      observe: (signal) => memory.observe(signal),
      describe: describeMemory,
      isLimited: ({ limitBytes }) => limitBytes !== null,
      isMet: ({ reclaims, killed }) => reclaims + killed > 0,
    });
  },
};

/** Such as `cassandra/0 893 MiB of at most 894 MiB, 1520 times short, 0 ended`. */
function describeMemory({ component, node, limitBytes, usedBytes, reclaims, killed }: MemoryState): string {
  const mib = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
  if (limitBytes === null) return `${component}/${node} ${mib(usedBytes)}, no limit`;
  return `${component}/${node} ${mib(usedBytes)} of at most ${mib(limitBytes)}, ${reclaims} times short, ${killed} ended`;
}
