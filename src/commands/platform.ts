import { EXIT, type ExitCode, messageOf, PlatformError } from '../errors.ts';
import { loadLocalConfig } from '../platform/local/config.ts';
import {
  attachLocalPlatform,
  localPlatformStatus,
  startLocalPlatform,
  stopLocalPlatform,
} from '../platform/local/local-platform.ts';
import type { ComponentState, Platform } from '../platform/platform.ts';
import { print } from './context.ts';

const UNDO_MS = 300_000;

/** `platform up`: starts one that stays. */
export async function upCommand(config?: string): Promise<ExitCode> {
  const began = performance.now();
  await using _platform = await startLocalPlatform({
    config: loadLocalConfig(config),
    owned: false,
    signal: AbortSignal.timeout(600_000),
    onProgress: (line) => print(`  ${line}`),
  });
  print(`up after ${((performance.now() - began) / 1000).toFixed(1)} s; npm run drill -- platform down ends it`);
  return EXIT.pass;
}

/** `platform down`: ends the platform that is up, with everything in it. */
export async function downCommand(): Promise<ExitCode> {
  const stopped = await stopLocalPlatform(AbortSignal.timeout(30_000));
  print(stopped ? 'down' : 'no platform is up');
  return EXIT.pass;
}

/** `platform status`: each component, and what is in force. */
export async function statusCommand(): Promise<ExitCode> {
  const status = await localPlatformStatus(AbortSignal.timeout(10_000));
  if (!status) {
    print('no platform is up');
    return EXIT.pass;
  }
  for (const { site, component, node, state, pid } of status.components) {
    print(`${site.padEnd(12)} ${`${component}/${node}`.padEnd(14)} ${state}${pid === null ? '' : ` (process ${pid})`}`);
  }
  for (const { fault, run, expiresInMs } of status.faults) {
    print(`in force: ${fault} of run ${run}, undone in ${Math.ceil(expiresInMs / 1000)} s unless renewed`);
  }
  print(status.run === null ? 'no run' : `in use by run ${status.run}`);
  return EXIT.pass;
}

/**
 * `recover`: undoes every fault that is in force, and what nothing would undo any more, then proves that nothing is left. While a run uses the
 * platform it does nothing unless it is forced: that run heals itself, and may inject its next fault at any moment.
 */
export async function recoverCommand({ force }: { readonly force: boolean }): Promise<ExitCode> {
  const signal = AbortSignal.timeout(UNDO_MS);
  const run = (await localPlatformStatus(signal))?.run ?? null;
  if (run !== null && !force) {
    print(`the run ${run} uses the platform, and heals what it injects: end it with Ctrl-C first, or give --force`);
    return EXIT.platform;
  }
  const platform = await attachLocalPlatform(signal, { borrowed: true });
  if (!platform) {
    print('no platform is up: what was in force went with it');
    return EXIT.pass;
  }
  await using _platform = platform;
  return (await recover(platform, signal, print)) ? EXIT.pass : EXIT.platform;
}

/** Undoes everything that is in force, all of it at once and each whatever becomes of the others; false when something is left. */
export async function recover(
  platform: Pick<Platform, 'register' | 'abilities'>,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<boolean> {
  const { register } = platform;
  const { network, processes } = platform.abilities;
  await eachOf((await register.list(signal)).toReversed(), say, async ({ fault, run }) => {
    say(`undoing ${fault} of run ${run}`);
    for (const { undo, ok, error } of await register.undo(fault, signal)) say(`  ${undo.kind}: ${ok ? 'done' : error}`);
  });
  const registered = new Set((await register.list(signal)).map(({ fault }) => fault));
  const stray = ((await network?.inForce(signal)) ?? []).filter((id) => !registered.has(id));
  await eachOf(stray, say, async (id) => {
    say(`removing rules that no fault in the register would undo: ${id}`);
    await network?.mend(id, signal);
  });
  const down = async (): Promise<readonly ComponentState[]> =>
    ((await processes?.observe(signal)) ?? []).filter(({ state }) => state !== 'ready');
  // What died by itself is nobody's fault to undo: it is started as if it were.
  const dead = Map.groupBy(await down(), ({ site }) => site);
  await eachOf([...dead], say, async ([site, states]) => {
    const components = [...new Set(states.map(({ component }) => component))];
    say(`starting ${components.join(' and ')} of ${site}`);
    const fault = {
      fault: `recover-${site}`,
      run: 'recover',
      undo: [{ kind: 'processes', params: { site, components } }],
    } as const;
    await register.record(fault, UNDO_MS, signal);
    for (const { ok, error } of await register.undo(fault.fault, signal)) if (!ok) throw new PlatformError(error);
  });
  const left = await register.list(signal);
  const rules = (await network?.inForce(signal)) ?? [];
  const stopped = await down();
  for (const { fault } of left) say(`still in force: ${fault}`);
  for (const id of rules) say(`still in force: rules of ${id}`);
  for (const { site, component, node, state } of stopped) say(`not ready: ${site} ${component}/${node} is ${state}`);
  const healed = left.length === 0 && stopped.length === 0 && rules.length === 0;
  say(
    healed
      ? 'nothing is in force; every component is ready'
      : 'what to do: npm run drill -- platform down, then platform up',
  );
  return healed;
}

/** All at once; what fails is said, and keeps nobody from going on. */
async function eachOf<T>(
  items: readonly T[],
  say: (line: string) => void,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const results = await Promise.allSettled(items.map(work));
  for (const result of results) if (result.status === 'rejected') say(`  failed: ${messageOf(result.reason)}`);
}
