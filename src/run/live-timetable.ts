import type { Attempt, Outcome } from '../history/operation.ts';
import type { Service, Timetable } from '../scenario/plan.ts';

/** A write as the live record knows it: what the read-back will ask for. */
export interface LiveWrite {
  readonly key: string;
  readonly seq: number;
  outcome: Outcome;
  /** Completion of its first `ok` attempt; else of the last. */
  completedUs: number;
  site: string;
}

interface Slot {
  intendedUs: number;
  completedUs: number;
  settled: 'ok' | 'not-ok' | 'waiting';
}

/** A stretch of operations as a window judges it. */
export interface LiveWindow {
  readonly fromUs: number;
  /** Where the next one begins. */
  readonly toUs: number;
  readonly holds: boolean;
}

export interface LiveSettings {
  readonly downAfter: number;
  readonly floor: number;
  readonly windowOperations: number;
}

/**
 * One timetable while it runs: what decides when the run goes on. It judges nothing in the end: the checker does, from the files. An
 * operation that is not `ok` is settled once its timeout has passed, so that another attempt may still save it.
 */
export class LiveTimetable {
  readonly timetable: Timetable;
  readonly writes = new Map<number, LiveWrite>();
  private readonly slots: (Slot | undefined)[] = [];
  private readonly latency: Service['latency'];
  private startUs = 0;
  private started = false;
  private stoppedUs = Number.POSITIVE_INFINITY;
  private lastOkUs = 0;

  constructor(timetable: Timetable, latency: Service['latency']) {
    this.timetable = timetable;
    this.latency = latency;
  }

  start(startUs: number): void {
    this.startUs = startUs;
    this.started = true;
  }

  /** It was told to end: that nothing comes any more means nothing. */
  stop(nowUs: number): void {
    this.stoppedUs = Math.min(this.stoppedUs, nowUs);
  }

  /** It was told to end. */
  get stopped(): boolean {
    return this.stoppedUs !== Number.POSITIVE_INFINITY;
  }

  /** Intended time of operation `k`, as the open loop has it. */
  intendedUs(k: number): number {
    return this.startUs + Math.floor((k * 1e6) / this.timetable.rate);
  }

  /** How many operations are intended until then. */
  due(nowUs: number): number {
    if (!this.started || nowUs < this.startUs) return 0;
    return Math.floor(((nowUs - this.startUs) * this.timetable.rate) / 1e6) + 1;
  }

  add(row: Attempt): void {
    const completedUs = row.completedUs ?? row.invokedUs;
    const slot = this.slots[row.index];
    const ok = row.outcome === 'ok';
    if (ok) this.lastOkUs = Math.max(this.lastOkUs, completedUs);
    if (!slot) {
      this.slots[row.index] = { intendedUs: row.intendedUs, completedUs, settled: ok ? 'ok' : 'not-ok' };
    } else if (ok && slot.settled !== 'ok') {
      slot.settled = 'ok';
      slot.completedUs = completedUs;
    }
    if (this.timetable.writes.includes(row.f)) this.addWrite(row, completedUs);
  }

  private addWrite(row: Attempt, completedUs: number): void {
    const known = this.writes.get(row.index);
    if (!known) {
      this.writes.set(row.index, { key: row.key, seq: row.index, outcome: row.outcome, completedUs, site: row.site });
      return;
    }
    const better = RANK[row.outcome] > RANK[known.outcome];
    const earlierOk = row.outcome === 'ok' && known.outcome === 'ok' && completedUs < known.completedUs;
    if (better || earlierOk) {
      known.outcome = row.outcome;
      known.completedUs = completedUs;
      known.site = row.site;
    }
  }

  /** The complete windows laid from `fromUs`, of operations that are settled at `nowUs`, in order. */
  windows(fromUs: number, nowUs: number, settings: LiveSettings): readonly LiveWindow[] {
    if (!this.started) return [];
    const windows: LiveWindow[] = [];
    let k = Math.max(0, Math.ceil(((fromUs - this.startUs) * this.timetable.rate) / 1e6));
    while (this.intendedUs(k) < fromUs) k += 1;
    let begin = fromUs;
    for (;;) {
      const first = k;
      while (k - first < settings.windowOperations || this.intendedUs(k) < begin + 1e6) k += 1;
      const end = this.intendedUs(k - 1);
      if (end + this.timetable.timeout_us + 100_000 > nowUs && !this.allOk(first, k)) return windows;
      if (Math.max(end, begin + 1e6) > nowUs) return windows;
      const toUs = this.intendedUs(k);
      windows.push({ fromUs: begin, toUs, holds: this.holds(first, k, settings) });
      begin = toUs;
    }
  }

  private allOk(from: number, to: number): boolean {
    for (let k = from; k < to; k += 1) if (this.slots[k]?.settled !== 'ok') return false;
    return true;
  }

  private holds(from: number, to: number, { downAfter, floor }: LiveSettings): boolean {
    const times: number[] = [];
    let notOk = 0;
    let row = 0;
    let longest = 0;
    for (let k = from; k < to; k += 1) {
      const slot = this.slots[k];
      const ok = slot?.settled === 'ok';
      row = ok ? 0 : row + 1;
      longest = Math.max(longest, row);
      if (ok) times.push(slot.completedUs - slot.intendedUs);
      else notOk += 1;
    }
    if (longest >= downAfter || notOk > Math.max(downAfter, Math.floor((1 - floor) * (to - from)))) return false;
    if (!this.latency || times.length === 0) return times.length > 0;
    times.sort((a, b) => a - b);
    const quantile = times[Math.ceil(this.latency.quantile * times.length) - 1] as number;
    return this.latency.op === '<' ? quantile < this.latency.target_us : quantile <= this.latency.target_us;
  }

  /** How long nothing was `ok`, since the start at most; 0 before it and once it was stopped. */
  silentUs(nowUs: number): number {
    return this.started && nowUs < this.stoppedUs ? Math.max(0, nowUs - Math.max(this.lastOkUs, this.startUs)) : 0;
  }

  /** How long in all the windows laid from `fromUs` did not hold, as far as they are complete. */
  downUs(fromUs: number, nowUs: number, settings: LiveSettings): number {
    const windows = this.windows(fromUs, Math.min(nowUs, this.stoppedUs), settings);
    return windows.reduce((sum, window) => sum + (window.holds ? 0 : window.toUs - window.fromUs), 0);
  }

  /** Success and P95 of what ended in the last two seconds, for a person who watches: what fails by its timeout began long before. */
  recent(nowUs: number): { readonly operations: number; readonly ok: number; readonly p95Us: number | null } {
    const times: number[] = [];
    const sinceUs = nowUs - 2e6;
    let operations = 0;
    for (let k = this.slots.length - 1; k >= 0; k -= 1) {
      if (this.intendedUs(k) < sinceUs - this.timetable.timeout_us) break;
      const slot = this.slots[k];
      if (!slot || slot.completedUs < sinceUs) continue;
      operations += 1;
      if (slot.settled === 'ok') times.push(slot.completedUs - slot.intendedUs);
    }
    times.sort((a, b) => a - b);
    return { operations, ok: times.length, p95Us: times[Math.ceil(0.95 * times.length) - 1] ?? null };
  }
}

const RANK = { fail: 0, info: 1, ok: 2 } as const satisfies Record<Outcome, number>;
