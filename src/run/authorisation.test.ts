import { expect, test } from 'vitest';
import { authorise, type GivenAuthorisation } from './authorisation.ts';

const GIVEN = { ticket: 'CHG-7', approver: 'Ada', window: '2026-11-21T22:00Z/2026-11-22T02:00+01:00' };
const at = { operators: ['bob', 'root', 'Hand Short'], now: new Date('2026-11-21T22:30:00Z'), expectedMs: 600_000 };

test('in production it is ticket, another person, and a window in which all of it fits', () => {
  expect(authorise('production', GIVEN, at)).toEqual({
    operator: 'bob, then root, then Hand Short',
    ticket: 'CHG-7',
    approver: 'Ada',
    window: { from: '2026-11-21T22:00:00.000Z', to: '2026-11-22T01:00:00.000Z' },
  });
});

test('elsewhere nothing is needed; what is given is checked all the same', () => {
  expect(authorise('laboratory', {}, at)).toBeNull();
  expect(authorise('laboratory', GIVEN, at)?.ticket).toBe('CHG-7');
  expect(() => authorise('laboratory', { ticket: 'CHG-7' }, at)).toThrow('--approver and --window');
});

test.each<[string, GivenAuthorisation, string]>([
  ['nothing', {}, 'needs --ticket and --approver and --window'],
  ['a blank', { ...GIVEN, ticket: '  ' }, 'needs --ticket'],
  ['the operator as approver', { ...GIVEN, approver: ' Bob ' }, 'is the operator'],
  ['who became the operator', { ...GIVEN, approver: 'root' }, 'is the operator'],
  ['the operator with another space', { ...GIVEN, approver: 'hand  short' }, 'is the operator'],
  ['one instant', { ...GIVEN, window: '2026-11-21T22:00Z' }, 'expected two instants'],
  ['no zone', { ...GIVEN, window: '2026-11-21T22:00/2026-11-22T02:00' }, 'expected two instants'],
  ['no such day', { ...GIVEN, window: '2026-11-21T22:00Z/2026-11-42T02:00Z' }, 'expected two instants'],
  ['backwards', { ...GIVEN, window: '2026-11-22T22:00Z/2026-11-21T02:00Z' }, 'expected two instants'],
  ['three', { ...GIVEN, window: `${GIVEN.window}/2026-11-22T02:00Z` }, 'expected two instants'],
  ['over', { ...GIVEN, window: '2026-11-20T22:00Z/2026-11-21T02:00Z' }, 'not within'],
  ['too short', { ...GIVEN, window: '2026-11-21T22:00Z/2026-11-21T22:35Z' }, 'this takes until about'],
])('refused in production: %s', (_, given, why) => {
  expect(() => authorise('Production', given, at)).toThrow(why);
});
