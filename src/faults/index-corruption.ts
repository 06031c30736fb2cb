import { z } from 'zod';
import type { CorruptIndex } from '../platform/backups.ts';
import { LEDGER_INDEX } from '../probes/tables.ts';
import type { FaultType, Observation } from './fault.ts';
import { ability, targetSite } from './target.ts';

const params = z.strictObject({
  backup: z.string().describe("Which of the scenario's backups of OpenSearch the index is restored from at its end."),
  places: z
    .int()
    .min(1)
    .max(10_000)
    .default(50)
    .describe('How many bytes are flipped of each copy of each shard, anywhere in its files.'),
});

/** Bytes of an index turn over on disk, in every copy: no shard of it can be opened again, and what is left is a snapshot. */
export const indexCorruption: FaultType = {
  type: 'index-corruption',
  summary:
    "flipped bytes in the files of the probe's index, in every copy that a site's OpenSearch has; its end is a restore of that index from a snapshot",
  params,
  on: 'opensearch',
  needs: ['snapshots'],
  restarts: true,
  onlyItsEndHelps: true,
  notMeasured: [
    {
      what: 'how long rot that nobody reads stays unseen',
      why: 'a merge that reads every file of the index is asked for as soon as its bytes are flipped',
    },
  ],
  bind(fault, platform) {
    const { backup, places } = params.parse(fault.params);
    const { name: site } = targetSite(fault, platform);
    const snapshots = ability(fault, platform, 'snapshots');
    const what = { site, index: LEDGER_INDEX, backup };
    return {
      undo: [{ kind: 'index', params: { id: fault.id, ...what } }],
      inject: (signal) => snapshots.corrupt(fault.id, { ...what, places }, signal),
      async observe(signal) {
        const seen = await snapshots.observe(fault.id, signal);
        return seen
          ? { state: stateOf(seen), observed: describe(seen) }
          : { state: 'none', observed: 'no index is corrupt' };
      },
    };
  },
};

/** Flipped bytes that nobody has met do nothing yet, and an index of which a shard cannot be opened stays so until its end. */
function stateOf({ inForce, damaged, health }: CorruptIndex): Observation['state'] {
  if (health === 'red') return 'full';
  return inForce || damaged > 0 || health !== 'green' ? 'partial' : 'none';
}

function describe({ index, damaged, of, health, inForce, restored, backup }: CorruptIndex): string {
  const bytes = `${damaged} of ${of} bytes in the files of ${index} are another than they were`;
  const how = health === 'unknown' ? 'the cluster does not say how it is' : `the index is ${health}`;
  const back = inForce ? [] : [restored ? `restored from ${backup}` : 'what was there was put back'];
  return [bytes, how, ...back].join('; ');
}
