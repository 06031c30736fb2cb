import { splitKey } from '../../history/timetable.ts';
import type { ExpectedWrite, ReadBackAnswer } from '../probe.ts';
import { judgePayload } from './payload.ts';
import type { Received } from './transport.ts';

type Seen = Pick<Received, 'key' | 'payload'>;

/** The messages of a topic by what their keys have in common, and by number. */
export class LedgerView {
  private readonly prefixes = new Map<string, Map<number, Seen[]>>();

  add({ key, payload }: Seen): void {
    const { prefix, seq } = splitKey(key);
    const numbers = this.prefixes.get(prefix) ?? new Map<number, Seen[]>();
    this.prefixes.set(prefix, numbers);
    const same = numbers.get(seq);
    if (same) same.push({ key, payload });
    else numbers.set(seq, [{ key, payload }]);
  }

  /**
   * What is there of each of these writes, and of the numbers between them what nobody asked for. More than once: `phantom`. `complete`: the
   * topic was read to its end; else what was not seen is unreadable, and what was seen once may be there again.
   */
  *answers(expected: readonly ExpectedWrite[], complete: boolean): Iterable<ReadBackAnswer> {
    for (const [prefix, writes] of Map.groupBy(expected, ({ key }) => splitKey(key).prefix)) {
      const numbers = this.prefixes.get(prefix);
      const asked = new Map(writes.map((write) => [splitKey(write.key).seq, write]));
      for (const [number, write] of asked) yield answerOf(write, numbers?.get(number) ?? [], complete);
      if (!numbers) continue;
      const first = Math.min(...asked.keys());
      const last = Math.max(...asked.keys());
      for (let number = first; number <= last; number += 1) {
        const [stranger] = asked.has(number) ? [] : (numbers.get(number) ?? []);
        if (!stranger) continue;
        const { valueSha } = judgePayload(stranger, stranger.key, number);
        yield { key: stranger.key, state: 'phantom', valueSha };
      }
    }
  }
}

function answerOf({ key, seq }: ExpectedWrite, seen: readonly Seen[], complete: boolean): ReadBackAnswer {
  if (!complete) return { key, state: 'unreadable', valueSha: '' };
  const judged = seen.map((one) => judgePayload(one, key, seq));
  const wrong = judged.find(({ right }) => !right);
  if (wrong) return { key, state: 'corrupt', valueSha: wrong.valueSha };
  const [first] = judged;
  if (!first) return { key, state: 'absent', valueSha: '' };
  return { key, state: judged.length > 1 ? 'phantom' : 'present', valueSha: first.valueSha };
}
