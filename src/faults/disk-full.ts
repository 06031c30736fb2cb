import { z } from 'zod';
import type { Undo } from '../platform/undo.ts';
import type { FaultType } from './fault.ts';
import { stateOf } from './processes.ts';
import { ability, describeProcesses, processesOf, targetSite } from './target.ts';

const params = z.strictObject({});
/** Less room than the smallest thing that is written. */
const FULL_BYTES = 512;

/**
 * The disk under the commit logs of a site's Cassandra has no room left (ENOSPC). Its end gives the room back and starts Cassandra anew, as a
 * person does: what a full disk has stopped inside does not start by itself.
 */
export const diskFull: FaultType = {
  type: 'disk-full',
  summary: "the disk of a site's commit logs is full: what Cassandra writes next finds no room",
  params,
  on: 'cassandra',
  needs: ['disks', 'processes'],
  restarts: true,
  // The commit log is mapped into memory: what finds no room for a page is ended by the kernel (SIGBUS).
  deadly: ['cassandra', 'janusgraph'],
  notMeasured: [{ what: 'a disk of data files that is full', why: 'the disk of the commit log is, and no other' }],
  bind(fault, platform) {
    params.parse(fault.params);
    const { name: site } = targetSite(fault, platform);
    const disks = ability(fault, platform, 'disks');
    const processes = ability(fault, platform, 'processes');
    const components = ['cassandra'] as const;
    const undo: readonly Undo[] = [
      { kind: 'disk', params: { id: fault.id } },
      { kind: 'restart', params: { site, components } },
      // What stands on it may die of it as well.
      { kind: 'processes', params: { site, components: ['janusgraph', 'cassandra'] } },
    ];
    return {
      undo,
      inject: (signal) => disks.fill(fault.id, site, signal),
      async observe(signal) {
        const mine = (await disks.observe(signal)).filter((disk) => disk.site === site);
        const states = processesOf(await processes.observe(signal), site, components);
        const free = mine.map(({ node, freeBytes }) => `${freeBytes} bytes free at cassandra/${node}`).join(', ');
        const observed = `${free}; ${describeProcesses(states)}`;
        const filled = mine.filter((disk) => disk.filled);
        if (filled.length === 0) return { state: stateOf(states, 'stopped') === 'none' ? 'none' : 'partial', observed };
        const full = mine.length > 0 && mine.every((disk) => disk.filled && disk.freeBytes < FULL_BYTES);
        return { state: full ? 'full' : 'partial', observed };
      },
    };
  },
};
