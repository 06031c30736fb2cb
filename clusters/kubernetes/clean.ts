import { existsSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { PlatformError } from '../../src/errors.ts';
import { ourGroups, pidsUnder, removeGroup, thaw } from './control-groups.ts';
import { WIRE } from './layout.ts';
import { outerPid, state } from './places.ts';
import { run } from './run.ts';

const GONE_MS = 30_000;

/** Ends what is up, and removes everything that it or one that died before has left. True: something was up. */
export async function takeDown(): Promise<boolean> {
  const pid = outerPid();
  const groups = ourGroups();
  for (const group of groups) thaw(group);
  // The kernel takes all namespaces down with it; nothing in them is worth an orderly end.
  if (pid !== null) end(pid);
  await until('processes', () => {
    const left = groups.flatMap(pidsUnder);
    for (const one of left) end(one);
    return left.length === 0 && outerPid() === null;
  });
  await until('control groups', () => ourGroups().every(removeGroup));
  if (isWired()) {
    // It goes by itself with the namespace at its other end, which may take the kernel a moment.
    await run(['ip', 'link', 'del', WIRE.host]).catch(() => {});
    await until('the wire', () => !isWired());
  }
  rmSync(state(), { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  return pid !== null;
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended in the meantime.
  }
}

function isWired(): boolean {
  return existsSync(`/proc/sys/net/ipv4/conf/${WIRE.host}`);
}

async function until(what: string, done: () => boolean): Promise<void> {
  const limit = Date.now() + GONE_MS;
  while (!done()) {
    if (Date.now() > limit)
      throw new PlatformError(`${what} of the clusters are still there`, { hint: 'run it again' });
    await sleep(50);
  }
}
