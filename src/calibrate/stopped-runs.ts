import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { print, REPORTS } from '../commands/context.ts';
import type { Platform } from '../platform/platform.ts';
import { inForce } from '../run/heal-platform.ts';
import { pullLever } from '../run/lever.ts';
import { type RunResult, runPlan } from '../run/runner.ts';
import type { Session } from '../run/session.ts';
import { deadline, pause, until } from '../run/wait.ts';
import { calibrationPlan } from './calibration-plan.ts';
import { compareStopped, type Finding } from './compare.ts';

/** How long all faults are in force before the lever is pulled: from nothing to this, evenly. */
const HELD_MS = 3_000;
/** How long is looked for what stays. */
const WITHIN_MS = 60_000;
const LOOK_MS = 10;

/** Runs that the lever breaks off while a partition and a pause are in force, and how long these stay, as the kernel says and not the run. */
export async function stoppedRuns(
  platform: Platform,
  trials: number,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { plan, bytes } = await calibrationPlan('calibration-stopped', platform);
  const directory = mkdtempSync(join(tmpdir(), 'drill-lever-'));
  const lever = join(directory, 'lever');
  const found: Finding[] = [];
  try {
    for (let n = 0; n < trials; n += 1) {
      print(`stopped ${n + 1}/${trials}`);
      const begun = Promise.withResolvers<Session>();
      const run = runPlan({
        ...{ plan, platform, signal, reports: REPORTS, scenarioBytes: bytes },
        ...{ onProgress: () => {}, onSession: begun.resolve, authorisation: null },
        limits: { lever, untilMs: null },
      });
      run.catch(begun.reject);
      const heldMs = (HELD_MS * n) / Math.max(1, trials - 1);
      const pulling = pulled(begun.promise, run, lever, heldMs, signal);
      pulling.catch(() => {});
      // It heals, whatever becomes of who looks on.
      const result = await run;
      const healedMs = await pulling;
      signal.throwIfAborted();
      found.push(compareStopped(result, healedMs));
      rmSync(lever, { force: true });
    }
    return found;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Pulls the lever when every fault has been in force for a while; how long something of them stays, in ms: for ever, where it was not seen to be gone. Null: nothing was pulled. */
async function pulled(
  begun: Promise<Session>,
  run: Promise<RunResult>,
  lever: string,
  heldMs: number,
  signal: AbortSignal,
): Promise<number | null> {
  const session = await begun;
  const over = new AbortController();
  const ended = run.finally(() => over.abort(new Error('the run ended before its faults were in force')));
  ended.catch(() => {});
  const either = AbortSignal.any([signal, over.signal]);
  const { timeline } = session.plan;
  const effective = (): true | null =>
    session.leases.length === timeline.length && session.leases.every((lease) => lease.effective) ? true : null;
  try {
    await until(effective, LOOK_MS, either);
    await pause(heldMs, either);
  } catch {
    return null;
  }
  const atMs = performance.now();
  pullLever(lever, 'the calibration pulls it');
  const { abilities } = session.platform;
  // Looked for after the run as well: what it says of itself is not what is asked.
  const limit = deadline(signal, WITHIN_MS, 'the healing');
  try {
    await until(async () => ((await stays(abilities, limit)) ? null : true), LOOK_MS, limit);
    return performance.now() - atMs;
  } catch {
    // As long as was looked for at least.
    return Number.POSITIVE_INFINITY;
  }
}

/** Whether anything is in force: a rule in the kernel, or a process that is not let run. */
async function stays(abilities: Platform['abilities'], signal: AbortSignal): Promise<boolean> {
  const [rules, states] = await Promise.all([inForce(abilities, signal), abilities.processes?.observe(signal)]);
  return rules.length > 0 || (states ?? []).some(({ state }) => state === 'paused');
}
