import { release } from 'node:os';
import { messageOf } from '../../errors.ts';
import type { Lack } from '../platform.ts';
import { command } from './command.ts';
import { type Controller, findGroupHome } from './group-home.ts';
import { diskUnder } from './io-limits.ts';
import { stateDirectory } from './paths.ts';

/** What the kernel is able to do that not every kernel is: why not, and what would help; null: it can. */
export interface Kernel {
  readonly netem: Lack | null;
  readonly memory: Lack | null;
  readonly diskSpeed: Lack | null;
  readonly cpu: Lack | null;
}

/** A delay in a user and network namespace of its own, which go with the command. */
const TRIAL = [
  ...['unshare', '--user', '--map-root-user', '--net', '--'],
  ...['tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'netem', 'delay', '1ms'],
] as const;

/** Tries what this machine's kernel can; touches nothing that stays. */
export async function tryKernel(
  run: (argv: readonly string[]) => Promise<unknown> = command,
  system: string = process.platform,
): Promise<Kernel> {
  if (system !== 'linux') {
    const elsewhere = { why: `this is ${system}, where nothing can be tried`, help: 'plan it where the platform runs' };
    return { netem: elsewhere, memory: elsewhere, diskSpeed: elsewhere, cpu: elsewhere };
  }
  const groups = { memory: noGroups('memory'), diskSpeed: noGroups('disk') ?? noDisk(), cpu: noGroups('cpu') };
  try {
    await run(TRIAL);
    return { netem: null, ...groups };
  } catch (error) {
    return { netem: whyNoDelay(messageOf(error)), ...groups };
  }
}

function noGroups(controller: Controller): Lack | null {
  const home = findGroupHome(controller);
  return typeof home === 'string' ? { why: home, help: 'root may, or a user to whom systemd gives groups' } : null;
}

function noDisk(): Lack | null {
  const disk = diskUnder(stateDirectory());
  return typeof disk === 'string' ? { why: disk, help: 'DRILL_STATE names another directory' } : null;
}

/** `tc` says in two ways that the kernel knows no such discipline; everything else kept it from being tried. */
function whyNoDelay(said: string): Lack {
  const unknown = /qdisc kind is unknown|RTNETLINK answers: No such file or directory/.test(said);
  if (!unknown) return { why: `a delay cannot be tried: ${said}`, help: 'npm run doctor' };
  return {
    why: `the kernel ${release()} has no sch_netem`,
    help: 'sudo modprobe sch_netem, where the kernel has it as a module (linux-modules-extra-… on Ubuntu, kernel-modules-extra on Fedora); else another kernel (CONFIG_NET_SCH_NETEM)',
  };
}
