import { expect, test } from 'vitest';
import { describePlan } from './describe-plan.ts';
import { expectedPhases } from './expected-duration.ts';
import { GOOD, loaded, PLATFORM, REGISTRIES, withTimeline } from './fixtures.ts';
import { resolveScenario } from './resolve.ts';

const { plan, findings } = resolveScenario({
  ...REGISTRIES,
  loaded: loaded(GOOD),
  platform: PLATFORM,
  options: { jitterUs: 700_000 },
});

test('says what will happen, in at most 100 columns', () => {
  const text = describePlan(plan, findings, REGISTRIES);
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  expect(text).toContain(
    '  the first one 700 ms later than it says here, at random\n  10 s: site-loss-1 of paris, for at least 60 s (the disaster)',
  );
  expect(text).toContain('RTO of ledger < 30 min');
  expect(text).toContain('P95 of graph < 100 ms in after');
  expect(text).toContain('availability of ledger 99.99 % over');
  expect(text).toContain('ledger/paris: contact paris, timeout_us 2000000, consistency LOCAL_QUORUM');
  expect(text).toContain('abilities network, packets, bandwidth, processes');
  expect(text).toContain('struck paris; untouched london, frankfurt\n  ledger: 100/s of paris hit, london left');
  expect(text).toMatch(/in all: about [\d.]+ min, without starting the platform/);
});

test('a word longer than a line is cut, not lost', () => {
  const long = { ...plan, scenario: { ...plan.scenario, hypothesis: 'x'.repeat(250) } };
  const text = describePlan(long, [], REGISTRIES);
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  expect(text.replaceAll(/\s/g, '')).toContain('x'.repeat(250));
});

test('the expected duration holds every phase at its planned length', () => {
  const phases = new Map(expectedPhases(plan, REGISTRIES.faults).map(({ phase, us }) => [phase, us]));
  expect(phases.get('steady-state')).toBe(30e6);
  expect(phases.get('before')).toBe(10.7e6);
  expect(phases.get('during')).toBe(60e6);
  expect(phases.get('read-back at every site')).toBeGreaterThan(2 * (phases.get('read-back at failover') as number));
  expect(phases.get('after')).toBe(15e6);
  expect(expectedPhases({ ...plan, timeline: [] }, REGISTRIES.faults).map(({ phase }) => phase)).toEqual([
    'prepare',
    'canary',
    'steady-state',
    'cleanup',
  ]);
});

test('what was picked at random, among what, and how to have it again', () => {
  const timeline = [
    '{ id: cut, at: 10s, for: 9s, repeat: { times: 2, every: 30s }, fault: { type: partition-site, clients: cut, site: { pick: [paris, london] }, disaster: true } }',
  ];
  const { plan: picked } = resolveScenario({
    ...REGISTRIES,
    loaded: loaded(withTimeline(timeline, '')),
    platform: PLATFORM,
    options: { seed: 0 },
  });
  const sites = picked.timeline.map(({ site }) => site);
  const text = describePlan(picked, [], REGISTRIES).replaceAll(/\n {6}/g, ' ');
  expect(text).toContain(
    [
      '  picked at random with the seed 0; the same again: --seed 0',
      `  10 s: cut-1 of ${sites[0]}, from all, direction both, clients cut (site picked among paris, london), for at least 9 s`,
      `  40 s: cut-2 of ${sites[1]}, from all, direction both, clients cut (site picked among paris, london), for at least 9 s (the disaster)`,
    ].join('\n'),
  );
});

test('the blast radius is that of the component, and of the site that is used', () => {
  const of = (from: string, to: string): string => {
    const { plan: changed } = resolveScenario({
      ...REGISTRIES,
      loaded: loaded(GOOD.replace(from, to)),
      platform: PLATFORM,
    });
    return describePlan(changed, [], REGISTRIES);
  };
  expect(of('type: site-loss, site: paris', 'type: kill, component: janusgraph, site: paris')).toContain(
    'ledger: not hit\n  graph: 50/s of paris hit',
  );
  expect(of('type: site-loss, site: paris', 'type: site-loss, site: london')).toContain(
    'ledger: its reserve london hit, paris left',
  );
});
