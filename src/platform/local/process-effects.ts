import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../errors.ts';
import type { LoopState, ProcessTarget } from '../platform.ts';
import type { Undo } from '../undo.ts';
import type { ManagedComponent } from './components.ts';
import type { LastingEffect } from './effects.ts';
import type { Inventory } from './inventory.ts';
import { crashing, Loops, type Ordeal, starving } from './loops.ts';
import type { UndoGuard } from './register.ts';

const UNDO_MS = 240_000;
/** One whose disk was full may not be able to end in order. */
const RESTART_GRACE_MS = 15_000;
/**
 * A JanusGraph that came up while its store's name had no address takes the machine's own for it and never asks again: one that runs so long
 * beside a store that serves, and does not serve, would not do so by itself.
 */
const STUCK_MS = 90_000;

/** Database processes that end, are paused, or suffer over and over. What lasts by itself are the loops; the rest is what the processes are. */
export class ProcessEffects implements LastingEffect {
  private readonly inventory: Inventory;
  private readonly guard: UndoGuard;
  private readonly loops: Loops;
  private readonly onEvent: (type: string, what: string) => void;
  private readonly stuckMs: number;
  /** Ended for a restart that is not through. */
  private readonly restarting = new Set<ManagedComponent>();

  constructor(
    inventory: Inventory,
    guard: UndoGuard,
    onEvent: (type: string, what: string) => void,
    stuckMs = STUCK_MS,
  ) {
    this.inventory = inventory;
    this.guard = guard;
    this.onEvent = onEvent;
    this.stuckMs = stuckMs;
    this.loops = new Loops((problem) => onEvent('defect', messageOf(problem)));
  }

  end(target: ProcessTarget, graceMs: number): Promise<void> {
    return this.guard.under(undoOf(target), () => {
      for (const one of this.inventory.targets(target)) void one.stop(graceMs);
    });
  }

  pause(target: ProcessTarget): Promise<void> {
    return this.guard.under(undoOf(target), () => {
      for (const one of this.inventory.targets(target)) one.pause();
    });
  }

  /** `againMs`: once more so long after it serves; null: once. */
  crash(id: string, target: ProcessTarget, graceMs: number, againMs: number | null): Promise<void> {
    return this.begin(id, target, crashing({ graceMs, againMs }));
  }

  starve(id: string, target: ProcessTarget, share: number): Promise<void> {
    return this.begin(id, target, starving(share));
  }

  list(): readonly LoopState[] {
    return this.loops.list();
  }

  inForce(): readonly string[] {
    return this.loops.list().map(({ id }) => id);
  }

  undo(id: string): Promise<void> {
    return this.loops.end(id);
  }

  /** What is paused is let run, what does not run is started, Cassandra before JanusGraph; resolves when all of it is ready. */
  async start(target: ProcessTarget): Promise<void> {
    const limit = AbortSignal.timeout(UNDO_MS);
    await Promise.all(this.inventory.ofTarget('cassandra', target).map((one) => one.start(limit, 'inside')));
    await Promise.all(this.inventory.ofTarget('janusgraph', target).map((one) => this.startGraph(one, limit)));
  }

  private async startGraph(one: ManagedComponent, limit: AbortSignal): Promise<void> {
    // One that is on its way out, hung in its shutdown perhaps, is started anew by its start.
    const ran = one.state().state === 'running' && !one.isEnding;
    const starting = one.start(limit, 'inside');
    if (!ran) return starting;
    const over = new AbortController();
    const late = sleep(this.stuckMs, 'late', { signal: over.signal });
    try {
      if ((await Promise.race([starting, late])) !== 'late') return;
    } finally {
      over.abort();
      late.catch(() => {});
    }
    const what = `${one.name} ran for ${this.stuckMs / 1000} s beside its store and did not serve: ended, and started anew`;
    this.onEvent('component-stuck', what);
    await one.stop(RESTART_GRACE_MS);
    await starting.catch(() => {});
    await one.start(limit, 'inside');
  }

  /** The same once they have ended. Ended once: a start that takes too long is waited for again, and not begun again. */
  async restart(target: ProcessTarget): Promise<void> {
    const all = this.inventory.targets(target);
    const first = all.filter((one) => !this.restarting.has(one));
    for (const one of first) this.restarting.add(one);
    await Promise.all(first.map((one) => one.stop(RESTART_GRACE_MS)));
    await this.start(target);
    for (const one of all) this.restarting.delete(one);
  }

  private begin(id: string, target: ProcessTarget, ordeal: Ordeal): Promise<void> {
    this.guard.require(undoOf(target));
    return this.guard.under({ kind: 'loop', params: { id } }, () =>
      this.loops.begin(id, this.inventory.targets(target), ordeal),
    );
  }
}

function undoOf({ site, components, node }: ProcessTarget): Undo {
  return { kind: 'processes', params: { site, components, ...(node !== undefined && { node }) } };
}
