import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { buildK6 } from '../../k6/build.ts';
import { exitOf } from '../check/exit-code.ts';
import type { Report } from '../check/report-schema.ts';
import { AbortedError, EXIT, type ExitCode, InputError, PlatformError } from '../errors.ts';
import type { SigningSecrets } from '../evidence/signing-key.ts';
import { authorityOf, type TimestampAuthority } from '../evidence/timestamp-request.ts';
import { leverFile } from '../platform/local/paths.ts';
import { renderRepeat, renderRepeatHtml, summariseRepeat } from '../report/repeat.ts';
import type { Anchoring } from '../run/anchor.ts';
import { authorise, needsWord } from '../run/authorisation.ts';
import { pulledLever } from '../run/lever.ts';
import { type RunOptions, runPlan } from '../run/runner.ts';
import type { PlannedDeclaration } from '../scenario/drill-file.ts';
import { declarationFor } from '../scenario/drill-file-load.ts';
import { expectedPhases } from '../scenario/expected-duration.ts';
import { type LoadedScenario, loadScenario } from '../scenario/load.ts';
import { drawSeed } from '../scenario/picks.ts';
import { resolvePlan } from '../scenario/resolve.ts';
import { columns, print, SCENARIOS } from './context.ts';
import { signAndSay, signerFor, stampAndSay } from './evidence.ts';
import { fail } from './fail.ts';
import { judgeNewRun } from './judge.ts';
import { LiveView } from './live-view.ts';
import { type PlatformFlags, type PlatformSource, sourceFor } from './platform-source.ts';
import { REGISTRIES } from './registries.ts';
import { runRegister } from './verify.ts';

export interface RunFlags extends PlatformFlags {
  readonly repeat: number;
  /** Of the random picks, in the place of the scenarios' own. */
  readonly seed?: number;
  /** Operations of load a second, in the place of the scenarios' own. */
  readonly loadRate?: number;
  readonly reports: string;
  readonly ticket?: string;
  readonly approver?: string;
  readonly window?: string;
  readonly signKey?: string;
  readonly signCommand?: string;
  readonly publicKey?: string;
  /** Of a time stamping authority. */
  readonly tsa?: string;
  readonly tsaCommand?: string;
  /** Before the first fault: `tsa`, a Git remote, or one of each. */
  readonly anchor?: readonly string[];
  readonly anchorOptional?: boolean;
  /** What people declare, in the place of the drill file beside the one scenario. */
  readonly drill?: string;
}

/** A scenario, the seed of each run of it, and what people declared before. */
interface Seeded {
  readonly scenario: LoadedScenario;
  readonly seeds: readonly number[];
  readonly declared: PlannedDeclaration | null;
}

/** How far the first fault of a repeated run may be put off. */
const JITTER_US = 10_000_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The whole of it, in the order in which the worst comes first. */
const WORST: readonly ExitCode[] = [
  EXIT.defect,
  EXIT.platform,
  EXIT.badInput,
  EXIT.evidence,
  EXIT.aborted,
  EXIT.objectiveMissed,
  EXIT.unknown,
  EXIT.pass,
];

/** What a run left: which of the names it was, where, and what was made of it; null: no report. */
type OnRun = (index: number, directory: string, report: Report | null) => void;

