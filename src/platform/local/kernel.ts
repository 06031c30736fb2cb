import { release } from 'node:os';
import { messageOf } from '../../errors.ts';
import type { Lack } from '../platform.ts';
import { command } from './command.ts';

/** What the kernel is able to do that not every kernel is: why not, and what would help; null: it can. */
export interface Kernel {
  readonly netem: Lack | null;
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
  if (system !== 'linux')
    return {
      netem: { why: `this is ${system}, where no delay can be tried`, help: 'plan it where the platform runs' },
    };
  try {
    await run(TRIAL);
    return { netem: null };
  } catch (error) {
    return { netem: whyNoDelay(messageOf(error)) };
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
