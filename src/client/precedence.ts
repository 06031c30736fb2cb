import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** Ten times the share of processors that others have, where there are too few for all (sched(7): "The nice value"). */
const NICE = -10;

/**
 * Starts a process that runs before others, with all that it starts: what measures must not wait for what it measures, which on a laboratory's machine shares
 * its processors. Only root may; for anybody else nothing changes. Where sessions are scheduled as groups (sched(7): "The autogroup feature") the process
 * is to be started in a session of its own.
 */
export function startBeforeOthers<C extends ChildProcess>(start: () => C): C {
  const mine = getPriority();
  // It is inherited: set afterwards, it would miss what the process has started by then.
  attempt(() => setPriority(NICE));
  try {
    const child = start();
    if (child.pid !== undefined && getPriority() === NICE)
      attempt(() => writeFileSync(`/proc/${child.pid}/autogroup`, String(NICE)));
    return child;
  } finally {
    if (getPriority() !== mine) setPriority(mine);
  }
}

/** Without it, it measures as well as it can: what it measures of itself says how well. */
function attempt(work: () => void): void {
  try {
    work();
  } catch {}
}
