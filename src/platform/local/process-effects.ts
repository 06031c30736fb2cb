import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, PlatformError } from '../../errors.ts';
import { DATABASES } from '../components.ts';
import type { LoopState, ProcessTarget } from '../platform.ts';
import type { Undo } from '../undo.ts';
import type { ManagedComponent } from './components.ts';
import type { LastingEffect } from './effects.ts';
import type { Inventory } from './inventory.ts';
import { crashing, Loops, type Ordeal, starving } from './loops.ts';
import type { UndoGuard } from './register.ts';

const UNDO_MS = 240_000;
const LOST_POLL_MS = 100;
/** One whose disk was full may not be able to end in order. */
const RESTART_GRACE_MS = 15_000;
/**
 * A JanusGraph that came up while its store's name had no address takes the machine's own for it and never asks again: one that is not ready so
 * long after it was asked to be, its store ready all the while, would not be so by itself. Longer than the two minutes in which the plan promises a restart.
 */
const STUCK_MS = 150_000;

/** Database processes that end, are paused, or suffer over and over. What lasts by itself are the loops; the rest is what the processes are. */
export class ProcessEffects implements LastingEffect {
  private readonly inventory: Inventory;
  private readonly guard: UndoGuard;
  private readonly loops: Loops;
  private readonly onEvent: (type: string, what: string) => void;
  private readonly stuckMs: number;
  private readonly isLost: (site: string) => boolean;
  /** The processes that a restart has begun: until one of them is ready, or gone, it is waited for, and not begun again. */
  private readonly restarting = new Map<ManagedComponent, number | null>();
  private readonly graphs = new Map<ManagedComponent, Promise<void>>();

  constructor(
    inventory: Inventory,
    guard: UndoGuard,
    onEvent: (type: string, what: string) => void,
    isLost: (site: string) => boolean = () => false,
    stuckMs = STUCK_MS,
  ) {
    this.isLost = isLost;
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
    if (this.isLost(target.site)) await this.whenFound(target.site);
    await this.startNow(target);
  }

  /** A site that has lost its data is started by its restore, and by nobody else before: a database would begin with nothing, and be whole to all who look. */
  private async whenFound(site: string): Promise<void> {
    for (const untilMs = performance.now() + UNDO_MS; this.isLost(site); await sleep(LOST_POLL_MS)) {
      if (performance.now() > untilMs)
        throw new PlatformError(
          `${site} has lost its data, and was not restored within ${UNDO_MS / 1000} s: it is not started`,
        );
    }
  }

  /** The same, whatever was lost. */
  async startNow(target: ProcessTarget): Promise<void> {
    const limit = AbortSignal.timeout(UNDO_MS);
    const databases = Promise.all(
      this.inventory.ofTarget('cassandra', target).map((one) => one.start(limit, 'inside')),
    );
    const graphs = databases.then(() =>
      Promise.all(this.inventory.ofTarget('janusgraph', target).map((one) => this.startGraph(one, limit))),
    );
    // These do not wait for any of the others; one that needs its graph is ready when that is.
    const others = this.inventory.others(target, DATABASES);
    const started = await Promise.allSettled([graphs, ...others.map((one) => one.start(limit, 'inside'))]);
    for (const one of started) if (one.status === 'rejected') throw one.reason;
  }

  /** Once at a time: who else waits for it must not be told that it ended while it started. */
  private startGraph(one: ManagedComponent, limit: AbortSignal): Promise<void> {
    one.resume();
    const under = this.graphs.get(one);
    if (under !== undefined) return under;
    const work = this.startGraphNow(one, limit).finally(() => this.graphs.delete(one));
    this.graphs.set(one, work);
    return work;
  }

  private async startGraphNow(one: ManagedComponent, limit: AbortSignal): Promise<void> {
    const { state, pid } = one.state();
    // One that is on its way out, hung in its shutdown perhaps, is started anew by its start.
    const ran = state === 'running' && !one.isEnding && this.storeIsReady(one.site);
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
    // Another process by now, or none that could have served.
    if (one.state().pid !== pid || !this.storeIsReady(one.site)) return starting;
    const what = `${one.name} was not ready within ${this.stuckMs / 1000} s, its store ready beside it: ended, and started anew`;
    this.onEvent('component-stuck', what);
    await one.stop(RESTART_GRACE_MS);
    await starting.catch(() => {});
    await one.start(limit, 'inside');
  }

  /** The same once they have ended. Ended once: a start that takes too long is waited for again, and not begun again. */
  async restart(target: ProcessTarget): Promise<void> {
    if (this.isLost(target.site)) await this.whenFound(target.site);
    const all = this.inventory.targets(target);
    const first = all.filter((one) => {
      const { state, pid } = one.state();
      return state === 'ready' || pid === null || this.restarting.get(one) !== pid;
    });
    await Promise.all(first.map((one) => one.stop(RESTART_GRACE_MS)));
    const started = this.start(target);
    for (const one of first) this.restarting.set(one, one.state().pid);
    await started;
    for (const one of all) this.restarting.delete(one);
  }

  private storeIsReady(site: string): boolean {
    return this.inventory.of('cassandra', site).every((one) => one.state().state === 'ready');
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
