import type { Report } from '../check/report-schema.ts';

/** The window that every plot over time shows, and the instant that is its 0; microseconds from the run's origin. */
export interface TimeFrame {
  readonly fromUs: number;
  readonly toUs: number;
  /** The disaster's request where there is one, else the run's start. */
  readonly originUs: number;
  readonly originName: string;
}

/** The instant from which a report counts. */
export function originOf(report: Report): { originUs: number; originName: string } {
  const requested = (report.faults.find((fault) => fault.disaster) ?? report.faults[0])?.requested;
  if (requested) return { originUs: requested.notBefore_us, originName: 'the request of the disaster' };
  return { originUs: 0, originName: 'the start of the run' };
}

/** From the first bucket of any view to the last. */
export function plotFrame(report: Report): TimeFrame {
  const starts = report.timeline.series.flatMap((series) => series.buckets.map((bucket) => bucket.t_us));
  let [from, to] = [Number.POSITIVE_INFINITY, 0];
  for (const t of starts) {
    from = Math.min(from, t);
    to = Math.max(to, t + report.timeline.bucket_us);
  }
  return {
    fromUs: from < to ? from : 0,
    toUs: from < to ? to : Math.max(1, report.run.length_us),
    ...originOf(report),
  };
}

/** The whole run, from its origin to its end. */
export function runFrame(report: Report): TimeFrame {
  const ends = report.timeline.phases.map((phase) => phase.to_us);
  return { fromUs: 0, toUs: Math.max(1, report.run.length_us, ...ends), ...originOf(report) };
}

const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400];

/** At most `most` round instants, counted from the frame's 0, within it; microseconds from the run's origin. */
export function timeTicks(frame: TimeFrame, most: number): number[] {
  const span = frame.toUs - frame.fromUs;
  const stepS = STEPS_S.find((step) => span / (step * 1_000_000) <= most - 1) ?? Math.ceil(span / 1_000_000 / most);
  const stepUs = stepS * 1_000_000;
  const ticks: number[] = [];
  const first = Math.ceil((frame.fromUs - frame.originUs) / stepUs);
  for (let k = first; frame.originUs + k * stepUs <= frame.toUs; k++) ticks.push(frame.originUs + k * stepUs);
  return ticks;
}
