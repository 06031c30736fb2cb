import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GroupHome } from './group-home.ts';

type Version = GroupHome['version'];

/** Since the group was made: turns of the kernel, those in which its processes had to wait for the next, and for how long, added up over processors. */
export interface Throttling {
  readonly periods: number;
  readonly throttled: number;
  readonly throttledUs: number;
}

/** The turn for which a quota is given: 100 ms, the kernel's own (CFS bandwidth control, Documentation/scheduler/sched-bwc.rst). */
const PERIOD_US = 100_000;

/** The files of v1, in which a quota of -1 is none; and that of v2, `QUOTA PERIOD`, in which `max` is none. */
const OLD = { quota: 'cpu.cfs_quota_us', period: 'cpu.cfs_period_us' } as const;
const MAX = 'cpu.max';
const STAT = 'cpu.stat';

/** Gives the processes of a group so many cores together: in each turn of 100 ms this share of one. */
export function limitCores(group: string, version: Version, cores: number): void {
  const quotaUs = Math.round(cores * PERIOD_US);
  if (version === 2) {
    writeFileSync(join(group, MAX), `${quotaUs} ${PERIOD_US}`);
    return;
  }
  writeFileSync(join(group, OLD.period), String(PERIOD_US));
  writeFileSync(join(group, OLD.quota), String(quotaUs));
}

/** As much as there is; a group that is not there has no quota. */
export function liftCores(group: string, version: Version): void {
  const [file, none] = version === 2 ? [MAX, `max ${PERIOD_US}`] : [OLD.quota, '-1'];
  if (existsSync(join(group, file))) writeFileSync(join(group, file), none);
}

/** What the kernel says the quota is; null: none, or no such group. */
export function coresOf(group: string, version: Version): number | null {
  if (!existsSync(group)) return null;
  const [quota, period] =
    version === 2 ? read(group, MAX).split(' ') : [read(group, OLD.quota), read(group, OLD.period)];
  return quota === 'max' || Number(quota) < 0 ? null : Number(quota) / Number(period);
}

export function throttlingOf(group: string, version: Version): Throttling {
  const counts = new Map(
    read(group, STAT)
      .split('\n')
      .map((line) => line.split(' '))
      .map(([name = '', value]) => [name, Number(value)]),
  );
  const of = (name: string): number => counts.get(name) ?? 0;
  return {
    periods: of('nr_periods'),
    throttled: of('nr_throttled'),
    // v1 has nanoseconds.
    throttledUs: version === 2 ? of('throttled_usec') : Math.round(of('throttled_time') / 1000),
  };
}

function read(group: string, file: string): string {
  return readFileSync(join(group, file), 'utf8').trim();
}
