import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkRun, renderReportJson } from '../check/check.ts';
import { print, REGISTRIES, REPORTS } from '../commands/context.ts';
import type { Platform } from '../platform/platform.ts';
import { runPlan } from '../run/runner.ts';
import { loadScenario } from '../scenario/load.ts';
import { resolvePlan } from '../scenario/resolve.ts';
import { compareNothingRun, type Finding } from './compare.ts';

/** Whole runs in which nothing is done, each from its canary to its verdict. */
export async function nothingRuns(
  platform: Platform,
  trials: number,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const file = fileURLToPath(new URL('./calibration-nothing.yaml', import.meta.url));
  const loaded = await loadScenario(file, { registries: REGISTRIES, directory: '.' });
  const plan = resolvePlan({ loaded, platform: platform.facts(), ...REGISTRIES });
  const found: Finding[] = [];
  for (let n = 0; n < trials; n += 1) {
    print(`nothing ${n + 1}/${trials}`);
    const { directory } = await runPlan({
      ...{ plan, platform, signal, reports: REPORTS, scenarioBytes: loaded.bytes },
      ...{ onProgress: () => {}, onSession: () => {} },
    });
    signal.throwIfAborted();
    const report = await checkRun(directory);
    writeFileSync(join(directory, 'report.json'), renderReportJson(report));
    found.push(compareNothingRun(report));
  }
  return found;
}
