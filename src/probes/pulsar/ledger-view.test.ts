import { expect, test } from 'vitest';
import { checksum } from '../../history/checksum.ts';
import { LedgerView } from './ledger-view.ts';
import { formatPayload } from './payload.ts';

const keyOf = (seq: number) => `run/pulsar.events.outside/${seq}`;
const write = (seq: number) => ({ key: keyOf(seq), seq });
const message = (seq: number) => ({ key: keyOf(seq), payload: formatPayload(keyOf(seq), seq) });

function viewOf(...messages: readonly { key: string; payload: string }[]): LedgerView {
  const view = new LedgerView();
  for (const one of messages) view.add(one);
  return view;
}
const states = (view: LedgerView, seqs: readonly number[], complete = true) =>
  [...view.answers(seqs.map(write), complete)].map(({ key, state }) => [Number(key.split('/').at(-1)), state]);

test('present once, absent, and twice', () => {
  expect(states(viewOf(message(0), message(4), message(4)), [0, 2, 4])).toEqual([
    [0, 'present'],
    [2, 'absent'],
    [4, 'phantom'],
  ]);
});

test('a key that is there twice with one value carries that value: it is repeated, not another', () => {
  const [answer] = viewOf(message(4), message(4)).answers([write(4)], true);
  expect(answer).toEqual({ key: keyOf(4), state: 'phantom', valueSha: checksum(keyOf(4), 4) });
});

test('another content under a key is corrupt, whatever it is', () => {
  const other = (payload: string) => ({ key: keyOf(2), payload });
  for (const payload of ['', 'no JSON', '[]', '{"key":1}', formatPayload(keyOf(4), 4), formatPayload(keyOf(2), 3)]) {
    expect(states(viewOf(other(payload)), [2]), payload).toEqual([[2, 'corrupt']]);
    expect(states(viewOf(message(2), other(payload)), [2]), payload).toEqual([[2, 'corrupt']]);
  }
});

test('as long as the topic was not read to its end nothing is said of any key, also not of those that were seen', () => {
  expect(states(viewOf(message(0)), [0, 2], false)).toEqual([
    [0, 'unreadable'],
    [2, 'unreadable'],
  ]);
});

test('each asked key is answered exactly once; what lies between and was not asked for is a phantom, what lies beyond is not told', () => {
  const view = viewOf(message(0), message(1), message(2), message(3), message(9));
  expect(states(view, [0, 2])).toEqual([
    [0, 'present'],
    [2, 'present'],
    [1, 'phantom'],
  ]);
});

test('keys of others, and keys that are none, are not mixed up with those asked for', () => {
  const foreign = { key: 'run/pulsar.other.outside/2', payload: formatPayload('run/pulsar.other.outside/2', 2) };
  const nonsense = { key: '', payload: '' };
  expect(states(viewOf(foreign, nonsense), [2])).toEqual([[2, 'absent']]);
});
