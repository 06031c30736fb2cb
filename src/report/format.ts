import type { Instant, Interval } from '../check/report-schema.ts';
import { formatDuration } from '../duration.ts';

/** What stands where a figure is null: never 0, never a blank. */
export const UNKNOWN = 'unknown';

/** A count with thin groups: `1 234 567`. The same on every machine, whatever its locale. */
export function formatCount(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, '\u202f');
}

/** `1 write`, `2 writes`; `2 series` where the plural is another word. */
export function plural(value: number, noun: string, many: string = `${noun}s`): string {
  return `${formatCount(value)} ${value === 1 ? noun : many}`;
}

export function durationOrUnknown(us: number | null): string {
  return us === null ? UNKNOWN : formatDuration(us);
}

/** A share, 0 to 1, in per cent. What is below 1 is never rounded up to 100 %, and what is above 0 never down to 0 %. */
export function formatPercent(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 0.01) return '< 0.01\u00a0%';
  const digits = Math.abs(percent) >= 100 ? 0 : 2;
  const text = Number(percent.toFixed(digits));
  if (share < 1 && text >= 100) return '> 99.99\u00a0%';
  return `${text}\u00a0%`;
}

/** A place in time beside an origin: `+12.345 s`, `−3.000 s`, to the millisecond, never in coarser units. */
export function formatOffset(us: number): string {
  const ms = Math.round(Math.abs(us) / 1000);
  const sign = us < 0 && ms > 0 ? '\u2212' : '+';
  return `${sign}${Math.floor(ms / 1000)}.${String(ms % 1000).padStart(3, '0')}\u00a0s`;
}

/** `between +1.000 s and +1.200 s`, or the one instant where both ends read the same. */
export function formatInstant(instant: Instant | null, originUs: number): string {
  if (instant === null) return UNKNOWN;
  const from = formatOffset(instant.notBefore_us - originUs);
  const to = formatOffset(instant.notAfter_us - originUs);
  return from === to ? to : `${from} to ${to}`;
}

/** An interval of lengths, counts or shares, in the words of `format`. */
export function formatInterval(interval: Interval | null, format: (value: number) => string): string {
  if (interval === null) return UNKNOWN;
  if (interval.upper === null) return `at least ${format(interval.lower)}`;
  const [lower, upper] = [format(interval.lower), format(interval.upper)];
  return lower === upper ? upper : `${lower} to ${upper}`;
}

/** The end of an interval that makes the platform look worse, which is what objectives are judged on. */
export function formatWorst(interval: Interval | null, format: (value: number) => string): string {
  if (interval === null) return UNKNOWN;
  return interval.upper === null ? `at least ${format(interval.lower)}` : format(interval.upper);
}

/**
 * A duration beside a target. Rounding may make 99.97 ms read as its target of 100 ms: then it is printed exactly.
 */
export function formatAgainst(us: number, targetUs: number): string {
  const rounded = formatDuration(us);
  if (us === targetUs || rounded !== formatDuration(targetUs)) return rounded;
  if (us < 1_000_000) return `${us / 1_000} ms`;
  return `${us / 1_000_000} s`;
}

/** Minutes and seconds for an axis: `0`, `0:30`, `−1:05`, `12:00`, `1:02:00`. */
export function formatAxisTime(us: number): string {
  const seconds = Math.round(Math.abs(us) / 1_000_000);
  if (seconds === 0) return '0';
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const tail = `${h > 0 ? String(m).padStart(2, '0') : m}:${String(s).padStart(2, '0')}`;
  return `${us < 0 ? '\u2212' : ''}${h > 0 ? `${h}:` : ''}${tail}`;
}

/** A period that a budget is over: `30 d` where it is whole days, else as any duration. */
export function formatPeriod(us: number): string {
  const days = us / 86_400_000_000;
  return Number.isInteger(days) && days > 0 ? `${days}\u00a0d` : formatDuration(us);
}

/** A wall clock's label to the second, `2026-01-31 12:00:00 UTC`; what is no such label stays as it is. */
export function formatWall(iso: string): string {
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z$/.exec(iso);
  return match ? `${match[1]} ${match[2]} UTC` : iso;
}

/** `1034.2/s`: operations a second, rounded down, so that none is claimed that was not there. */
export function formatRate(perSecond: number): string {
  return `${(Math.floor(perSecond * 10) / 10).toFixed(Number.isInteger(perSecond) ? 0 : 1)}/s`;
}

const BYTES = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** Decimal units, three digits: `12.3 MB`. */
export function formatBytes(bytes: number): string {
  const power = Math.min(BYTES.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? Math.round(value) : Number(value.toPrecision(3))} ${BYTES[power]}`;
}
