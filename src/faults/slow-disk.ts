import { z } from 'zod';
import { PlatformError } from '../errors.ts';
import type { FaultType } from './fault.ts';

/** The kernel limits block devices for groups of processes (cgroup v2 `io.max`, v1 `blkio.throttle`), and hands that to an administrator alone. */
const REFUSED = {
  why: "only root may limit a block device for a group of processes (cgroup io.max, blkio.throttle), and the platform's processes are in no group of their own",
  help: 'disk-full, cpu-starvation and pause are what there is; for this one the platform would have to be started by root, each node in a cgroup of its own',
} as const;

/** A disk that is slow. No platform can make one yet: it is here so that a plan with it is refused with the reason. */
export const slowDisk: FaultType = {
  type: 'slow-disk',
  summary: "the disks of a site's databases take only so much a second",
  params: z.strictObject({}),
  needs: [],
  restarts: false,
  refused: REFUSED,
  notMeasured: [],
  bind({ id }) {
    throw new PlatformError(`${id} cannot be done: ${REFUSED.why}`, { hint: REFUSED.help });
  },
};