/** `run NAME…`: each scenario in order, on a platform that is up, or on one of its own. */
export async function runCommand(
  names: readonly string[],
  flags: RunFlags,
  secrets: SigningSecrets,
  onRun: OnRun = () => {},
): Promise<ExitCode> {
  // A key that cannot be used is no news for after the run.
  const signer = signerFor(flags, secrets);
  const authority = authorityOf(flags);
  const anchoring = anchoringOf(flags, authority);
  if (flags.drill !== undefined && names.length !== 1)
    throw new InputError('--drill: expected one scenario', {
      hint: 'a drill file beside each scenario is taken by itself',
    });
  const loaded: Seeded[] = [];
  // Every mistake of every scenario, whatever it picks, before anything starts.
  for (const name of names) {
    const scenario = await loadScenario(name, { registries: REGISTRIES, directory: SCENARIOS });
    const seedOf = (): number => flags.seed ?? scenario.scenario.seed ?? drawSeed();
    const declared = declarationFor(scenario, flags.drill);
    loaded.push({ scenario, seeds: Array.from({ length: flags.repeat }, seedOf), declared });
  }
  const source = await sourceFor(
    flags,
    loaded.map(({ scenario }) => scenario),
  );
  const { limits, authorisation } = await permitted(loaded, flags, source);
  const hasLoad = loaded.some(({ scenario: { scenario } }) => Object.keys(scenario.load).length > 0);
  const generator = hasLoad ? buildK6((line) => print(line)) : undefined;
  const interrupt = new AbortController();
  let asked = 0;
  const stop = (signal: NodeJS.Signals): void => {
    asked += 1;
    process.stderr.write(
      asked === 1 ? `\n${signal}: healing first, then reporting what was measured\n` : '\nstill healing; please wait\n',
    );
    interrupt.abort(new Error(`interrupted (${signal})`));
  };
  const codes: ExitCode[] = [];
  // Whatever goes wrong here, what was injected is undone first.
  const wentWrong = (error: Error): void => {
    codes.push(fail(error));
    interrupt.abort(error);
  };
  // An exercise runs several of these after each other: each listens for itself, and no longer than it lasts.
  using listeners = new DisposableStack();
  for (const signal of SIGNALS) {
    process.on(signal, stop);
    listeners.defer(() => process.off(signal, stop));
  }
  process.on('uncaughtException', wentWrong);
  listeners.defer(() => process.off('uncaughtException', wentWrong));
  await using platform = await source.open(interrupt.signal);
  // One may have come up since it was asked which it would be.
  if (authorisation === null && needsWord(platform.facts().environment))
    throw new PlatformError('the platform that is up now is in production');
  for (const [index, { scenario, seeds, declared }] of loaded.entries()) {
    const reports: Report[] = [];
    for (const [n, seed] of seeds.entries()) {
      // Those that were asked for and did not come to run.
      const stopped = pulledLever(limits.lever) !== null || (limits.untilMs !== null && Date.now() >= limits.untilMs);
      if (interrupt.signal.aborted || stopped) codes.push(EXIT.aborted);
      if (interrupt.signal.aborted || stopped) break;
      if (flags.repeat > 1) print(`\n${scenario.scenario.name}: run ${n + 1} of ${flags.repeat}`);
      // A random phase of the fault, against everything periodic that the platform does.
      const jitterUs = flags.repeat > 1 ? randomInt(0, JITTER_US) : 0;
      const options = { jitterUs, seed, declared, loadRate: flags.loadRate ?? null };
      const plan = resolvePlan({ loaded: scenario, platform: platform.facts(), ...REGISTRIES, options });
      const view = new LiveView(plan);
      const result = await runPlan({
        plan,
        scenarioBytes: scenario.bytes,
        platform,
        reports: flags.reports,
        signal: interrupt.signal,
        onProgress: (progress) => view.say(progress),
        onSession: (session) => view.watch(session),
        limits,
        authorisation,
        operators: operators(),
        programs: { generator },
        anchoring,
        register: runRegister(),
      }).finally(() => view.end());
      for (const leftover of result.left)
        process.stderr.write(`left behind: ${leftover}\n  what to do: ${platform.recover}\n`);
      if (result.left.length > 0) codes.push(EXIT.platform);
      const report = await judgeNewRun(result.directory, signer, authority !== null).catch((error: unknown) => {
        // What was left behind, or aborted, is still to be said by the exit code.
        codes.push(fail(error));
        return null;
      });
      if (report !== null) {
        reports.push(report);
        codes.push(exitOf(report));
        if (signer !== null)
          await signAndSay(result.directory, signer).catch((error: unknown) => codes.push(fail(error)));
        if (authority !== null)
          await stampAndSay(result.directory, authority).catch((error: unknown) => codes.push(fail(error)));
      }
      onRun(index, result.directory, report);
    }
    if (flags.repeat > 1) writeRepeat(reports, flags.reports);
  }
  return WORST.find((code) => codes.includes(code)) ?? EXIT.aborted;
}

/**
 * What people must have said, and what stops everything, before anything starts. An AbortedError while the lever is pulled; an InputError for
 * what does not fit together, or lacks people's word.
 */
async function permitted(
  scenarios: readonly Seeded[],
  flags: RunFlags,
  source: PlatformSource,
): Promise<Pick<RunOptions, 'limits' | 'authorisation'>> {
  const lever = leverFile();
  const pulled = pulledLever(lever);
  if (pulled !== null)
    throw new AbortedError(`the lever is pulled: ${pulled}`, {
      hint: 'npm run drill -- stop --clear, once it may go on',
    });
  const { facts: platform, startMs } = await source.look();
  // What people declared was read before; whether it fits this platform shows here.
  for (const { scenario } of scenarios) declarationFor(scenario, flags.drill, platform.environment);
  const plans = scenarios.flatMap(({ scenario, seeds }) =>
    seeds.map((seed) =>
      resolvePlan({ loaded: scenario, platform, ...REGISTRIES, options: { seed, loadRate: flags.loadRate ?? null } }),
    ),
  );
  const allUs = plans.flatMap((plan) => expectedPhases(plan, REGISTRIES.faults)).reduce((sum, { us }) => sum + us, 0);
  const authorisation = authorise(platform.environment, flags, {
    operators: operators(),
    now: new Date(),
    expectedMs: (allUs + flags.repeat * JITTER_US) / 1000 + startMs,
  });
  return { authorisation, limits: { lever, untilMs: authorisation && Date.parse(authorisation.window.to) } };
}

/** Who is given each intent before the first fault; null: nobody. An InputError for what does not fit together. */
export function anchoringOf(
  { anchor = [], anchorOptional = false }: Pick<RunFlags, 'anchor' | 'anchorOptional'>,
  authority: TimestampAuthority | null,
): Anchoring | null {
  const [remote, ...more] = anchor.filter((one) => one !== 'tsa');
  const stamped = anchor.includes('tsa');
  if (stamped && authority === null)
    throw new InputError('--anchor tsa: expected a time stamping authority', { hint: 'give --tsa URL' });
  if (more.length > 0) throw new InputError('--anchor: expected `tsa` and one Git remote at most');
  if (anchor.length === 0 && anchorOptional) throw new InputError('--anchor-optional: expected --anchor with it');
  return anchor.length === 0
    ? null
    : { authority: stamped ? authority : null, remote: remote ?? null, optional: anchorOptional };
}

/** Who runs this: the user, and who became this user. A user without a name has a number. */
export function operators(): readonly string[] {
  const { SUDO_USER } = process.env;
  return [SUDO_USER, userName()].filter((name) => name !== undefined && name !== '') as string[];
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.()}`;
  }
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
