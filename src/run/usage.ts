import { availableParallelism } from 'node:os';
import type { Clock } from '../clock.ts';
import type { EventData } from '../history/event.ts';
import type { ComponentState, Platform } from '../platform/platform.ts';
import { readCpu } from './machine.ts';

const EVERY_MS = 5_000;
const ASK_MS = 3_000;

interface Look {
  readonly atUs: number;
  readonly cpu: ReturnType<typeof readCpu>;
  /** Processor time so far, by name; a process that was started anew has another name. */
  readonly usedUs: ReadonlyMap<string, Used>;
}

interface Used {
  readonly label: string;
  readonly us: number;
}

/** Who uses the processors while there is load: the evidence for whether the platform, the generator or the machine was the limit. */
export class Usage implements Disposable {
  private readonly platform: Platform;
  private readonly clock: Clock;
  private readonly onUsage: (usage: EventData['usage']) => void;
  private readonly generators = new Map<string, number>();
  private readonly timer: NodeJS.Timeout;
  private before: Look | null = null;
  private looking = false;

  constructor(platform: Platform, clock: Clock, onUsage: (usage: EventData['usage']) => void) {
    this.platform = platform;
    this.clock = clock;
    this.onUsage = onUsage;
    this.timer = setInterval(() => void this.next(), EVERY_MS);
  }

  /** What a generator said last of itself. */
  generator(client: string, cpuUs: number): void {
    this.generators.set(client, cpuUs);
  }

  private async next(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    try {
      const look = await this.look();
      if (this.before) this.onUsage(usageBetween(this.before, look));
      this.before = look;
    } catch {
      // A platform that does not answer leaves a hole in what is known, and nothing else.
      this.before = null;
    } finally {
      this.looking = false;
    }
  }

  private async look(): Promise<Look> {
    const states = (await this.platform.abilities.processes?.observe(AbortSignal.timeout(ASK_MS))) ?? [];
    const usedUs = new Map<string, Used>(states.flatMap((state) => componentTime(state)));
    for (const [client, us] of this.generators) usedUs.set(`generator ${client}`, { label: 'generator', us });
    const { user, system } = process.cpuUsage();
    usedUs.set('harness', { label: 'harness', us: user + system });
    return { atUs: this.clock.nowUs(), cpu: readCpu(), usedUs };
  }

  [Symbol.dispose](): void {
    clearInterval(this.timer);
  }
}

function componentTime({ site, component, node, pid, cpuUs }: ComponentState): [string, Used][] {
  return cpuUs === undefined ? [] : [[`${site} ${component}/${node} ${pid}`, { label: component, us: cpuUs }]];
}

/** What each kind of process used between two looks, in processors; one that began between them counts from its beginning. */
export function usageBetween(before: Look, after: Look): EventData['usage'] {
  const us = Math.max(1, after.atUs - before.atUs);
  const by: Record<string, number> = {};
  for (const [name, { label, us: used }] of after.usedUs) {
    const since = Math.max(0, used - (before.usedUs.get(name)?.us ?? 0));
    by[label] = (by[label] ?? 0) + since / us;
  }
  const total = Math.max(1, after.cpu.total - before.cpu.total);
  return {
    from_us: before.atUs,
    to_us: after.atUs,
    cores: availableParallelism(),
    busy: 1 - (after.cpu.idle - before.cpu.idle) / total,
    by: Object.fromEntries(Object.entries(by).map(([label, value]) => [label, Math.round(value * 1000) / 1000])),
  };
}
