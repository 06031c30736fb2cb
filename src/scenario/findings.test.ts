import { expect, test } from 'vitest';
import { messageOf } from '../errors.ts';
import { GOOD, loaded, PLATFORM, REGISTRIES, withTimeline } from './fixtures.ts';
import { resolveScenario } from './resolve.ts';

/** What a plan of this text shows: `severity path text`, or the error's lines. */
function shown(text: string): readonly string[] {
  try {
    const { findings } = resolveScenario({ ...REGISTRIES, loaded: loaded(text), platform: PLATFORM });
    return findings.map((one) => `${one.severity} ${one.path.join('.')} ${one.text}`);
  } catch (error) {
    return [messageOf(error)];
  }
}

test.each([
  [
    'a steady state too short for five windows',
    `${GOOD}steadyState: { for: 20s }\n`,
    'good.yaml:16:21: steadyState.for: expected at least 22 s: 5 windows of 4 s each (graph at 50/s, 200 operations a window) and 10 %, got 20 s',
  ],
  [
    'a steady state that cannot be seen to last',
    `${GOOD}steadyState: { for: 22s }\n`,
    'warning steadyState.for the steady state of graph may stay unknown: to the first fault there may be only 32 s, and it must last 30 s and one window of 4 s; let the first fault come later',
  ],
  [
    'an objective of a phase that never is',
    GOOD.replace('100/s, sites: [paris, london]', '100/s, sites: [paris]')
      .replace('100ms }', '100ms, phase: failed-over }')
      .concat('guard: { lastSite: may be taken }\n'),
    'good.yaml:14:8: objectives.p95: p95/ledger/failed-over: ledger has one site, so it never fails over',
  ],
  [
    'a service without a survivor',
    GOOD.replace('100/s, sites: [paris, london]', '100/s, sites: [paris]'),
    'good.yaml:5:45: services.ledger.sites: ledger has no survivor: a fault strikes each of its sites (paris); where that is meant, say so: guard: { lastSite: may be taken }',
  ],
  [
    'a service without a survivor, as the scenario says itself',
    `${GOOD.replace('100/s, sites: [paris, london]', '100/s, sites: [paris]')}guard: { lastSite: may be taken }\n`,
    'warning services.ledger.sites ledger has no survivor: a fault strikes each of its sites (paris)',
  ],
  [
    'a detection that its own configuration makes impossible',
    `${GOOD}promises: { detection: 30s }\ndetectors: { health: {} }\n`,
    'warning promises.detection a promise that its own configuration makes impossible: detection in 30 s, while 5 failures every 30 s take at least 2 min',
  ],
  [
    'a fault that ends before a health check can notice',
    `${GOOD}detectors: { health: { every: 20s, failures: 3 failures } }\n`,
    'warning detectors.health it may take 70 s, and no fault is held for longer than 60 s: the alarm may never come',
  ],
  [
    'a promise of detection without a detector',
    `${GOOD}promises: { detection: 30s }\n`,
    'note promises.detection nothing detects here: what is shown is when the clients could know',
  ],
  [
    'a graph whose only site loses its store, as everything on it',
    GOOD.replace('50/s, timeout: 5s, sites: [paris, london]', '50/s, timeout: 5s, sites: [paris]').replace(
      'type: site-loss, site: paris',
      'type: kill, site: paris, component: cassandra',
    ),
    'good.yaml:6:60: services.graph.sites: graph has no survivor: a fault strikes each of its sites (paris); where that is meant, say so: guard: { lastSite: may be taken }',
  ],
  [
    'a run that would not see another site fail',
    `${GOOD}siteProbes: false\n`,
    'warning siteProbes without probes of the sites nobody sees whether another site fails meanwhile: the run would not break off',
  ],
  [
    'a disaster that no service sees',
    GOOD.replace('site-loss, site: paris', 'site-loss, site: frankfurt'),
    'warning timeline.0.fault.site no service uses frankfurt: no client would see the disaster',
  ],
  [
    'an RTO that the client’s policy alone misses',
    GOOD.replace('rto: 30m', 'rto: 5s'),
    'warning objectives.rto rto/graph: the timeout and 5 failures may take 5.1 s by themselves, which is not within 5 s',
  ],
  [
    'a latency target that a timeout hides',
    GOOD.replace('target: 100ms', 'target: 2s'),
    'warning objectives.p95 p95/ledger/after: the target is not below the timeout of 2 s: no ok operation could miss it but by waiting',
  ],
  [
    'latency of an outage',
    GOOD.replace('100ms }', '100ms, phase: outage }'),
    'warning objectives.p95 p95/ledger/outage: an outage has few ok operations; below 200, or below the floor, this stays unknown',
  ],
  [
    'objectives that contradict each other',
    GOOD,
    'note objectives.availability contradiction: rto/ledger allows 30 min, availability/ledger allows 4.32 min in 720 h: an outage that meets the first may miss the second',
  ],
  [
    'no loss, of writes that one site acknowledges',
    GOOD.replace('rpo: 5m', 'rpo: 0'),
    'note objectives.rpo rpo: no loss at all is asked of ledger, whose writes one site alone acknowledges (LOCAL_QUORUM)',
  ],
  [
    'a hold that the run will lengthen',
    GOOD.replace('for: 60s', 'for: 20s'),
    'note timeline.0.for site-loss-1 is held longer than 20 s where that takes longer: until 5 windows hold at the survivor (20 s) and what was acknowledged has been read back; whether it lasts for 30 s is seen after it as well',
  ],
  [
    'another fault before an RTO can be decided',
    GOOD.replace(
      'site: paris }\n    for: 60s',
      'site: paris, disaster: true }\n    for: 60s\n  - { at: 20s, for: 9s, fault: { type: kill, site: frankfurt, component: cassandra } }',
    ),
    'good.yaml:11:11: timeline[1].at: kill-1 ends the observation of site-loss-1 after 10 s; an RTO takes 20 s and 30 s to be decided',
  ],
  [
    'a fault that ends inside another at the same site',
    GOOD.replace(
      '- at: 10s',
      '- { at: 5s, for: 20s, fault: { type: partition-site, site: paris, clients: kept } }\n  - at: 10s',
    ).replace('site: paris }\n    for', 'site: paris, disaster: true }\n    for'),
    'note timeline.0.for partition-site-1 ends while site-loss-1 still holds paris: that it is gone can only be seen once paris serves again',
  ],
  [
    'each site in turn',
    withTimeline(
      [
        '{ at: 10s, for: 9s, fault: { type: partition-site, site: paris, clients: cut } }',
        '{ at: 40s, for: 60s, fault: { type: partition-site, site: london, clients: cut, disaster: true } }',
      ],
      '',
    ),
    'note services.ledger.sites a fault strikes each site of ledger (paris, london), and never all of them at once',
  ],
  [
    'each site in turn, of which two are struck at once',
    withTimeline(
      [
        '{ at: 10s, for: 40s, fault: { type: partition-site, site: paris, clients: cut } }',
        '{ at: 40s, for: 60s, fault: { type: partition-site, site: london, clients: cut, disaster: true } }',
      ],
      '',
    ).replace('5s, sites: [paris, london]', '5s, sites: [paris, london, frankfurt]'),
    'good.yaml:5:45: services.ledger.sites: ledger has no survivor: a fault strikes each of its sites (paris, london); where that is meant, say so: guard: { lastSite: may be taken }',
  ],
  [
    'repetitions that follow sooner than a process starts: at their entry',
    withTimeline([
      '{ at: 10s, for: 9s, fault: { type: partition-site, site: frankfurt, clients: kept } }',
      '{ at: 40s, for: 9s, repeat: { times: 2, every: 20s }, fault: { type: site-loss, site: paris, disaster: true } }',
    ]),
    'note timeline.1.for site-loss-2 may come later than at 60 s: site-loss-1 ends 11 s before it, and takes about 30 s to be gone',
  ],
  ['a seed where nothing is picked', `${GOOD}seed: 7\n`, 'note seed nothing is picked at random: it changes nothing'],
])('%s', (_, text, expected) => {
  expect(shown(text)).toContain(expected);
});
