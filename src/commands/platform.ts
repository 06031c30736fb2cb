import { EXIT, type ExitCode, InputError, messageOf, messageWithHint } from '../errors.ts';
import { loadLocalConfig } from '../platform/local/config.ts';
import {
  attachLocalPlatform,
  localPlatformStatus,
  removeWhatIsLeft,
  startLocalPlatform,
  stopLocalPlatform,
} from '../platform/local/local-platform.ts';
import { leverFile } from '../platform/local/paths.ts';
import { healPlatform } from '../run/heal-platform.ts';
import { pulledLever, pullLever, releaseLever } from '../run/lever.ts';
import { restartSite } from '../run/restart.ts';
import { print } from './context.ts';
import { sitesOfFile } from './platform-source.ts';

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
  const pulled = pulledLever(leverFile());
  if (pulled !== null) print(`the lever is pulled: ${pulled}`);
  print(status.run === null ? 'no run' : `in use by run ${status.run}`);
  return EXIT.pass;
}

/** `stop REASON`: pulls the lever. Every run heals and ends, and none begins until it is released. */
export function stopCommand(reason: string, { clear }: { readonly clear: boolean }): ExitCode {
  const lever = leverFile();
  if (clear) {
    print(
      releaseLever(lever) ? `the lever is released: runs may begin (${lever})` : `the lever was not pulled (${lever})`,
    );
    return EXIT.pass;
  }
  if (reason.trim() === '')
    throw new InputError('stop: expected a reason, such as: npm run drill -- stop "payments are slow"');
  pullLever(lever, reason);
  print(
    `the lever is pulled (${lever}): every run heals and ends, and none begins until: npm run drill -- stop --clear`,
  );
  return EXIT.pass;
}

interface RecoverFlags {
  readonly force: boolean;
  /** A site of which everything is restarted once nothing is in force. */
  readonly restart?: string;
  /** A platform file; absent: the local platform. */
  readonly platform?: string;
}

/**
 * `recover`: undoes every fault that is in force, and what nothing would undo any more, then proves that nothing is left. While a run uses the
 * platform it does nothing unless it is forced: that run heals itself, and may inject its next fault at any moment.
 */
export async function recoverCommand({ force, restart, platform: file }: RecoverFlags): Promise<ExitCode> {
  if (file !== undefined) return recoverSites(file, force, restart);
  const signal = AbortSignal.timeout(UNDO_MS);
  await using platform = await attachLocalPlatform(signal, { borrowed: true });
  if (!platform) {
    await removeWhatIsLeft();
    print('no platform is up: what was in force went with it');
    return EXIT.pass;
  }
  await using held = new AsyncDisposableStack();
  try {
    if (!force) held.use(await platform.lock('recover', signal));
  } catch (error) {
    print(
      `${messageOf(error)}, which heals what it injects: end it with Ctrl-C first. If it hangs or is suspended: npm run drill -- recover --force`,
    );
    return EXIT.platform;
  }
  const left = await healPlatform(platform, print);
  if (restart !== undefined && left.length === 0) await restartSite(platform, restart, print);
  for (const one of left) print(one);
  print(
    left.length === 0
      ? 'nothing is in force; every component is ready'
      : 'what to do: run recover again in a minute (the platform tries by itself every 10 s); if it stays: npm run drill -- platform down, then platform up, which begins with empty databases',
  );
  return left.length === 0 ? EXIT.pass : EXIT.platform;
}

/** The same on Kubernetes, at each site whatever becomes of the others. */
async function recoverSites(file: string, force: boolean, restart?: string): Promise<ExitCode> {
  const sites = await sitesOfFile(file);
  const names = sites.map(({ site }) => site);
  if (restart !== undefined && !names.includes(restart))
    throw new InputError(`--restart: expected one of ${names.join(', ')}, got ${restart}`);
  const results = await Promise.all(
    sites.map(async ({ site, open }) => {
      const said = (line: string): string => `${site}: ${line}`;
      try {
        await using platform = open();
        await using held = new AsyncDisposableStack();
        if (!force) held.use(await platform.lock('recover', AbortSignal.timeout(UNDO_MS)));
        const say = (line: string): void => print(said(line));
        const left = await healPlatform(platform, say);
        if (restart === site && left.length === 0) await restartSite(platform, restart, say);
        return left.map(said);
      } catch (error) {
        return [said(`not looked at: ${messageWithHint(error)}`)];
      }
    }),
  );
  const left = results.flat();
  for (const one of left) print(one);
  print(
    left.length === 0
      ? 'nothing is in force; every component is ready'
      : 'what to do: run recover again in a minute (the healers try by themselves); with --force also where a run that hangs holds a site',
  );
  return left.length === 0 ? EXIT.pass : EXIT.platform;
}
