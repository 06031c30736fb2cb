import type { TimetableId } from './event.ts';

/** Intended time of operation `k`: `start + ⌊k · 10⁶ / rate⌋`, whatever happened to the ones before it (open loop). */
export function slotIntendedUs(startUs: number, rate: number, k: number): number {
  return startUs + Math.floor((k * 1_000_000) / rate);
}

/** One text for one timetable, for maps. A service's rows are matched by probe, service and client, wherever they were sent. */
export function timetableKey(id: TimetableId): string {
  return JSON.stringify([id.probe, id.service, id.service === '' ? id.site : '', id.client]);
}
