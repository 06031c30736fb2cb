import { readFileSync } from 'node:fs';

interface Cpu {
  readonly total: number;
  readonly idle: number;
  readonly steal: number;
}

/** Jiffies since boot, of all processors together. */
export function readCpu(): Cpu {
  const [, ...fields] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] as string).trim().split(/\s+/);
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = fields.map(Number);
  return { total: user + nice + system + idle + iowait + irq + softirq + steal, idle: idle + iowait, steal };
}
