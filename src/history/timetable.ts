import type { TimetableId } from './event.ts';

/** Intended time of operation `k`: `start + ⌊k · 10⁶ / rate⌋`, whatever happened to the ones before it (open loop). */
export function slotIntendedUs(startUs: number, rate: number, k: number): number {
  return startUs + Math.floor((k * 1_000_000) / rate);
}

/** One text for one timetable, for maps. A service's rows are matched by probe, service and client, wherever they were sent. */
export function timetableKey(id: TimetableId): string {
  return JSON.stringify([id.probe, id.service, id.service === '' ? id.site : '', id.client]);
}

/** Whether operation `k` of a timetable writes; the others read. */
export function isWrite(k: number): boolean {
  return k % 2 === 0;
}

/** How many writes a timetable began before operation `k`, or before the write that it reads: writes and reads alternate. */
export function turnOf(k: number): number {
  return Math.floor(k / 2);
}

/** The key of write `seq` of a timetable: unique per run and write. */
export function writeKey(run: string, { probe, service, site, client }: TimetableId, seq: number): string {
  return `${run}/${probe}.${service || `@${site}`}.${client}/${seq}`;
}

/** Whose write a key of a run is; null where it is in nobody's timetable: those of warm-ups and of proofs that a site serves. */
export function writerOf(run: string, key: string): TimetableId | null {
  const { prefix } = splitKey(key);
  if (!prefix.startsWith(`${run}/`)) return null;
  const parts = prefix.slice(run.length + 1).split('.');
  const [probe = '', writer = '', client = ''] = parts;
  if (parts.length !== 3) return null;
  const ofSite = writer.startsWith('@');
  return { probe, service: ofSite ? '' : writer, site: ofSite ? writer.slice(1) : '', client };
}

/** A key apart: what it has in common with the others of its timetable, and the write's number. */
export function splitKey(key: string): { readonly prefix: string; readonly seq: number } {
  const at = key.lastIndexOf('/');
  return { prefix: key.slice(0, at), seq: Number(key.slice(at + 1)) };
}
