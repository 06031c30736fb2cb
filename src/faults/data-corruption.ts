import { z } from 'zod';
import { GRAPH_DAMAGES } from '../platform/storage.ts';
import { ACCOUNT_INDEX } from '../probes/gremlin-schema.ts';
import { TRANSACTS } from '../probes/gremlin-traversals.ts';
import { databasesOf, describeBySite, restoreShape, wayBack } from './data-loss.ts';
import type { FaultType } from './fault.ts';
import { stateOf } from './processes.ts';
import { ability, sitesOf } from './target.ts';

const params = z.strictObject({
  ...restoreShape,
  what: z.enum(GRAPH_DAMAGES).default('vertex').describe('Of what parts are deleted; see graph-damage.'),
  count: z.int().min(1).max(1_000).default(20).describe('Of how many elements.'),
});

/** Parts of the graph are deleted in the store, at every site, and nobody knows what they were: everything is restored from a backup. */
export const dataCorruption: FaultType = {
  type: 'data-corruption',
  summary:
    'parts of the graph deleted in the store at every site, behind the graph’s back; its end is a restore of everything from a backup',
  params,
  on: 'cassandra',
  needs: ['storage', 'data', 'backups', 'processes'],
  restarts: true,
  damages: true,
  onlyItsEndHelps: true,
  notMeasured: [
    {
      what: 'a restore of the damaged parts alone',
      why: 'whole sites are restored, as where nobody knows what is damaged',
    },
  ],
  bind(fault, platform) {
    const { also, backup, what, count } = params.parse(fault.params);
    const sites = sitesOf(fault, platform, also);
    const [storage, data] = [ability(fault, platform, 'storage'), ability(fault, platform, 'data')];
    const processes = ability(fault, platform, 'processes');
    return {
      // Where the restore fails, what was deleted is put back by who deleted it.
      undo: [
        { kind: 'restore', params: { id: fault.id, sites, backup } },
        { kind: 'storage', params: { id: fault.id } },
      ],
      async inject(signal) {
        await data.arm(fault.id, { sites, backup }, signal);
        const damage = { what, count, edgeLabel: TRANSACTS, indexName: ACCOUNT_INDEX };
        await storage.damageGraph(fault.id, fault.site, damage, signal);
      },
      async observe(signal) {
        const lost = await data.observe(fault.id, signal);
        const states = await databasesOf(processes, sites, signal);
        const said = describeBySite(states);
        if (!lost?.inForce)
          return {
            state: stateOf(states, 'stopped') === 'none' ? 'none' : 'partial',
            observed: [...wayBack(lost), said].join('; '),
          };
        const seen = await storage.observe(fault.id, signal);
        const whole = seen !== null && seen.damaged === seen.of && !seen.unmet;
        return { state: whole ? 'full' : 'partial', observed: `${seen?.what ?? 'nothing is damaged yet'}; ${said}` };
      },
    };
  },
};
