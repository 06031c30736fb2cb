import { z } from 'zod';
import type { DiskSpeedState } from '../platform/lasting.ts';
import { byteRateText, bytesPerSecond } from '../scenario/values.ts';
import type { FaultType } from './fault.ts';
import { COMPONENTS, underLimit } from './processes.ts';
import { ability, targetSite } from './target.ts';

const params = z.strictObject({
  write: byteRateText().default('8kB/s').describe('What each node of Cassandra may write a second: 8kB/s, 2MB/s.'),
  read: byteRateText()
    .optional()
    .describe('What it may read that is not in memory; absent: as much as the disk takes.'),
});

/**
 * A disk that takes only so much a second from a site's Cassandra (cgroup blkio, io). What it writes is in memory first: it is its commit log, written out every
 * ten seconds, that has to wait, and in the end whoever writes waits for that. Whoever kills a process meanwhile waits until the disk has taken what it holds.
 */
export const slowDisk: FaultType = {
  type: 'slow-disk',
  summary: "the disk of a site's Cassandra takes only so much a second",
  params,
  on: 'cassandra',
  needs: ['diskSpeed', 'processes'],
  restarts: false,
  notMeasured: [
    {
      what: 'a disk that answers late',
      why: 'it takes less a second here; each of its answers comes as fast as ever as long as there is room',
    },
  ],
  bind(fault, platform) {
    const { write, read } = params.parse(fault.params);
    const { name: site } = targetSite(fault, platform);
    const disk = ability(fault, platform, 'diskSpeed');
    const target = { site, components: ['cassandra'] } as const;
    const speed = { readBps: read === undefined ? null : bytesPerSecond(read), writeBps: bytesPerSecond(write) };
    return underLimit(fault, platform, {
      target,
      undo: [
        { kind: 'disk-speed', params: { id: fault.id } },
        // What waits for the disk for too long may give up.
        { kind: 'processes', params: { site, components: COMPONENTS } },
      ],
      limit: (signal) => disk.limit(fault.id, target, speed, signal),
      observe: (signal) => disk.observe(signal),
      describe,
      isLimited: ({ writeBps, readBps }) => writeBps !== null || readBps !== null,
      isMet: ({ waited }) => waited,
    });
  },
};

/** Such as `cassandra/0 at most 8.0 kB/s written, 41 kB since, 1 thread waits`. */
function describe({ component, node, readBps, writeBps, readBytes, writtenBytes, waiting }: DiskSpeedState): string {
  const kB = (bytes: number): string => `${Math.round(bytes / 1000)} kB`;
  const way = (limit: number | null, bytes: number, done: string): readonly string[] =>
    limit === null ? [] : [`${kB(bytes)} ${done} at ${kB(limit)}/s at most`];
  const limits = [...way(writeBps, writtenBytes, 'written'), ...way(readBps, readBytes, 'read')];
  if (limits.length === 0) return `${component}/${node} as fast as its disk`;
  return `${component}/${node} ${limits.join(', ')}, ${waiting} ${waiting === 1 ? 'thread waits' : 'threads wait'}`;
}
