import { expect, test } from 'vitest';
import { InputError } from '../errors.ts';
import { loaded, PLATFORM, problemsOf, REGISTRIES, withTimeline } from './fixtures.ts';
import { resolvePlan } from './resolve.ts';

const CUT = 'type: partition-site, clients: cut';
const FAULT = `fault: { ${CUT}, site: { pick: any }, disaster: true }`;

test.each([
  [
    'repetitions that overlap',
    [`{ at: 10s, for: 20s, repeat: { times: 3, every: 10s }, ${FAULT} }`],
    'good.yaml:8:53: timeline[0].repeat.every: expected at least 20 s, as long as it is held: each is over before the next begins, got 10 s',
  ],
  [
    'repetitions of which none is marked',
    [`{ at: 10s, for: 5s, repeat: { times: 3, every: 10s }, fault: { ${CUT}, site: paris } }`],
    'good.yaml:7:1: timeline: expected one of the 3 faults to be marked disaster: true, got none',
  ],
  [
    'two faults at once',
    [
      `{ at: 10s, for: 5s, repeat: { times: 3, every: 10s }, ${FAULT} }`,
      `{ at: 30s, for: 5s, fault: { ${CUT}, site: paris } }`,
    ],
    'good.yaml:9:11: timeline[1].at: expected a time of its own: each fault has its own clocks',
  ],
  [
    'one id for two',
    [`{ id: cut, at: 10s, for: 5s, ${FAULT} }`, `{ id: cut, at: 30s, for: 5s, fault: { ${CUT}, site: paris } }`],
    'good.yaml:9:11: timeline[1].id: expected an id that no other fault has, got cut again',
  ],
  [
    'an id that a numbered fault has as well',
    [
      `{ id: kill-1, at: 10s, for: 5s, ${FAULT} }`,
      '{ at: 30s, for: 5s, fault: { type: kill, component: cassandra, site: paris } }',
    ],
    'good.yaml:8:11: timeline[0].id: expected an id that no other fault has, got kill-1 again',
  ],
  [
    'a fault that is not above',
    [
      `{ id: cut, at: 10s, for: 5s, ${FAULT} }`,
      `{ at: 30s, for: 5s, fault: { ${CUT}, site: { pick: any, not: [cutt] } } }`,
    ],
    'good.yaml:9:95: timeline[1].fault.site.not[0]: expected the id of a fault above (there is cut), got "cutt"; did you mean "cut"?',
  ],
  [
    'one site twice to pick from',
    [`{ at: 10s, for: 5s, fault: { ${CUT}, site: { pick: [paris, paris] } } }`],
    'good.yaml:8:92: timeline[0].fault.site.pick[1]: expected each of them once, got paris again',
  ],
  [
    'more repetitions than can be',
    Array.from(
      { length: 4 },
      (_, i) =>
        `{ at: ${1000 * (i + 1)}s, for: 5s, repeat: { times: 16, every: 10s }, fault: { ${CUT}, site: paris${i === 0 ? ', disaster: true' : ''} } }`,
    ),
    'good.yaml:11:44: timeline[3].repeat.times: expected at most 60 faults in all, got 64 with their repetitions',
  ],
  [
    'distinct sites that are not picked',
    [
      `{ at: 10s, for: 5s, repeat: { times: 2, every: 10s, pick: distinct }, fault: { ${CUT}, site: paris, disaster: true } }`,
    ],
    'good.yaml:8:63: timeline[0].repeat.pick: expected a fault whose site is picked, such as site: { pick: any }: its sites cannot differ',
  ],
  [
    'a word that is none of the components',
    ['{ at: 10s, for: 5s, fault: { type: kill, site: paris, component: casandra } }'],
    'good.yaml:8:70: timeline[0].fault.component: expected janusgraph or cassandra or opensearch or pulsar or api or consumer or node-exporter or prometheus or alertmanager or redis, got "casandra"; did you mean "cassandra"?',
  ],
  [
    'a component that is none, to pick from',
    ['{ at: 10s, for: 5s, fault: { type: kill, site: paris, component: { pick: [cassandra, mongodb] } } }'],
    'good.yaml:8:90: timeline[0].fault.component.pick[1]: expected janusgraph or cassandra or opensearch or pulsar or api or consumer or node-exporter or prometheus or alertmanager or redis, got "mongodb"',
  ],
  [
    'a site that is neither',
    [`{ at: 10s, for: 5s, fault: { ${CUT}, site: 5 } }`],
    'good.yaml:8:76: timeline[0].fault.site: expected text, or a pick such as { pick: any }, got 5',
  ],
  [
    'an unknown key beside a pick',
    [`{ at: 10s, for: 5s, fault: { ${CUT}, site: { pick: any, nto: [x] } } }`],
    'good.yaml:8:89: timeline[0].fault.site.nto: unknown key; did you mean "not"? (known: pick, not)',
  ],
])('%s', (_, entries, expected) => {
  expect(problemsOf(withTimeline(entries))).toContain(expected);
});

test.each([
  [
    'a site that the platform has not',
    [`{ at: 10s, for: 5s, fault: { ${CUT}, site: { pick: [paris, berlin] } } }`],
    'good.yaml:8:92: timeline[0].fault.site.pick[1]: expected a site of the platform fake (paris, london, frankfurt), got "berlin"',
  ],
  [
    'more distinct sites than there are',
    [`{ at: 10s, for: 5s, repeat: { times: 4, every: 9s, pick: distinct }, ${FAULT} }`],
    'good.yaml:8:125: timeline[0].fault.site: expected more to pick from than paris, london, frankfurt for partition-site-4: the faults that it is to differ from may take 3',
  ],
  [
    'a pick that another one may empty',
    [
      `{ id: a, at: 10s, for: 5s, fault: { ${CUT}, site: { pick: any } } }`,
      `{ id: b, at: 20s, for: 5s, fault: { ${CUT}, site: { pick: any } } }`,
      `{ id: c, at: 30s, for: 5s, fault: { ${CUT}, site: { pick: [paris, london], not: [a, b] }, disaster: true } }`,
    ],
    'good.yaml:10:83: timeline[2].fault.site: expected more to pick from than paris, london for c: the faults that it is to differ from may take 2',
  ],
])('%s is refused with every seed', (_, entries, expected) => {
  const text = withTimeline(entries);
  for (const seed of [0, 1, 2, 3]) {
    const resolve = () => resolvePlan({ ...REGISTRIES, loaded: loaded(text), platform: PLATFORM, options: { seed } });
    expect(resolve).toThrow(InputError);
    expect(resolve).toThrow(expected);
  }
});
