import { z } from 'zod';
import { GRAPH_DAMAGES } from '../platform/storage.ts';
import { ACCOUNT_INDEX } from '../probes/gremlin-schema.ts';
import { TRANSACTS } from '../probes/gremlin-traversals.ts';
import type { FaultType } from './fault.ts';
import { damageOf } from './stored.ts';

const params = z.strictObject({
  what: z
    .enum(GRAPH_DAMAGES)
    .describe(
      'half-edge: the half by which its second vertex knows it. vertex: its whole row. existence: the mark that says that a row is a vertex. index-entry: what leads from the key to the vertex.',
    ),
  count: z.int().min(1).max(1_000).default(20).describe('Of how many elements.'),
});

/** Parts of the graph that the probe wrote are deleted in the store, at every site, behind the graph's back; they are kept, and put back at its end. */
export const graphDamage: FaultType = {
  type: 'graph-damage',
  summary: 'halves of edges, vertices, or entries of an index deleted in the store, behind the graph’s back',
  params,
  on: 'cassandra',
  needs: ['storage'],
  restarts: false,
  damages: true,
  notMeasured: [
    {
      what: 'a restore from a backup',
      why: 'what was deleted is put back as it was, by who deleted it',
    },
  ],
  bind(fault, platform) {
    const { what, count } = params.parse(fault.params);
    return damageOf(fault, platform, (storage, signal) =>
      storage.damageGraph(
        fault.id,
        fault.site,
        { what, count, edgeLabel: TRANSACTS, indexName: ACCOUNT_INDEX },
        signal,
      ),
    );
  },
};
