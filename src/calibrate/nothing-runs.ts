import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkRun, renderReportJson } from '../check/check.ts';
import { print, REPORTS } from '../commands/context.ts';
import { leverFile } from '../platform/local/paths.ts';
import type { Platform } from '../platform/platform.ts';
import { runPlan } from '../run/runner.ts';
import { calibrationPlan } from './calibration-plan.ts';
import { compareNothingRun, type Finding } from './compare.ts';

/** Whole runs in which nothing is done, each from its canary to its verdict. */
export async function nothingRuns(
  platform: Platform,
  trials: number,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { plan, bytes } = await calibrationPlan('calibration-nothing', platform);
  const found: Finding[] = [];
  for (let n = 0; n < trials; n += 1) {
    print(`nothing ${n + 1}/${trials}`);
    const { directory } = await runPlan({
      ...{ plan, platform, signal, reports: REPORTS, scenarioBytes: bytes },
      ...{ onProgress: () => {}, onSession: () => {}, authorisation: null },
      limits: { lever: leverFile(), untilMs: null },
    });
    signal.throwIfAborted();
    const report = await checkRun(directory);
    writeFileSync(join(directory, 'report.json'), renderReportJson(report));
    found.push(compareNothingRun(report));
  }
  return found;
}
