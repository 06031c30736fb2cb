import { readdirSync, readFileSync } from 'node:fs';

/** A process as /proc/PID/stat has it (proc(5)). */
export interface Stat {
  readonly pid: number;
  readonly parent: number;
  /** User and system, with that of the children that it has waited for. */
  readonly cpuUs: number;
}

/** What one tick of these figures is: USER_HZ is 100 on every architecture that Node runs on. */
const TICK_US = 10_000;

/** One line of /proc/PID/stat. The name, in brackets, may hold anything. */
export function parseStat(line: string): Stat {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const pid = Number.parseInt(line, 10);
  const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0);
  const parent = Number(fields[1]);
  if (![pid, parent, ticks].every(Number.isInteger)) throw new Error(`not a line of /proc/PID/stat: ${line}`);
  return { pid, parent, cpuUs: ticks * TICK_US };
}

/** CPU of `root` and of everything below it, in µs. */
export function cpuOfTree(root: number, processes: readonly Stat[] = allProcesses()): number {
  const below = Map.groupBy(processes, ({ parent }) => parent);
  const cpuOf = (pid: number): number =>
    (below.get(pid) ?? []).reduce((sum, one) => sum + one.cpuUs + cpuOf(one.pid), 0);
  return (processes.find(({ pid }) => pid === root)?.cpuUs ?? 0) + cpuOf(root);
}

/** CPU of every process one of whose words is one of these, in µs. */
export function cpuOfCommands(words: readonly string[]): number {
  return allProcesses()
    .filter(({ pid }) => commandOf(pid).some((word) => words.includes(word)))
    .reduce((sum, { cpuUs }) => sum + cpuUs, 0);
}

function allProcesses(): readonly Stat[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const line = readGone(`/proc/${name}/stat`);
      return line === '' ? [] : [parseStat(line)];
    });
}

function commandOf(pid: number): readonly string[] {
  return readGone(`/proc/${pid}/cmdline`).split('\0');
}

/** A process may end while it is looked at. */
function readGone(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
