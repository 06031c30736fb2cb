import { z } from 'zod';
import { InputError } from '../errors.ts';
import type { LostData } from '../platform/backups.ts';
import type { ComponentState } from '../platform/platform.ts';
import type { FaultType, Observation } from './fault.ts';
import { stateOf } from './processes.ts';
import { ability, describeProcesses, targetSite } from './target.ts';

const params = z.strictObject({
  also: z
    .array(z.string())
    .default([])
    .describe('Further sites that lose everything at the same time; all of them: the platform is lost.'),
  backup: z.string().describe("Which of the scenario's backups everything is restored from at its end."),
});

const COMPONENTS = ['cassandra', 'janusgraph'] as const;

/** Sites lose everything that Cassandra has stored, with its processes; the way back is a backup, and what was written after it is lost unless another site has it. */
export const dataLoss: FaultType = {
  type: 'data-loss',
  summary:
    'processes killed and every file of Cassandra gone, at one site or several at once; its end is a restore from a backup',
  params,
  needs: ['data', 'backups', 'processes'],
  restarts: true,
  onlyItsEndHelps: true,
  notMeasured: [
    {
      what: 'a store of backups that is lost with the site',
      why: 'it is on the same machine as the databases, and no fault touches it',
    },
    {
      what: 'backups that are encrypted',
      why: 'the store of the laboratory is a directory, and its files are as Cassandra writes them',
    },
  ],
  bind(fault, platform) {
    const { also, backup } = params.parse(fault.params);
    const sites = [fault.site, ...also].map((site) => targetSite({ ...fault, site }, platform).name);
    if (new Set(sites).size < sites.length) throw new InputError(`${fault.id}: also: a site stands there twice`);
    const data = ability(fault, platform, 'data');
    const processes = ability(fault, platform, 'processes');
    return {
      undo: [{ kind: 'restore', params: { id: fault.id, sites, backup } }],
      inject: (signal) => data.lose(fault.id, { sites, backup }, signal),
      async observe(signal) {
        const lost = await data.observe(fault.id, signal);
        const states = (await processes.observe(signal)).filter(
          ({ site, component }) => sites.includes(site) && COMPONENTS.some((one) => one === component),
        );
        return { state: stateOfLoss(lost, states), observed: describe(lost, states) };
      },
    };
  },
};

function stateOfLoss(lost: LostData | null, states: readonly ComponentState[]): Observation['state'] {
  const died = stateOf(states, 'stopped');
  if (!lost?.inForce) return died === 'none' ? 'none' : 'partial';
  return died === 'full' && lost.empty === lost.of ? 'full' : 'partial';
}

function describe(lost: LostData | null, states: readonly ComponentState[]): string {
  const processes = states.map(({ site }) => site);
  const bySite = [...new Set(processes)].map(
    (site) => `${site}: ${describeProcesses(states.filter((one) => one.site === site))}`,
  );
  const data = lost === null ? 'no data was lost' : `${lost.empty} of ${lost.of} nodes of Cassandra have no data file`;
  return [data, ...wayBack(lost), ...bySite].join('; ');
}

function wayBack(lost: LostData | null): readonly string[] {
  if (lost === null || lost.inForce) return [];
  return [lost.restored ? `restored from ${lost.backup}` : 'what was lost was put back as it was'];
}
