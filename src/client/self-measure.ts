import { getPriority, uptime } from 'node:os';
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import { build } from 'hdr-histogram-js';
import type { Clock } from '../clock.ts';
import type { EventData, Quantiles } from '../history/event.ts';

/** Lateness from which the harness itself, not the platform, is in question (measurement.md, "Operations"). */
export const STALL_US = 100_000;
const LOOP_MS = 10;

/** What a client process says about itself: was it on time, and if not, why. */
export class SelfMeasure {
  private readonly client: string;
  private readonly clock: Clock;
  private readonly onStall: (stall: EventData['stall']) => void;
  private readonly lateness = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 600_000_000,
    numberOfSignificantValueDigits: 3,
  });
  private readonly loop = monitorEventLoopDelay({ resolution: LOOP_MS });
  private readonly collections: { fromUs: number; toUs: number }[] = [];
  private gcUs = 0;
  private operations = 0;
  private cpuBefore = process.cpuUsage();
  private suspendedUs = suspendedUs();
  private stall: { from_us: number; to_us: number } | null = null;

  constructor(client: string, clock: Clock, onStall: (stall: EventData['stall']) => void) {
    this.client = client;
    this.clock = clock;
    this.onStall = onStall;
    this.loop.enable();
    new PerformanceObserver((list) => {
      const offsetUs = this.clock.nowUs() - performance.now() * 1000;
      for (const { startTime, duration } of list.getEntries()) {
        this.gcUs += duration * 1000;
        const fromUs = startTime * 1000 + offsetUs;
        this.collections.push({ fromUs, toUs: fromUs + duration * 1000 });
        if (this.collections.length > 100) this.collections.shift();
      }
    }).observe({ entryTypes: ['gc'] });
  }

  /** An operation was fired. One that is very late begins or prolongs a stall; the next that was due after it and is punctual ends it. */
  fired(intendedUs: number): void {
    const nowUs = this.clock.nowUs();
    const lateUs = Math.max(0, nowUs - intendedUs);
    // Connecting and warming up is not what is measured.
    if (this.operations === 0) {
      this.loop.reset();
      this.cpuBefore = process.cpuUsage();
    }
    this.operations += 1;
    this.lateness.recordValue(Math.min(lateUs, 600_000_000));
    if (lateUs > STALL_US) {
      this.stall = { from_us: Math.min(this.stall?.from_us ?? intendedUs, intendedUs), to_us: nowUs };
    } else if (this.stall && intendedUs > this.stall.to_us) {
      this.endStall();
    }
  }

  endStall(): void {
    if (!this.stall) return;
    const { from_us, to_us } = this.stall;
    this.stall = null;
    this.onStall({ client: this.client, from_us, to_us, cause: this.cause(from_us, to_us) });
  }

  private cause(fromUs: number, toUs: number): EventData['stall']['cause'] {
    const suspended = suspendedUs();
    const slept = suspended - this.suspendedUs;
    this.suspendedUs = suspended;
    if (slept > STALL_US / 2) return 'suspend';
    const collected = this.collections
      .map((one) => Math.min(one.toUs, toUs) - Math.max(one.fromUs, fromUs))
      .reduce((sum, overlap) => sum + Math.max(0, overlap), 0);
    return collected > (toUs - fromUs) / 2 ? 'gc' : 'event-loop';
  }

  summary(): EventData['client'] {
    const { user, system } = process.cpuUsage(this.cpuBefore);
    // What Node records is the whole interval between two looks.
    const delayUs = (ns: number): number => Math.max(0, Math.round(ns / 1000) - LOOP_MS * 1000);
    const ofLoop = (percentile: number): number => delayUs(this.loop.percentile(percentile));
    return {
      client: this.client,
      lateness_us: quantiles(
        this.lateness.totalCount,
        (percentile) => this.lateness.getValueAtPercentile(percentile),
        this.lateness.maxValue,
      ),
      loop_us: quantiles(this.operations, ofLoop, delayUs(this.loop.max)),
      gc_us: Math.round(this.gcUs),
      cpu_us: user + system,
      nice: getPriority(),
      operations: this.operations,
    };
  }
}

function quantiles(n: number, at: (percentile: number) => number, max: number): Quantiles {
  return n === 0 ? { n, p50: 0, p99: 0, max: 0 } : { n, p50: at(50), p99: at(99), max };
}

/** Boot time minus monotonic time: grows by what the machine was suspended. Resolution 10 ms. */
export function suspendedUs(): number {
  return Math.round(uptime() * 1e6 - Number(process.hrtime.bigint() / 1000n));
}
