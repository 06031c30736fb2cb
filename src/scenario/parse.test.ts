import { expect, test } from 'vitest';
import { GOOD, problemsOf, REGISTRIES } from './fixtures.ts';

/** The good scenario with one text in the place of another that stands in it. */
function changed(from: string, to: string): string {
  if (!GOOD.includes(from)) throw new Error(`not there: ${from}`);
  return GOOD.replace(from, to);
}

test('a good scenario has no problem', () => {
  expect(problemsOf(GOOD)).toEqual([]);
});

test.each([
  [
    'an unknown key',
    changed('rate: 100/s', 'ratte: 100/s'),
    [
      'good.yaml:5:3: services.ledger: rate is missing: expected a rate such as 100/s, above 0 and at most 20000/s',
      'good.yaml:5:25: services.ledger.ratte: unknown key; did you mean "rate"? (known: probe, rate, timeout, sites, client, consistency)',
    ],
  ],
  [
    'a rate without its unit',
    changed('100/s', '100'),
    ['good.yaml:5:31: services.ledger.rate: expected a rate such as 100/s, above 0 and at most 20000/s, got 100'],
  ],
  [
    'a duration without its unit',
    changed('for: 60s', 'for: 60'),
    [
      'good.yaml:10:10: timeline[0].for: expected a duration above zero with its unit, such as 250ms, 30s or 10m, of at most 366d, got 60',
    ],
  ],
  [
    'an objective without its unit',
    changed('rto: 30m', 'rto: 30'),
    [
      'good.yaml:12:8: objectives.rto: expected a bound such as 30m, "< 30m" or "<= 30m", with its unit, which something can meet, got 30',
    ],
  ],
  [
    'an objective that nothing meets',
    changed('rpo: 5m', 'rpo: < 0s'),
    ['good.yaml:13:8: objectives.rpo: expected 0, or a bound with its unit such as 5m, "< 5m" or "<= 5m", got "< 0s"'],
  ],
  [
    'an unknown probe',
    changed('probe: cql', 'probe: cqll'),
    [
      'good.yaml:5:20: services.ledger.probe: expected cql or gremlin or register or transfers, got "cqll"; did you mean "cql"?',
    ],
  ],
  [
    'an unknown fault',
    changed('site-loss', 'site-lost'),
    [
      `good.yaml:9:20: timeline[0].fault.type: expected ${[...REGISTRIES.faults.keys()].join(' or ')}, got "site-lost"; did you mean "site-loss"?`,
    ],
  ],
  [
    "a fault's parameter of another fault",
    changed('site-loss, site: paris', 'site-loss, site: paris, mode: abrupt'),
    ['good.yaml:9:44: timeline[0].fault.mode: unknown key (known: type, site, disaster)'],
  ],
  [
    "a fault's parameter that is missing",
    changed('site-loss', 'kill'),
    [
      'good.yaml:9:5: timeline[0].fault: component is missing: expected janusgraph or cassandra or opensearch or pulsar or api or consumer or node-exporter or prometheus or alertmanager or redis, or a pick such as { pick: any }',
    ],
  ],
  [
    "a probe's parameter with a wrong value",
    changed('rate: 100/s', 'rate: 100/s, consistency: LOCAL_QUORM'),
    [
      'good.yaml:5:51: services.ledger.consistency: expected ONE or LOCAL_ONE or LOCAL_QUORUM or QUORUM, got "LOCAL_QUORM"; did you mean "LOCAL_QUORUM"?',
    ],
  ],
  [
    'an unknown phase',
    changed('{ target: 100ms }', '{ target: 100ms, phase: aftr }'),
    [
      'good.yaml:14:32: objectives.p95.phase: expected before, outage, failed-over, after, or a list of these, got "aftr"',
    ],
  ],
  ['a wrong type', changed('title: Paris is lost', 'title: 4'), ['good.yaml:2:8: title: expected text, got 4']],
  [
    'a value that is missing',
    changed('title: Paris is lost', 'title:'),
    ['good.yaml:2:7: title: expected text, got nothing'],
  ],
  [
    'a list in the place of a mapping',
    changed('timeline:', 'steadyState: []\ntimeline:'),
    ['good.yaml:7:14: steadyState: expected a mapping, got an empty list'],
  ],
  [
    'a number that is too small',
    changed('timeline:', 'settings: { downAfter: 0 }\ntimeline:'),
    ['good.yaml:7:24: settings.downAfter: expected at least 1, got 0'],
  ],
  [
    'site probes that are neither',
    changed('timeline:', 'siteProbes: true\ntimeline:'),
    ['good.yaml:7:13: siteProbes: expected false, or expected a mapping, got true'],
  ],
  [
    'a mistake inside site probes',
    changed('timeline:', 'siteProbes: { rat: 20/s }\ntimeline:'),
    ['good.yaml:7:15: siteProbes.rat: unknown key; did you mean "rate"? (known: rate)'],
  ],
  [
    'the reserved service',
    changed('  ledger:', '  canary:'),
    [
      'good.yaml:5:3: services.canary: expected a service\'s name in lower case such as ledger; canary is reserved, got "canary"',
    ],
  ],
  [
    "another name than the file's",
    changed('name: good', 'name: better'),
    ['good.yaml:1:7: name: expected the file\'s name "good", got "better"'],
  ],
  [
    'a site twice',
    changed('sites: [paris, london] }\n  graph', 'sites: [paris, paris] }\n  graph'),
    ['good.yaml:5:53: services.ledger.sites[1]: expected each site once, got paris again'],
  ],
  [
    'no service',
    changed('services:', 'services: {}\nx:').replace(/x:\n.*\n.*\n/, ''),
    ['good.yaml:4:11: services: expected at least one service, got none'],
  ],
  [
    'no objective',
    GOOD.replace(/objectives:[\s\S]*/, 'objectives: {}\n'),
    ['good.yaml:11:1: objectives: expected at least one objective, got none'],
  ],
  [
    'an objective of an unknown service',
    `${GOOD}  services: { leger: { rto: 1m } }\n`,
    [
      'good.yaml:16:15: objectives.services.leger: expected a service of this scenario, got "leger"; did you mean "ledger"?',
    ],
  ],
  [
    'an RTO where nothing happens',
    GOOD.replace(/timeline:[\s\S]*for: 60s/, 'timeline: []'),
    [
      'good.yaml:9:3: objectives.rto: expected no rto where nothing happens: the timeline is empty',
      'good.yaml:10:3: objectives.rpo: expected no rpo where nothing happens: the timeline is empty',
      'good.yaml:11:3: objectives.p95: expected phase: before, the only one there is when the timeline is empty',
    ],
  ],
  [
    'the only fault marked as none',
    changed('site: paris }\n    for', 'site: paris, disaster: false }\n    for'),
    ['good.yaml:9:54: timeline[0].fault.disaster: expected true or nothing: the only fault is the disaster'],
  ],
  [
    'several faults and none marked',
    changed(
      '    for: 60s',
      '    for: 60s\n  - { at: 20s, for: 1s, fault: { type: kill, site: paris, component: cassandra } }',
    ),
    ['good.yaml:7:1: timeline: expected one of the 2 faults to be marked disaster: true, got none'],
  ],
  [
    'several disasters out of order',
    changed(
      'site: paris }\n    for: 60s',
      'site: paris, disaster: true }\n    for: 60s\n  - { at: 5s, for: 1s, fault: { type: kill, site: paris, component: cassandra, disaster: true } }',
    ),
    [
      'good.yaml:11:11: timeline[1].at: expected the order of time: it is before the entry above it',
      'good.yaml:11:90: timeline[1].fault.disaster: expected one disaster, got a second',
    ],
  ],
  [
    'a canary that nobody could see',
    changed('timeline:', 'canary: { outage: 10ms }\ntimeline:'),
    [
      'good.yaml:7:1: canary: expected an outage that refuses at least 3 operations (settings.downAfter), got 0: it would not be seen',
    ],
  ],
  [
    'a duplicate key',
    changed('title: Paris is lost', 'title: Paris is lost\ntitle: again'),
    ['good.yaml:3:1: duplicate key: it stands above already'],
  ],
  [
    'a duplicate key beside another mistake',
    changed('title: Paris is lost', 'title: Paris is lost\ntitle: 4'),
    ['good.yaml:3:1: duplicate key: it stands above already', 'good.yaml:3:8: title: expected text, got 4'],
  ],
  ['a tab', changed('  ledger', '\tledger'), ['good.yaml:5:1: expected spaces, got a tab as indentation']],
  [
    'an anchor',
    changed('title: Paris', 'title: &a Paris'),
    ['good.yaml:2:11: expected no anchors and aliases: write it out'],
  ],
  [
    'an alias of what contains it',
    'name: &a [*a]\n',
    [
      'good.yaml:1:10: expected no anchors and aliases: write it out',
      'good.yaml:1:11: expected no anchors and aliases: write it out',
    ],
  ],
  [
    'a tag',
    changed('title: Paris', 'title: !!str Paris'),
    ['good.yaml:2:14: expected no tags, got tag:yaml.org,2002:str'],
  ],
  [
    'a key that is no text',
    changed('title: Paris is lost', 'title: Paris is lost\n4: x'),
    ['good.yaml:3:1: expected a key that is text'],
  ],
  ['a key that hides', changed('  ledger:', '  __proto__:'), ['good.yaml:5:3: expected another key than __proto__']],
  ['several documents', `${GOOD}---\n${GOOD}`, ['good.yaml:16:1: expected one scenario, got a second document (---)']],
  ['an empty file', '', ['good.yaml:1:1: expected a scenario, got an empty file']],
  ['a comment alone', '# nothing\n', ['good.yaml:1:1: expected a scenario, got an empty file']],
  ['a text alone', 'site-failover\n', ['good.yaml:1:1: expected a mapping, got "site-failover"']],
  ['brackets alone', '['.repeat(100_000), ['good.yaml:1:1: nested too deeply to be a scenario']],
  ['a huge file', '#'.repeat(1_000_001), ['good.yaml:1:1: expected at most 1000000 bytes, got 1000001']],
  [
    'what is not UTF-8',
    new Uint8Array([...new TextEncoder().encode('name: a\ntitle: '), 0xff, 0x0a]),
    ['good.yaml:2:8: expected UTF-8, got a byte that is none'],
  ],
] as [string, string | Uint8Array, string[]][])('%s', (_, text, expected) => {
  expect(problemsOf(text)).toEqual(expected);
});

test('every mistake of a file is named, in the order of the file', () => {
  const text = GOOD.replace('title: Paris is lost', 'title: 4').replace('50/s', '50').replace('for: 60s', 'fro: 60s');
  expect(problemsOf(text).map((problem) => problem.split(': ').slice(0, 2).join(' '))).toEqual([
    'good.yaml:2:8 title',
    'good.yaml:6:34 services.graph.rate',
    'good.yaml:8:5 timeline[0]',
    'good.yaml:10:5 timeline[0].fro',
  ]);
});
