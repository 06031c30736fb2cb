import { writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Ten times the share of processors that others have, where there are too few for all (setpriority(2), sched(7): "The nice value"). */
const NICE = -10;

/**
 * Lets a process that has just been started run before others: what measures must not wait for what it measures, which on a laboratory's machine shares its
 * processors. Only root may; for anybody else nothing changes. Where sessions are scheduled as groups (sched(7): "The autogroup feature"), its group too.
 */
export function letPrecede(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, NICE);
    writeFileSync(`/proc/${pid}/autogroup`, String(NICE));
  } catch {
    // It measures as well as it can: what it measures of itself says how well.
  }
}
