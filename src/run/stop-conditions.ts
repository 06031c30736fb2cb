import { formatDuration } from '../duration.ts';
import type { Plan } from '../scenario/plan.ts';
import { struckSites } from '../scenario/struck-sites.ts';
import type { Recorder } from './fault-lease.ts';
import { pulledLever } from './lever.ts';
import type { LiveRecord } from './live-record.ts';

/** How often is looked. What is read is in memory, but for the lever. */
const LOOK_MS = 250;

/** What broke a run off: the condition, and what was seen. */
export interface Stopped {
  readonly condition: 'lever' | 'stop.otherSite' | 'stop.downtime' | 'window';
  readonly observed: string;
}

export interface WatchedRun {
  readonly plan: Plan;
  readonly live: LiveRecord;
  readonly clock: { nowUs(): number };
  readonly journal: Recorder;
  /** When the first fault was requested; null: none was. */
  firstFaultUs(): number | null;
}

/** What must be watched beside what the plan says. */
export interface Limits {
  /** The file that stops every run. */
  readonly lever: string;
  /** The end of the time window in which the run is allowed, wall clock in ms; null: none. */
  readonly untilMs: number | null;
}

/** Looks every quarter of a second; `signal` aborts with the reason as soon as a condition is met. Nothing of it may keep the healing waiting. */
export class StopConditions implements Disposable {
  readonly signal: AbortSignal;
  private readonly over = new AbortController();
  private readonly timer: NodeJS.Timeout;

  constructor(run: WatchedRun, limits: Limits) {
    this.signal = this.over.signal;
    this.timer = setInterval(() => {
      const stopped = this.over.signal.aborted ? null : whyStopped(run, limits);
      if (!stopped) return;
      this[Symbol.dispose]();
      this.over.abort(new Error(`${stopped.condition}: ${stopped.observed}`));
      run.journal.append('stop-condition', { ...stopped }).catch(() => {});
    }, LOOK_MS);
    this.timer.unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.timer);
  }
}

/** The first condition that is met now; null: none. */
export function whyStopped(run: WatchedRun, limits: Limits): Stopped | null {
  const { plan, live, clock } = run;
  const reason = pulledLever(limits.lever);
  if (reason !== null) return { condition: 'lever', observed: reason };
  if (limits.untilMs !== null && Date.now() >= limits.untilMs)
    return { condition: 'window', observed: 'the time in which this run is allowed is over' };
  const faultUs = run.firstFaultUs();
  if (faultUs === null) return null;
  const nowUs = clock.nowUs();
  const { downtime_us, otherSite_us } = plan.stop;
  const struck = new Set(plan.timeline.flatMap(struckSites));
  for (const timetable of live.timetables) {
    const { service, site, probe, client } = timetable.timetable;
    // A client inside a site that is struck reaches nobody, and that is no other site's doing.
    if (service !== '' || struck.has(site) || struck.has(client)) continue;
    const silentUs = timetable.silentUs(nowUs);
    if (silentUs < otherSite_us) continue;
    const everywhere = live.timetables.every(
      (one) => one.timetable.client !== client || one.silentUs(nowUs) >= otherSite_us,
    );
    if (everywhere) return { condition: 'stop.otherSite', observed: `the client ${client} hears from no site at all` };
    return {
      condition: 'stop.otherSite',
      observed: `no fault strikes ${site}, and ${probe} had no answer there for ${formatDuration(Math.floor(silentUs / 1e6) * 1e6)}`,
    };
  }
  if (downtime_us === null) return null;
  for (const timetable of live.services()) {
    const downUs = timetable.downUs(faultUs, nowUs, plan.settings);
    if (downUs >= downtime_us)
      return {
        condition: 'stop.downtime',
        observed: `${timetable.timetable.service} was below its level for ${formatDuration(Math.floor(downUs / 1e3) * 1e3)} in all`,
      };
  }
  return null;
}
