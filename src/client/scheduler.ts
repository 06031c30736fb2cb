import type { Clock } from '../clock.ts';
import { slotIntendedUs } from '../history/timetable.ts';

interface Lane {
  readonly startUs: number;
  readonly rate: number;
  readonly fire: (k: number, intendedUs: number) => void;
  next: number;
}

/**
 * The open loop: fires every operation of every timetable at its intended instant, late ones at once and in order, and waits for none. One timer
 * serves all, so that what is due together costs one wake-up.
 */
export class Scheduler {
  private readonly clock: Clock;
  private readonly lanes = new Map<number, Lane>();
  private timer: NodeJS.Timeout | null = null;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  start(id: number, startUs: number, rate: number, fire: Lane['fire']): void {
    this.lanes.set(id, { startUs, rate, fire, next: 0 });
    this.plan();
  }

  /** The last `k` that was fired, or -1; everything due by now is fired first. */
  stop(id: number): number {
    this.run();
    const lane = this.lanes.get(id);
    this.lanes.delete(id);
    return (lane?.next ?? 0) - 1;
  }

  private plan(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    let due = Number.POSITIVE_INFINITY;
    for (const lane of this.lanes.values()) due = Math.min(due, slotIntendedUs(lane.startUs, lane.rate, lane.next));
    if (due === Number.POSITIVE_INFINITY) return;
    // Timers count whole milliseconds and never fire early; rounding down lets the next look find it due.
    const waitMs = Math.floor((due - this.clock.nowUs()) / 1000);
    this.timer = setTimeout(
      () => {
        this.run();
        this.plan();
      },
      Math.max(0, waitMs),
    );
  }

  private run(): void {
    for (const lane of this.lanes.values()) {
      for (;;) {
        const at = slotIntendedUs(lane.startUs, lane.rate, lane.next);
        if (at > this.clock.nowUs()) break;
        const k = lane.next++;
        lane.fire(k, at);
      }
    }
  }
}
