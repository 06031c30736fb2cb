import { setTimeout as sleep } from 'node:timers/promises';
import type { LoopState } from '../platform.ts';

/** What can be made to suffer over and over: a component of the platform. */
export interface Mortal {
  readonly name: string;
  /** Ends it, kills it after `withinMs`; resolves when its process is gone. */
  stop(withinMs: number): Promise<void>;
  /** Resolves once it serves again. */
  start(signal: AbortSignal, from: 'inside' | 'outside'): Promise<void>;
  pause(): void;
  resume(): void;
}

/** One thing that is done to one component until `over`; each time it says so. */
export type Ordeal = (mortal: Mortal, happened: () => void, over: AbortSignal) => Promise<void>;

interface Loop {
  readonly counts: Record<string, number>;
  readonly broken: string[];
  readonly over: AbortController;
  readonly done: Promise<unknown>;
}

/** What goes on happening to components until it is ended, each for itself. */
export class Loops {
  private readonly inForce = new Map<string, Loop>();
  private readonly onProblem: (problem: unknown) => void;

  /** `onProblem`: one could not be started again. Its loop is over then; it stays in force, so that the undo starts it. */
  constructor(onProblem: (problem: unknown) => void) {
    this.onProblem = onProblem;
  }

  begin(id: string, mortals: readonly Mortal[], ordeal: Ordeal): void {
    if (this.inForce.has(id)) throw new Error(`${id} is in force already`);
    const counts: Record<string, number> = {};
    const broken: string[] = [];
    const over = new AbortController();
    const loops = mortals.map((mortal) => {
      const happened = (): void => {
        counts[mortal.name] = (counts[mortal.name] ?? 0) + 1;
      };
      return ordeal(mortal, happened, over.signal).catch((problem: unknown) => {
        broken.push(mortal.name);
        this.onProblem(problem);
      });
    });
    this.inForce.set(id, { counts, broken, over, done: Promise.all(loops) });
  }

  /** Resolves when nothing of it will happen any more; what is being started goes on to start. None of this id: nothing to do. */
  async end(id: string): Promise<void> {
    const loop = this.inForce.get(id);
    loop?.over.abort();
    await loop?.done;
    this.inForce.delete(id);
  }

  list(): readonly LoopState[] {
    return [...this.inForce].map(([id, { counts, broken }]) => ({ id, counts: { ...counts }, broken: [...broken] }));
  }
}

const START_MS = 240_000;

/** It dies and is started again at once, as under a restarter: once (`againMs` null), or again so long after it serves. */
export function crashing({ graceMs, againMs }: { graceMs: number; againMs: number | null }): Ordeal {
  return async (mortal, happened, over) => {
    while (!over.aborted) {
      await mortal.stop(graceMs);
      happened();
      const started = mortal.start(AbortSignal.timeout(START_MS), 'inside');
      started.catch(() => {});
      await Promise.race([started, aborted(over)]);
      if (againMs === null || over.aborted) return;
      await sleep(againMs, undefined, { signal: over }).catch(() => {});
    }
  };
}

/** How long a process is stopped and let run in turn: shorter than any time-out, longer than a slice of the kernel's scheduler. */
const TURN_MS = 100;

/** It is let run only a share of the time, between 0 and 1: SIGSTOP and SIGCONT in turn, which any user may send to his own. */
export function starving(share: number): Ordeal {
  return async (mortal, happened, over) => {
    try {
      while (!over.aborted) {
        mortal.pause();
        happened();
        await sleep(TURN_MS * (1 - share), undefined, { signal: over }).catch(() => {});
        mortal.resume();
        await sleep(TURN_MS * share, undefined, { signal: over }).catch(() => {});
      }
    } finally {
      mortal.resume();
    }
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
