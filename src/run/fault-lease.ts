import type { Clock } from '../clock.ts';
import { messageOf, PlatformError } from '../errors.ts';
import type { BoundFault, Observation } from '../faults/fault.ts';
import type { EventData, EventType, Json } from '../history/event.ts';
import type { FaultRegister } from '../platform/undo.ts';
import type { PlannedFault } from '../scenario/plan.ts';
import { keepRenewed, LEASE_TTL_MS } from './renewal.ts';
import { deadline, orRejected, pause } from './wait.ts';

/** Where events go: on disk before it resolves. */
export interface Recorder {
  append<T extends EventType>(type: T, data: EventData[T]): Promise<unknown>;
}

export interface LeaseContext {
  readonly run: string;
  readonly clock: Clock;
  readonly journal: Recorder;
  readonly register: FaultRegister;
  /** What people do where it cannot be undone. */
  readonly recover: string;
  /** Whether a write and a read are served where the fault was: the last word on its being gone. */
  served(fault: PlannedFault, signal: AbortSignal): Promise<Observation>;
}

const OBSERVE_MS = 1_000;
const POLL_MS = 100;
/** How long a journal may take to write a line: the fault is undone then, and the run is to end. */
const SAY_MS = 30_000;
/**
 * Between the request and the effect: longer than an operation takes. One that was under way when the fault came would else have begun before the
 * request, and so would its outage, which then is none of this fault's (measurement.md: an outage that began before `requested` is unknown).
 */
const ANNOUNCED_MS = 500;

interface Seen {
  readonly notBefore_us: number;
  readonly notAfter_us: number;
  readonly observed: Json;
}

/**
 * A fault in force. Its undo was on disk, in the journal and in the platform's register, before its effect; it is renewed while this
 * process lives, observed every second, and undone by `release`, or by the platform once it is no longer renewed.
 */
export class FaultLease {
  readonly planned: PlannedFault;
  /** Null until it was observed in full. */
  effective: Seen | null = null;
  gone: Seen | null = null;
  lapsed = false;
  /** True once its undo is on its way to disk: from here on it must be released. */
  requested = false;
  requestedUs = 0;
  /** When it was first asked to end; null: it was not. */
  releasedUs: number | null = null;
  private readonly bound: BoundFault;
  private readonly context: LeaseContext;
  private readonly holding = new AbortController();
  private renewal: Promise<void> = Promise.resolve();
  private watch: Promise<void> = Promise.resolve();
  private lastFullUs = 0;
  private undone = false;
  /** Nothing of it was to be seen when it was last looked for. */
  private unseen = false;

  constructor(planned: PlannedFault, bound: BoundFault, context: LeaseContext) {
    this.planned = planned;
    this.bound = bound;
    this.context = context;
  }

  /** Undone, and nothing of it is to be seen any more: what is missing is that a write and a read are served. */
  get awaitsService(): boolean {
    return this.undone && this.unseen && !this.gone;
  }

  /** Records the undo, injects, and returns once the fault is observed in full. Whoever calls this must release, whatever it throws. */
  async inject(signal: AbortSignal, withinMs: number): Promise<Seen> {
    const { journal, register, run, clock } = this.context;
    const before = await this.bound.observe(signal);
    if (before.state !== 'none') {
      throw new PlatformError(
        `${this.planned.id}: its target is not whole before the fault: ${JSON.stringify(before.observed)}`,
        { hint: this.context.recover },
      );
    }
    // From each wait it may come back to a run that is being healed: nothing goes in any more.
    signal.throwIfAborted();
    this.requested = true;
    this.requestedUs = clock.nowUs();
    await journal.append('undo-recorded', { ...this.ids(), undo: this.bound.undo });
    signal.throwIfAborted();
    await register.record({ fault: this.planned.id, run, undo: this.bound.undo }, LEASE_TTL_MS, signal);
    this.renewal = keepRenewed(register, this.planned.id, this.holding.signal);
    const at = clock.nowUs();
    await journal.append('fault-requested', {
      ...this.ids(),
      notBefore_us: at,
      notAfter_us: at,
      observed: before.observed,
      type: this.planned.type,
      target: this.planned.site,
      params: this.planned.params as Json,
    });
    await pause(ANNOUNCED_MS, signal);
    const limit = deadline(signal, withinMs, `${this.planned.id} to become effective`);
    const lastLookUs = clock.nowUs();
    const still = await this.bound.observe(limit);
    limit.throwIfAborted();
    const injected = this.bound.inject(limit);
    injected.catch(() => {});
    this.effective = await this.poll('full', 'none', still.state === 'none' ? lastLookUs : at, limit, injected);
    await injected;
    await journal.append('fault-effective', { ...this.ids(), ...this.effective });
    this.watch = this.hold(this.effective.notAfter_us);
    return this.effective;
  }

