import { expect, test } from 'vitest';
import { REGISTRIES } from './fixtures.ts';
import { endings, inForceAt } from './in-force.ts';
import { hitAtWorst } from './strikes.ts';

/** `site at+for`, in seconds; `!`: the disaster. */
function faults(...texts: readonly string[]) {
  return texts.map((text) => {
    const [, site = '', at, held, disaster] = /^(\w+) (\d+)\+(\d+)(!?)$/.exec(text) ?? [];
    return {
      id: text,
      type: 'partition-site',
      site,
      at_us: Number(at) * 1e6,
      for_us: Number(held) * 1e6,
      disaster: disaster === '!',
      params: {},
    };
  });
}

const seconds = (texts: readonly string[]) => endings(faults(...texts)).map((us) => us && us / 1e6);

test.each([
  ['the only fault stays', ['paris 10+60!'], [null]],
  ['one that is over before the next', ['paris 10+20', 'london 30+60!'], [30, null]],
  ['one that is not stays with the disaster', ['frankfurt 15+60', 'paris 20+40!'], [null, null]],
  [
    'what comes after the disaster ends only where something follows',
    ['paris 10+60!', 'london 90+10', 'london 120+10'],
    [null, 100, null],
  ],
  [
    'one that overlaps another ends at its own time',
    ['paris 10+20', 'london 20+30', 'frankfurt 60+10!'],
    [30, 50, null],
  ],
  ['two that hold one site end together', ['paris 10+20', 'paris 20+30', 'frankfurt 60+10!'], [50, 50, null]],
  ['three in a chain', ['paris 10+20', 'paris 20+30', 'paris 40+30', 'london 80+10!'], [70, 70, 70, null]],
  [
    'what holds the site of a disaster that has begun',
    ['paris 10+60!', 'paris 90+10', 'london 120+10'],
    [null, null, null],
  ],
])('%s', (_, timeline, expected) => {
  expect(seconds(timeline)).toEqual(expected);
});

test('what is in force at once, and how many sites of a service that takes at the worst', () => {
  const sequence = faults('paris 10+20', 'london 40+20', 'paris 70+20!');
  expect(sequence.map((_, i) => inForceAt(sequence, i).map(({ id }) => id))).toEqual([
    ['paris 10+20'],
    ['london 40+20'],
    ['paris 70+20!'],
  ]);
  expect(hitAtWorst(sequence, 'cassandra', ['paris', 'london'], REGISTRIES.faults)).toEqual({
    ever: ['paris', 'london'],
    worst: ['paris'],
  });
  const overlapping = faults('paris 10+40', 'london 40+20', 'frankfurt 70+20!');
  expect(hitAtWorst(overlapping, 'cassandra', ['paris', 'london'], REGISTRIES.faults).worst).toEqual([
    'paris',
    'london',
  ]);
  expect(hitAtWorst([], 'cassandra', ['paris'], REGISTRIES.faults)).toEqual({ ever: [], worst: [] });
});
