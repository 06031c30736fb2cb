import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT } from '../errors.ts';
import { attachLocalPlatform } from '../platform/local/local-platform.ts';
import { stateDirectory } from '../platform/local/paths.ts';
import { wrongWith } from './aftermath.ts';
import { Harness } from './harness.ts';
import { writeScenario } from './scenarios.ts';
import { goneBy, type Trial } from './trials.ts';

const BEGIN_MS = 180_000;
const END_MS = 120_000;

/**
 * Kills the first process of the local platform, and with it everything in its namespaces, while a fault is in force. Nothing is left that could be healed: the harness
 * must end all the same, say that it is no result, and keep its record.
 */
export async function platformDeath(directory: string, signal: AbortSignal): Promise<Trial> {
  const what = 'the platform dies';
  mkdirSync(directory, { recursive: true });
  const harness = new Harness(writeScenario(directory, 'partition'), mkdtempSync(join(directory, 'platform-')));
  const limit = (ms: number): AbortSignal => AbortSignal.any([signal, AbortSignal.timeout(ms)]);
  if (!(await harness.said('fault-effective', limit(BEGIN_MS))))
    return { what, wrong: [`it did not get to its fault: ${harness.output.slice(-500)}`], healedMs: 0, note: '' };
  const at = Date.now();
  process.kill(Number(readFileSync(join(stateDirectory(), 'unshare.pid'), 'utf8')), 'SIGKILL');
  const code = await harness.exit(limit(END_MS)).catch((error: unknown) => {
    harness.kill('SIGKILL');
    throw error;
  });
  const endedMs = Date.now() - at;
  await goneBy(harness, AbortSignal.timeout(10_000));
  const wrong = [...(await wrongWith(harness, at))];
  if (code !== EXIT.platform && code !== EXIT.aborted)
    wrong.push(`it ended with ${code}: ${harness.output.slice(-500)}`);
  if ((await attachLocalPlatform(AbortSignal.timeout(10_000))) !== null) wrong.push('the platform is up');
  return { what, wrong, healedMs: endedMs, note: `exit code ${code} after ${(endedMs / 1000).toFixed(1)} s` };
}