  /**
   * Undoes the fault and returns once it is observed to be gone, a write and a read served there again. Goes on past an undo that fails and
   * then throws; may be called again.
   */
  async release(signal: AbortSignal): Promise<Seen> {
    const { journal, register, clock, recover: hint } = this.context;
    const at = clock.nowUs();
    const request = { ...this.ids(), notBefore_us: at, notAfter_us: at, observed: null };
    // A journal that cannot be written, such as on a full disk or one that hangs, must not keep a fault in force.
    const said = journal.append('fault-release-requested', request).then(
      () => null,
      (error: Error) => error,
    );
    this.holding.abort();
    const first = this.releasedUs === null;
    this.releasedUs ??= at;
    const undone = register.undo(this.planned.id, signal).then((results) => {
      const failed = results.filter((result) => !result.ok).map((result) => `${result.undo.kind}: ${result.error}`);
      if (failed.length > 0)
        throw new PlatformError(`${this.planned.id} is not undone: ${failed.join('; ')}`, { hint });
      this.undone = true;
      return results.length > 0;
    });
    undone.catch(() => {});
    const seen = await this.poll('none', null, at, signal, undone);
    // What is seen no more while its undo failed is not over: the register tries again, and would put back what the cleanup has removed by then.
    const known = await orRejected(undone, signal);
    this.gone = seen;
    const limit = deadline(signal, SAY_MS, `${this.planned.id}: the journal`);
    await orRejected(this.watch, limit);
    if (!known && first) await orRejected(this.undoneBefore(), limit);
    await orRejected(this.renewal, limit);
    const unsaid = await orRejected(said, limit);
    if (unsaid) throw unsaid;
    await orRejected(journal.append('fault-gone', { ...this.ids(), ...this.gone }), limit);
    return this.gone;
  }

  /** A register that does not know a fault which nobody released has undone it before: it lapsed after it was last seen. */
  private async undoneBefore(): Promise<void> {
    if (!this.effective || this.lapsed) return;
    this.lapsed = true;
    const { journal, clock } = this.context;
    const observed = 'the register of the platform had undone it';
    const instant = { ...this.ids(), notBefore_us: this.lastFullUs, notAfter_us: clock.nowUs(), observed };
    await journal.append('fault-lapsed', instant);
  }

  /** Polls until `wanted`; the instant lies between the start of the last observation that `bounds` it from below and the end of this one. */
  private async poll(
    wanted: 'full' | 'none',
    lastBefore: 'none' | null,
    fromUs: number,
    signal: AbortSignal,
    effort: Promise<unknown>,
  ): Promise<Seen> {
    const { clock } = this.context;
    let failure: unknown = null;
    effort.catch((error: unknown) => {
      failure = error ?? new Error('failed');
    });
    let notBefore_us = fromUs;
    let last: Observation | null = null;
    for (;;) {
      if (failure) throw failure;
      const startUs = clock.nowUs();
      try {
        const seen = await this.look(wanted, signal);
        if (seen.state === wanted) {
          return { notBefore_us, notAfter_us: clock.nowUs(), observed: seen.observed };
        }
        last = seen;
        if (lastBefore === null || seen.state === lastBefore) notBefore_us = Math.max(notBefore_us, startUs);
        await pause(POLL_MS, signal);
      } catch (error) {
        if (wanted === 'full' || last === null || !signal.aborted) throw error;
        // What does not serve again although the fault is undone is not what was injected: whoever has to act must see which it is.
        throw new PlatformError(`${messageOf(error)}; last seen: ${JSON.stringify(last.observed)}`);
      }
    }
  }

  private async look(wanted: 'full' | 'none', signal: AbortSignal): Promise<Observation> {
    const seen = await this.bound.observe(signal);
    this.unseen = seen.state === 'none';
    if (wanted === 'full' || seen.state !== 'none') return seen;
    const served = await this.context.served(this.planned, signal);
    return { state: served.state, observed: { platform: seen.observed, served: served.observed } };
  }

  /** Observes every second while it should hold; one that lapses is said once, with its bounds. */
  private async hold(sinceUs: number): Promise<void> {
    const { journal, clock } = this.context;
    const signal = this.holding.signal;
    this.lastFullUs = sinceUs;
    while (!signal.aborted) {
      try {
        await pause(OBSERVE_MS, signal);
        const startUs = clock.nowUs();
        const seen = await this.bound.observe(AbortSignal.any([signal, AbortSignal.timeout(5_000)]));
        const instant = {
          ...this.ids(),
          notBefore_us: this.lastFullUs,
          notAfter_us: clock.nowUs(),
          observed: seen.observed,
        };
        if (seen.state === 'full') {
          this.lastFullUs = startUs;
          await journal.append('fault-observed', instant);
        } else if (!signal.aborted) {
          this.lapsed = true;
          await journal.append('fault-lapsed', instant);
        }
      } catch (error) {
        if (signal.aborted) return;
        // Not seen is not lapsed, but nobody may take it for seen either: the checker counts observations against seconds.
        process.emitWarning(`${this.planned.id} could not be observed: ${messageOf(error)}`);
      }
    }
  }

  private ids(): { fault: string; disaster: boolean } {
    return { fault: this.planned.id, disaster: this.planned.disaster };
  }
}
