import { release } from 'node:os';
import { messageOf } from '../../errors.ts';
import type { Lack } from '../platform.ts';
import { command } from './command.ts';
import { findMemoryHome } from './memory-home.ts';

/** What the kernel is able to do that not every kernel is: why not, and what would help; null: it can. */
export interface Kernel {
  readonly netem: Lack | null;
  readonly memory: Lack | null;
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
    return { netem: elsewhere, memory: elsewhere };
  }
  const home = findMemoryHome();
  const memory =
    typeof home === 'string' ? { why: home, help: 'root may, or a user to whom systemd gives groups' } : null;
  try {
    await run(TRIAL);
    return { netem: null, memory };
  } catch (error) {
    return { netem: whyNoDelay(messageOf(error)), memory };
  }
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
