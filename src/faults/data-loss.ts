import { z } from 'zod';
import type { LostData } from '../platform/backups.ts';
import type { ComponentState, ProcessAbility } from '../platform/platform.ts';
import type { FaultType, Observation } from './fault.ts';
import { stateOf } from './processes.ts';
import { ability, describeProcesses, sitesOf } from './target.ts';

/** What a fault has to say whose end is a restore. */
export const restoreShape = {
  also: z
    .array(z.string())
    .default([])
    .describe('Further sites that lose everything at the same time; all of them: the platform is lost.'),
  backup: z.string().describe("Which of the scenario's backups everything is restored from at its end."),
};
const params = z.strictObject(restoreShape);

const COMPONENTS = ['cassandra', 'janusgraph'] as const;

/** Sites lose everything that Cassandra has stored, with its processes; the way back is a backup, and what was written after it is lost unless another site has it. */
export const dataLoss: FaultType = {
  type: 'data-loss',
  summary:
    'processes killed and every file of Cassandra gone, at one site or several at once; its end is a restore from a backup',
  params,
  needs: ['data', 'backups', 'processes'],
  restarts: true,
  on: 'cassandra',
  onlyItsEndHelps: true,
  notMeasured: [],
  bind(fault, platform) {
    const { also, backup } = params.parse(fault.params);
    const sites = sitesOf(fault, platform, also);
    const data = ability(fault, platform, 'data');
    const processes = ability(fault, platform, 'processes');
    return {
      undo: [{ kind: 'restore', params: { id: fault.id, sites, backup } }],
      inject: (signal) => data.lose(fault.id, { sites, backup }, signal),
      async observe(signal) {
        const lost = await data.observe(fault.id, signal);
        const states = await databasesOf(processes, sites, signal);
        return { state: stateOfLoss(lost, states), observed: describe(lost, states) };
      },
    };
  },
};

/** The processes that a restore of these sites ends and starts. */
export async function databasesOf(
  processes: ProcessAbility,
  sites: readonly string[],
  signal: AbortSignal,
): Promise<readonly ComponentState[]> {
  const states = await processes.observe(signal);
  return states.filter(({ site, component }) => sites.includes(site) && COMPONENTS.some((one) => one === component));
}

function stateOfLoss(lost: LostData | null, states: readonly ComponentState[]): Observation['state'] {
  const died = stateOf(states, 'stopped');
  if (!lost?.inForce) return died === 'none' ? 'none' : 'partial';
  return died === 'full' && lost.empty === lost.of ? 'full' : 'partial';
}

function describe(lost: LostData | null, states: readonly ComponentState[]): string {
  const data = lost === null ? 'no data was lost' : `${lost.empty} of ${lost.of} nodes of Cassandra have no data file`;
  return [data, ...wayBack(lost), describeBySite(states)].join('; ');
}

/** `paris: cassandra/0 ready, janusgraph/0 ready; london: …`. */
export function describeBySite(states: readonly ComponentState[]): string {
  const sites = Map.groupBy(states, ({ site }) => site);
  return [...sites].map(([site, mine]) => `${site}: ${describeProcesses(mine)}`).join('; ');
}

export function wayBack(lost: LostData | null): readonly string[] {
  if (lost === null || lost.inForce) return [];
  return [lost.restored ? `restored from ${lost.backup}` : 'what was lost was put back as it was'];
}
