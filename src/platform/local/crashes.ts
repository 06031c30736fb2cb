import { setTimeout as sleep } from 'node:timers/promises';
import type { CrashState } from '../platform.ts';

/** What can be crashed: a component of the platform. */
export interface Mortal {
  readonly name: string;
  /** Ends it, kills it after `withinMs`; resolves when its process is gone. */
  stop(withinMs: number): Promise<void>;
  /** Resolves once it serves again. */
  start(signal: AbortSignal, from: 'inside' | 'outside'): Promise<void>;
}

interface Crash {
  readonly deaths: Record<string, number>;
  readonly over: AbortController;
  readonly done: Promise<unknown>;
}

/** Processes that die and are started again, as under a restarter: once, or over and over until it is ended. */
export class Crashes {
  private readonly inForce = new Map<string, Crash>();
  private readonly onProblem: (problem: unknown) => void;

  /** `onProblem`: one could not be started again. Its crashes are over then; they stay in force, so that the undo starts it. */
  constructor(onProblem: (problem: unknown) => void) {
    this.onProblem = onProblem;
  }

  begin(id: string, mortals: readonly Mortal[], how: { graceMs: number; againMs: number | null }): void {
    if (this.inForce.has(id)) throw new Error(`${id} is in force already`);
    const deaths: Record<string, number> = {};
    const over = new AbortController();
    const loops = mortals.map((mortal) => repeat(mortal, how, deaths, over.signal).catch(this.onProblem));
    this.inForce.set(id, { deaths, over, done: Promise.all(loops) });
  }

  /** Resolves when nothing of it will die any more; one that is being started goes on to start. None of this id: nothing to do. */
  async end(id: string): Promise<void> {
    const crash = this.inForce.get(id);
    crash?.over.abort();
    await crash?.done;
    this.inForce.delete(id);
  }

  list(): readonly CrashState[] {
    return [...this.inForce].map(([id, { deaths }]) => ({ id, deaths: { ...deaths } }));
  }
}

async function repeat(
  mortal: Mortal,
  { graceMs, againMs }: { graceMs: number; againMs: number | null },
  deaths: Record<string, number>,
  over: AbortSignal,
): Promise<void> {
  while (!over.aborted) {
    await mortal.stop(graceMs);
    deaths[mortal.name] = (deaths[mortal.name] ?? 0) + 1;
    const started = mortal.start(AbortSignal.timeout(START_MS), 'inside');
    started.catch(() => {});
    await Promise.race([started, aborted(over)]);
    if (againMs === null || over.aborted) return;
    await sleep(againMs, undefined, { signal: over }).catch(() => {});
  }
}

const START_MS = 240_000;

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
