import { z } from 'zod';
import { PlatformError } from '../errors.ts';
import type { FaultType } from './fault.ts';

/** What it would take: the kernel's limits on block devices (cgroup v2 `io.max`), which hold for a device, not for a directory. */
const REFUSED = {
  why: "only an administrator may limit a block device (cgroup io.max), and the platform's processes are an ordinary user's; the device is the machine's own besides, and a limited writer in its journal would hold up every other one, the harness and its healing first",
  help: 'a device of its own for the data of each node, and the io controller delegated to the user (systemd: Delegate=io); until then disk-full, cpu-starvation and pause are what disks do to a node at the worst',
} as const;

/** A disk that is slow. No platform can make one yet: it is here so that a plan with it is refused with the reason. */
export const slowDisk: FaultType = {
  type: 'slow-disk',
  summary: "the disks of a site's databases take only so much a second",
  params: z.strictObject({}),
  needs: [],
  refused: REFUSED,
  notMeasured: [],
  bind({ id }) {
    throw new PlatformError(`${id} cannot be done: ${REFUSED.why}`, { hint: REFUSED.help });
  },
};
