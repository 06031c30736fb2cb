import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../check/report-schema.ts';
import { AbortedError, EXIT, type ExitCode, messageOf } from '../errors.ts';
import { loadLocalConfig } from '../platform/local/config.ts';
import { attachLocalPlatform, startLocalPlatform } from '../platform/local/local-platform.ts';
import type { Platform } from '../platform/platform.ts';
import { renderRepeat, renderRepeatHtml, summariseRepeat } from '../report/repeat.ts';
import { runPlan } from '../run/runner.ts';
import { loadScenario } from '../scenario/load.ts';
import { resolvePlan } from '../scenario/resolve.ts';
import { columns, print, REGISTRIES, SCENARIOS } from './context.ts';
import { fail } from './fail.ts';
import { exitOf, judgeNewRun } from './judge.ts';
import { LiveView } from './live-view.ts';

export interface RunFlags {
  readonly repeat: number;
  readonly reports: string;
  readonly config?: string;
}

/** The whole of it, in the order in which the worst comes first. */
const WORST: readonly ExitCode[] = [
  EXIT.defect,
  EXIT.platform,
  EXIT.badInput,
  EXIT.aborted,
  EXIT.objectiveMissed,
  EXIT.unknown,
  EXIT.pass,
];

/** `run NAME…`: each scenario in order, on a platform that is up, or on one of its own. */
export async function runCommand(names: readonly string[], flags: RunFlags): Promise<ExitCode> {
  const loaded = [];
  // Every mistake of every scenario before anything starts.
  for (const name of names) loaded.push(await loadScenario(name, { registries: REGISTRIES, directory: SCENARIOS }));
  const interrupt = new AbortController();
  let asked = 0;
  const stop = (signal: string): void => {
    asked += 1;
    process.stderr.write(
      asked === 1 ? `\n${signal}: healing first, then reporting what was measured\n` : '\nstill healing; please wait\n',
    );
    interrupt.abort(new Error(`interrupted (${signal})`));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(signal));
  const codes: ExitCode[] = [];
  // Whatever goes wrong here, what was injected is undone first.
  process.on('uncaughtException', (error) => {
    codes.push(fail(error));
    interrupt.abort(error);
  });
  await using platform = await platformFor(flags, interrupt.signal);
  for (const scenario of loaded) {
    const reports: Report[] = [];
    for (let n = 0; n < flags.repeat; n += 1) {
      // Those that were asked for and did not come to run.
      if (interrupt.signal.aborted) codes.push(EXIT.aborted);
      if (interrupt.signal.aborted) break;
      if (flags.repeat > 1) print(`\n${scenario.scenario.name}: run ${n + 1} of ${flags.repeat}`);
      // A random phase of the fault, against everything periodic that the platform does.
      const jitterUs = flags.repeat > 1 ? randomInt(0, 10_000_000) : 0;
      const plan = resolvePlan({ loaded: scenario, platform: platform.facts(), ...REGISTRIES, options: { jitterUs } });
      const view = new LiveView(plan);
      const result = await runPlan({
        plan,
        scenarioBytes: scenario.bytes,
        platform,
        reports: flags.reports,
        signal: interrupt.signal,
        onProgress: (progress) => view.say(progress),
        onSession: (session) => view.watch(session),
      }).finally(() => view.end());
      for (const leftover of result.left)
        process.stderr.write(`left behind: ${leftover}\n  what to do: npm run drill -- recover\n`);
      if (result.left.length > 0) codes.push(EXIT.platform);
      const report = await judgeNewRun(result.directory);
      reports.push(report);
      codes.push(exitOf(report));
    }
    if (flags.repeat > 1) writeRepeat(reports, flags.reports);
  }
  return WORST.find((code) => codes.includes(code)) ?? EXIT.aborted;
}

function writeRepeat(reports: readonly Report[], directory: string): void {
  if (reports.length === 0) return;
  print(renderRepeat(reports, { width: columns() }));
  const { scenario, id } = (reports[0] as Report).run;
  const base = join(directory, scenario, `repeat-${id}`);
  writeFileSync(`${base}.json`, `${JSON.stringify(summariseRepeat(reports), null, 2)}\n`);
  writeFileSync(`${base}.html`, renderRepeatHtml(reports));
  print(`distribution: ${base}.html`);
}

/** The platform that is up, left as it is; else one that goes with this process. */
export async function platformFor(flags: Pick<RunFlags, 'config'>, signal: AbortSignal): Promise<Platform> {
  const up = await attachLocalPlatform(signal);
  if (up) return up;
  print('no platform is up: starting one for this run');
  const began = performance.now();
  const platform = await startLocalPlatform({
    config: loadLocalConfig(flags.config),
    owned: true,
    signal,
    onProgress: (line) => print(`  ${line}`),
  }).catch((error: unknown) => {
    if (signal.aborted) throw new AbortedError(messageOf(signal.reason));
    throw error;
  });
  print(`platform ready after ${((performance.now() - began) / 1000).toFixed(1)} s`);
  return platform;
}
