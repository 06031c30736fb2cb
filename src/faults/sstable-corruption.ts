import { z } from 'zod';
import { GRAPH_TABLE, LEDGER_TABLE } from '../probes/tables.ts';
import type { FaultType } from './fault.ts';
import { damageOf } from './stored.ts';

const params = z.strictObject({
  table: z
    .enum(['ledger', 'graph'])
    .default('ledger')
    .describe('Whose data files: those of the rows that the cql probe writes, or those of the graph.'),
  places: z.int().min(1).max(10_000).default(20).describe('How many bytes are flipped, anywhere in the files.'),
});

const TABLES = { ledger: LEDGER_TABLE, graph: GRAPH_TABLE } as const;

/** Bytes on the disk of a site's first node turn over, as bit rot does it: under Cassandra, which finds out by its checksums when it reads them. */
export const sstableCorruption: FaultType = {
  type: 'sstable-corruption',
  summary: "flipped bytes in the data files of a site's Cassandra, on disk and behind its back",
  params,
  on: 'cassandra',
  needs: ['storage'],
  restarts: false,
  notMeasured: [
    {
      what: 'how long rot that nobody reads stays unseen',
      why: 'what is in the cache of chunks, or in no data file yet, is read as it was',
    },
  ],
  bind(fault, platform) {
    const { table, places } = params.parse(fault.params);
    return damageOf(fault, platform, (storage, signal) =>
      storage.corrupt(fault.id, fault.site, { ...TABLES[table], places }, signal),
    );
  },
};
