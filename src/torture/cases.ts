import { appendFileSync, mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT } from '../errors.ts';
import { leverFile } from '../platform/local/paths.ts';
import type { Platform, ProcessTarget } from '../platform/platform.ts';
import { pullLever, releaseLever } from '../run/lever.ts';
import { pause } from '../run/wait.ts';
import { undoneAfter, whole, wrongWith } from './aftermath.ts';
import { Harness } from './harness.ts';
import { writeScenario } from './scenarios.ts';
import { goneBy, type Trial } from './trials.ts';

const BEGIN_MS = 180_000;
const END_MS = 300_000;

/** Ways to break off that are no death of the harness: each must heal by itself, end, and say how it ended. */
export const CASES: Readonly<
  Record<string, (platform: Platform, directory: string, signal: AbortSignal) => Promise<Trial>>
> = {
  'SIGINT twice': (platform, directory, signal) =>
    broken(platform, start(directory, 'partition'), signal, 'SIGINT twice', async (harness) => {
      harness.kill('SIGINT');
      await pause(300, signal);
      harness.kill('SIGINT');
    }),
  SIGTERM: (platform, directory, signal) =>
    broken(platform, start(directory, 'pause'), signal, 'SIGTERM', async (harness) => harness.kill('SIGTERM')),
  'the lever': async (platform, directory, signal) => {
    const lever = leverFile();
    try {
      const pull = async (): Promise<void> => pullLever(lever, 'torture');
      return await broken(platform, start(directory, 'partition'), signal, 'the lever', pull);
    } finally {
      releaseLever(lever);
    }
  },
  'too long an outage': (platform, directory, signal) =>
    broken(platform, start(directory, 'partition', 'stop: { downtime: 2s }\n'), signal, 'an outage', async () => {}),
  'another site that falls silent': (platform, directory, signal) =>
    broken(platform, start(directory, 'partition', 'stop: { otherSite: 2s }\n'), signal, 'another site', (harness) =>
      silenceUntilSeen(platform, 'frankfurt', harness, signal),
    ),
  'clients that hang for ever, then SIGINT': (platform, directory, signal) =>
    broken(
      platform,
      start(directory, 'firewall'),
      signal,
      'clients that hang',
      async (harness) => harness.kill('SIGINT'),
      async (harness) => {
        for (const { pid, command } of harness.processes())
          if (command.includes('client-main')) process.kill(pid, 'SIGSTOP');
        await pause(3_000, signal);
      },
    ),
  'a full disk under reports': (platform, directory, signal) => {
    if (process.getuid?.() !== 0)
      return Promise.resolve({
        what: FULL_DISK,
        wrong: [],
        healedMs: 0,
        note: 'not done: only root can mount a small disk',
        skipped: true,
      });
    const reports = mkdtempSync(join(directory, 'full-'));
    const mount = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs -o size=16m none "$0" && exec "$@"', reports];
    const harness = new Harness(writeScenario(directory, 'partition'), reports, mount);
    return broken(platform, harness, signal, FULL_DISK, async () => fill(harness.view() as string));
  },
};

const FULL_DISK = 'a full disk';

/** Writes until there is no room. */
function fill(directory: string): void {
  const bytes = Buffer.alloc(64 * 1024);
  try {
    for (;;) appendFileSync(join(directory, 'fill'), bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

/** By then the dead-man lets the site go on, when nobody else did. */
const SILENT_MS = 30_000;

/** A site that the scenario's fault does not strike hangs, until the harness has seen it. */
async function silenceUntilSeen(platform: Platform, site: string, harness: Harness, signal: AbortSignal) {
  const fault = 'silence';
  const target: ProcessTarget = { site, components: ['cassandra'] };
  const undo = [{ kind: 'processes', params: target }] as const;
  await platform.register.record({ fault, run: 'torture', undo }, SILENT_MS, signal);
  await platform.abilities.pausing?.pause(target, signal);
  await harness.said('stop-condition', AbortSignal.any([signal, AbortSignal.timeout(SILENT_MS)]));
  await platform.register.undo(fault, signal);
}

function start(directory: string, fault: string, also = ''): Harness {
  mkdirSync(directory, { recursive: true });
  return new Harness(writeScenario(directory, fault, also), mkdtempSync(join(directory, `${fault}-`)));
}

/** Breaks a run off once its fault is effective; by itself it must heal and end with an exit code that is no pass. */
async function broken(
  platform: Platform,
  harness: Harness,
  signal: AbortSignal,
  what: string,
  breakOff: (harness: Harness) => Promise<void>,
  before: (harness: Harness) => Promise<void> = async () => {},
): Promise<Trial> {
  const full = what === FULL_DISK;
  if (!(await harness.said('fault-effective', AbortSignal.any([signal, AbortSignal.timeout(BEGIN_MS)]))))
    return { what, wrong: [`it did not get to its fault: ${harness.output.slice(-500)}`], healedMs: 0, note: '' };
  await before(harness);
  const at = Date.now();
  await breakOff(harness);
  const code = await harness.exit(AbortSignal.any([signal, AbortSignal.timeout(END_MS)])).catch((error: unknown) => {
    harness.kill('SIGKILL');
    throw error;
  });
  const endedMs = Date.now() - at;
  // Not waited for: it says that it has healed.
  const { left } = await whole(platform, AbortSignal.abort());
  const wrong = [...left];
  await goneBy(harness, AbortSignal.timeout(10_000));
  // What was on a disk of its own went with it.
  if (!full) wrong.push(...(await wrongWith(harness, at)));
  if (code !== (full ? EXIT.badInput : EXIT.aborted))
    wrong.push(`it ended with ${code}: ${harness.output.slice(-500)}`);
  const undoneMs = full ? null : undoneAfter(harness, at);
  const undone = undoneMs === null ? '' : `, undone and seen gone after ${(undoneMs / 1000).toFixed(2)} s`;
  return {
    what,
    wrong,
    healedMs: endedMs,
    note: `exit code ${code} after ${(endedMs / 1000).toFixed(1)} s${undone}, whole`,
  };
}
