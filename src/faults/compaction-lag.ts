import { z } from 'zod';
import type { CompactionState } from '../platform/lasting.ts';
import { durationMs, durationText } from '../scenario/values.ts';
import type { FaultType } from './fault.ts';
import { stateOf } from './processes.ts';
import { ability, describeProcesses, processesOf, targetSite } from './target.ts';

const params = z.strictObject({
  flushEvery: durationText()
    .default('4s')
    .describe('How often the nodes flush: one more SSTable of each table that is written.'),
  sstables: z
    .int()
    .min(5)
    .max(200)
    .default(8)
    .describe(
      'So many of one table must have piled up since it began for it to be in force; a compaction is due at 4.',
    ),
});

/**
 * The nodes of a site flush and compact nothing by themselves (`nodetool disableautocompaction`), so that SSTables pile up. Its end lets them compact
 * again; it is gone when they have caught up.
 */
export const compactionLag: FaultType = {
  type: 'compaction-lag',
  summary: 'Cassandra of a site does not compact: SSTables pile up, and are caught up with after its end',
  params,
  on: 'cassandra',
  needs: ['compaction', 'processes'],
  restarts: false,
  notMeasured: [
    {
      what: 'a lag of hours',
      why: 'what piles up here in a minute is small: reads of it cost little, and catching up is quick',
    },
    {
      what: 'compaction that is too slow',
      why: 'here it is switched off; the flushes, and nodetool by which they are asked for, are load of their own',
    },
  ],
  bind(fault, platform) {
    const { flushEvery, sstables } = params.parse(fault.params);
    const { name: site } = targetSite(fault, platform);
    const compaction = ability(fault, platform, 'compaction');
    const processes = ability(fault, platform, 'processes');
    return {
      undo: [{ kind: 'compaction', params: { id: fault.id } }],
      inject: (signal) => compaction.hold(fault.id, site, durationMs(flushEvery), signal),
      async observe(signal) {
        const mine = (await compaction.observe(signal)).find(({ id }) => id === fault.id);
        const states = processesOf(await processes.observe(signal), site, ['cassandra']);
        if (!mine)
          return {
            state: stateOf(states, 'stopped') === 'none' ? 'none' : 'partial',
            observed: describeProcesses(states),
          };
        const off = mine.automatic.length > 0 && mine.automatic.every((said) => said === 'not running');
        const full = off && !mine.ending && mine.most.sstables >= mine.most.before + sstables;
        return { state: full ? 'full' : 'partial', observed: `${describeLag(mine)}; ${describeProcesses(states)}` };
      },
    };
  },
};

/** Such as `automatic compaction not running, 2 pending; 14 SSTables of drill.ledger (3 before), 11 flushes`. */
function describeLag({ automatic, pending, most, flushes }: CompactionState): string {
  const running = automatic.join(', ') || 'not asked yet';
  return `automatic compaction ${running}, ${pending} pending; ${most.sstables} SSTables of ${most.table} (${most.before} before), ${flushes} flushes`;
}
