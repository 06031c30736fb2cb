import { EXIT, type ExitCode } from '../errors.ts';
import { loadLocalConfig } from '../platform/local/config.ts';
import {
  attachLocalPlatform,
  localPlatformStatus,
  startLocalPlatform,
  stopLocalPlatform,
} from '../platform/local/local-platform.ts';
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

/** `recover`: undoes every fault that is in force, then proves that none is left. */
export async function recoverCommand(): Promise<ExitCode> {
  const signal = AbortSignal.timeout(UNDO_MS);
  const platform = await attachLocalPlatform(signal);
  if (!platform) {
    print('no platform is up: what was in force went with it');
    return EXIT.pass;
  }
  await using _platform = platform;
  for (const { fault, run } of (await platform.register.list(signal)).toReversed()) {
    print(`undoing ${fault} of run ${run}`);
    for (const { undo, ok, error } of await platform.register.undo(fault, signal))
      print(`  ${undo.kind}: ${ok ? 'done' : error}`);
  }
  const left = await platform.register.list(signal);
  const states = (await platform.abilities.processes?.observe(signal)) ?? [];
  const down = states.filter(({ state }) => state !== 'ready');
  for (const { fault } of left) print(`still in force: ${fault}`);
  for (const { site, component, node, state } of down) print(`not ready: ${site} ${component}/${node} is ${state}`);
  const rules = (await Promise.all(left.map(({ fault }) => platform.abilities.network?.observe(fault, signal)))).flat();
  if (left.length === 0 && down.length === 0 && rules.length === 0) {
    print('nothing is in force; every component is ready');
    return EXIT.pass;
  }
  print('what to do: npm run drill -- platform down, then platform up');
  return EXIT.platform;
}
