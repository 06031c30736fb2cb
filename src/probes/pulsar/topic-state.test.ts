import { expect, test } from 'vitest';
import { messageIdAt } from './message-id.ts';
import { endOf } from './topic-state.ts';

test('the end of a topic is its last confirmed entry', () => {
  expect(endOf({ numberOfEntries: 8, lastConfirmedEntry: '12:7', ledgers: [{ ledgerId: 12, entries: 0 }] })).toEqual(
    messageIdAt(12, 7),
  );
});

test('a broker that has just taken it over says that its new ledger is empty: the end is in the one before', () => {
  const ledgers = [
    { ledgerId: 12, entries: 400 },
    { ledgerId: 15, entries: 20 },
    { ledgerId: 20, entries: 0 },
    { ledgerId: 31, entries: 0 },
  ];
  expect(endOf({ numberOfEntries: 420, lastConfirmedEntry: '31:-1', ledgers })).toEqual(messageIdAt(15, 19));
});

test('a topic to which nothing was ever written has no end', () => {
  expect(endOf({ numberOfEntries: 0, lastConfirmedEntry: '3:-1', ledgers: [{ ledgerId: 3, entries: 0 }] })).toBeNull();
});
