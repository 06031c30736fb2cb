/** `npm run torture`: harnesses that are killed at random instants on the real platform, and what they leave. Exit code 1 when anything was left. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { print } from '../commands/context.ts';
import { fail } from '../commands/fail.ts';
import { optionsOf } from '../commands/options.ts';
import { EXIT, messageOf } from '../errors.ts';
import type { LocalConfig } from '../platform/local/config.ts';
import { startLocalPlatform, stopLocalPlatform } from '../platform/local/local-platform.ts';
import { CASES } from './cases.ts';
import { platformDeath } from './platform-death.ts';
import { ablest, withSmallDisks } from './platforms.ts';
import { FAULT_NAMES, possible, SMALL_DISK_NAMES } from './scenarios.ts';
import { killTrial, randomFrom, type Trial } from './trials.ts';

const flags = optionsOf<{ kills: number; seed: number; cases: boolean }>(
  new Command('torture')
    .description('Kills harnesses at random instants of their faults, and looks what they leave.')
    .option('--kills <n>', 'how many', count, 200)
    .option('--seed <n>', 'of the random instants', count, 1)
    .option('--no-cases', 'without signals, full disk and hanging clients'),
);

const interrupt = new AbortController();
process.on('SIGINT', () => interrupt.abort(new Error('interrupted')));
process.on('SIGTERM', () => interrupt.abort(new Error('interrupted')));

// A platform of its own, beside whatever this user has up.
const directory = mkdtempSync(join(tmpdir(), 'drill-torture-'));
process.env.DRILL_STATE = join(directory, 'state');
// And a lever: the shared one stops other people's runs.
delete process.env.DRILL_LEVER;
const trials: Trial[] = [];
try {
  await torture(interrupt.signal);
} catch (error) {
  if (!interrupt.signal.aborted) {
    process.exitCode = fail(error);
    trials.push({ what: 'torture', wrong: [messageOf(error)], healedMs: 0, note: 'it could not go on' });
  }
} finally {
  await stopLocalPlatform(AbortSignal.timeout(30_000)).catch(() => {});
}
const wrong = trials.filter((trial) => trial.wrong.length > 0);
const skipped = trials.filter((trial) => trial.skipped).length;
print(
  `${trials.length - skipped} trials, ${wrong.length} wrong${skipped > 0 ? `, and ${skipped} that came to nothing` : ''}`,
);
if (wrong.length === 0) rmSync(directory, { recursive: true, force: true });
else print(`what they left is in ${directory}`);
process.exit(
  interrupt.signal.aborted ? EXIT.aborted : wrong.length > 0 ? EXIT.objectiveMissed : (process.exitCode ?? EXIT.pass),
);

async function torture(signal: AbortSignal): Promise<void> {
  const random = randomFrom(flags.seed);
  const all = FAULT_NAMES.length + SMALL_DISK_NAMES.length;
  const onSmallDisks = Math.floor((flags.kills * SMALL_DISK_NAMES.length) / all);
  const kills = { done: 0, of: flags.kills };
  await on(ablest(), FAULT_NAMES, flags.kills - onSmallDisks, flags.cases);
  if (onSmallDisks > 0) await on(withSmallDisks(), SMALL_DISK_NAMES, onSmallDisks, false);

  /** Some of the trials, on a platform of this configuration, which is ended after them. */
  async function on(config: LocalConfig, names: readonly string[], times: number, cases: boolean): Promise<void> {
    await using platform = await startLocalPlatform({ config, owned: false, signal, onProgress: print });
    const faults = possible(names, platform.facts());
    const beyond = names.filter((name) => !faults.includes(name));
    if (beyond.length > 0) print(`this machine cannot do ${beyond.join(', ')}: npm run doctor, or root`);
    if (cases) {
      for (const [name, trial] of Object.entries(CASES)) tell(name, await trial(platform, directory, signal));
    }
    for (let number = 0; number < times; number += 1) {
      kills.done += 1;
      const place = { directory, number, random, faults };
      tell(`${kills.done}/${kills.of}`, await killTrial(platform, place, signal));
    }
    if (cases) tell('at last', await platformDeath(directory, signal));
    await stopLocalPlatform(signal);
  }
}

function tell(name: string, trial: Trial): void {
  trials.push(trial);
  print(`${name} ${trial.what}: ${trial.note}`);
  for (const one of trial.wrong) print(`  WRONG: ${one}`);
}

function count(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 0) throw new InvalidArgumentError('expected a whole number');
  return n;
}
