import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareIds, justBefore, messageIdAt, parseMessageId } from './message-id.ts';

test('what a broker said is read: ledger 13, entry 0, partition unset', () => {
  expect(parseMessageId('CA0QADAA')).toEqual({ ledger: 13, entry: 0, token: 'CA0QADAA' });
});

test('of a message that was there already the broker gives the place -1, -1', () => {
  const { ledger, entry } = parseMessageId(messageIdAt(-1, -1).token);
  expect([ledger, entry]).toEqual([-1, -1]);
});

test('every place comes back as it was given', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 52 }), fc.integer({ min: -1, max: 2 ** 40 }), (ledger, entry) => {
      const id = messageIdAt(ledger, entry);
      expect(parseMessageId(id.token)).toEqual(id);
    }),
  );
});

test('what is none is an error, whatever it is', () => {
  for (const text of ['', 'AA==', 'CA0=', 'CP8=', '////', 'hello']) {
    expect(() => parseMessageId(text), text).toThrow('expected the id of a message');
  }
});

test('places are ordered by ledger, then by entry', () => {
  const places = [messageIdAt(10, 0), messageIdAt(9, 100), messageIdAt(10, -1), messageIdAt(9, 2)];
  const ordered = places.toSorted(compareIds).map(({ ledger, entry }) => [ledger, entry]);
  expect(ordered).toEqual([
    [9, 2],
    [9, 100],
    [10, -1],
    [10, 0],
  ]);
  expect(justBefore(messageIdAt(10, 0))).toEqual(messageIdAt(10, -1));
});
