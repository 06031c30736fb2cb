import { expect, test } from 'vitest';
import type { JournalEvent } from '../history/event.ts';
import { undoneAfterEvents, writtenUntil } from './aftermath.ts';

const event = (type: 'timetable-started' | 'timetable-ended', at_us: number): JournalEvent =>
  ({ type, at_us, wall: '', data: {} }) as unknown as JournalEvent;

test('clients that were at work when they were killed wrote until then', () => {
  const events = [event('timetable-started', 1), event('timetable-started', 1), event('timetable-ended', 50)];
  expect(writtenUntil(events, 90)).toBe(90);
  expect(writtenUntil([], 90)).toBe(90);
});

test('clients that had ended before, as while what they wrote is read back, wrote until the last of them did', () => {
  const events = [event('timetable-started', 1), event('timetable-started', 1)];
  expect(writtenUntil([...events, event('timetable-ended', 50), event('timetable-ended', 40)], 90)).toBe(50);
});

const at = (second: number): number => Date.parse('2026-01-31T12:00:00.000Z') + second * 1000;
const said = (type: string, at_us: number, data: object): JournalEvent =>
  ({ type, at_us, wall: new Date(at(at_us / 1e6)).toISOString(), data }) as unknown as JournalEvent;
const begun = said('run-started', 0, {});
const gone = (notAfter_us: number): JournalEvent => said('fault-gone', notAfter_us, { notAfter_us });

test('what is broken off is undone so long after the last of its faults was seen gone', () => {
  expect(undoneAfterEvents([begun, gone(40_500_000), gone(41_000_000)], at(40))).toBe(1_000);
  expect(undoneAfterEvents([begun], at(40))).toBeNull();
  expect(undoneAfterEvents([], at(40))).toBeNull();
});

test('it counts from the condition that was met, and from the pull of a lever', () => {
  const met = (condition: string): JournalEvent => said('stop-condition', 43_000_000, { condition, observed: '' });
  expect(undoneAfterEvents([begun, met('stop.downtime'), gone(43_400_000)], at(40))).toBe(400);
  expect(undoneAfterEvents([begun, met('lever'), gone(43_400_000)], at(42))).toBe(1_400);
});
