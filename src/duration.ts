const UNIT_US: Readonly<Record<string, number>> = {
  us: 1,
  ms: 1_000,
  s: 1_000_000,
  m: 60_000_000,
  h: 3_600_000_000,
  d: 86_400_000_000,
};

/**
 * Whole microseconds of a duration such as `250ms`, `1.5s` or `30m`; `null` when it is none. The unit is required, even for 0.
 */
export function parseDuration(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*(us|ms|s|m|h|d)$/.exec(text.trim());
  if (!match) return null;
  const us = Number(match[1]) * (UNIT_US[match[2] as string] as number);
  return Number.isSafeInteger(Math.round(us)) ? Math.round(us) : null;
}

/** A duration as people read it: at most three significant parts of one unit (`1.25 s`, `84.2 ms`, `30 min`). */
export function formatDuration(us: number): string {
  const abs = Math.abs(us);
  if (abs < 1_000) return `${us} µs`;
  if (abs < 1_000_000) return `${trim(us / 1_000)} ms`;
  if (abs < 120_000_000) return `${trim(us / 1_000_000)} s`;
  if (abs < 7_200_000_000) return `${trim(us / 60_000_000)} min`;
  return `${trim(us / 3_600_000_000)} h`;
}

function trim(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return String(Number(value.toFixed(digits)));
}
