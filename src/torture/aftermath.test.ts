import { expect, test } from 'vitest';
import type { JournalEvent } from '../history/event.ts';
import { writtenUntil } from './aftermath.ts';

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
