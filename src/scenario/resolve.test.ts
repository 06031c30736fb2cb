import { expect, test } from 'vitest';
import { InputError, PlatformError } from '../errors.ts';
import type { PlatformFacts } from '../platform/platform.ts';
import { GOOD, loaded, PLATFORM, REGISTRIES } from './fixtures.ts';
import { resolvePlan, resolveScenario } from './resolve.ts';

const resolve = (text: string, platform: PlatformFacts = PLATFORM, jitterUs = 0) =>
  resolvePlan({ ...REGISTRIES, loaded: loaded(text), platform, options: { jitterUs } });

function refusal(action: () => unknown): InputError | PlatformError {
  try {
    action();
  } catch (error) {
    if (error instanceof InputError || error instanceof PlatformError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

test('fills in every default', () => {
  const plan = resolve(GOOD, PLATFORM, 1_234);
  expect(plan.settings).toEqual({ downAfter: 3, upAfter: 10, floor: 0.95, sustain_us: 30e6, windowOperations: 200 });
  expect(plan.failover).toEqual({ after: 5, retry_us: 30e6, halfOpen: 1, failback: 'operator' });
  expect(plan.retry).toBeNull();
  expect(plan.steadyState).toEqual({ for_us: 30e6, within_us: 180e6 });
  expect(plan.recovery).toEqual({
    within_us: 600e6,
    repair: true,
    hints_us: 60e6,
    after_us: 15e6,
    failback: true,
    failback_us: 22e6,
  });
  expect(plan.readBack).toEqual({ rate: 1000, within_us: 300e6, attempts: 5, infoSettle_us: 100e6 });
  expect(plan.canary).toEqual({ rate: 50, outage_us: 1e6, deleted: 5 });
  expect(plan.timeline).toEqual([
    {
      id: 'site-loss-1',
      type: 'site-loss',
      site: 'paris',
      disaster: true,
      restarts: true,
      at_us: 10e6,
      for_us: 60e6,
      params: {},
    },
  ]);
  expect(plan.scenario).toEqual({
    name: 'good',
    title: 'Paris is lost',
    tier: null,
    hypothesis: 'London serves',
    tags: [],
    dora: null,
    sha256: 'f'.repeat(64),
  });
  expect(plan.jitter_us).toBe(1_234);
});

test('a timetable for each service, and one for each site and each probe and client', () => {
  const rows = resolve(GOOD).timetables.map(({ probe, service, site, client, rate, timeout_us }) =>
    [probe, service, site, client, rate, timeout_us].join(' '),
  );
  expect(rows).toEqual([
    'cql ledger  outside 100 2000000',
    'gremlin graph  outside 50 5000000',
    'cql  paris outside 20 2000000',
    'cql  london outside 20 2000000',
    'cql  frankfurt outside 20 2000000',
    'gremlin  paris outside 20 5000000',
    'gremlin  london outside 20 5000000',
    'gremlin  frankfurt outside 20 5000000',
  ]);
});

test('two services of one probe share its sites’ own probes; another client has its own', () => {
  const two = GOOD.replace(
    '  graph:',
    '  audit: { probe: cql, rate: 60/s, timeout: 3s, sites: [london, paris] }\n  inside: { probe: cql, rate: 50/s, sites: [paris], client: paris }\n  graph:',
  );
  const { plan, findings } = resolveScenario({
    ...REGISTRIES,
    loaded: loaded(`${two}guard: { lastSite: may be taken }\n`),
    platform: PLATFORM,
  });
  const own = plan.timetables.filter(({ service, probe }) => service === '' && probe === 'cql');
  expect(own.map(({ site, client, timeout_us }) => `${site} ${client} ${timeout_us}`)).toEqual([
    'paris outside 2000000',
    'london outside 2000000',
    'frankfurt outside 2000000',
    'paris paris 2000000',
    'london paris 2000000',
    'frankfurt paris 2000000',
  ]);
  expect(findings.map(({ text }) => text)).toContain(
    'each site is probed with the timeout and parameters of ledger, which differ from those of audit',
  );
});

test('siteProbes: false leaves the services alone, and says what is then not measured', () => {
  const plan = resolve(`${GOOD}siteProbes: false\n`);
  expect(plan.timetables.map(({ service }) => service)).toEqual(['ledger', 'graph']);
  expect(plan.notMeasured.map(({ what }) => what)).toContain('each site on its own');
});

test('objectives for all services, and what one service states in their place', () => {
  const plan = resolve(
    GOOD.replace('{ target: 100ms }', '{ target: 100ms, phase: [failed-over, after] }')
      .replace('rpo: 5m', 'rpo: 0')
      .concat('  services: { graph: { rto: <= 2m, rpo: < 1m, p95: { target: 50ms } } }\n'),
  );
  expect(plan.objectives.map(({ id }) => id)).toEqual([
    'rto/ledger',
    'rto/graph',
    'rpo',
    'rpo/graph',
    'p95/ledger/failed-over',
    'p95/ledger/after',
    'p95/graph/after',
    'availability/ledger',
    'availability/graph',
  ]);
  expect(plan.objectives.slice(0, 4)).toEqual([
    { id: 'rto/ledger', metric: 'rto', service: 'ledger', op: '<', target_us: 1800e6 },
    { id: 'rto/graph', metric: 'rto', service: 'graph', op: '<=', target_us: 120e6 },
    { id: 'rpo', metric: 'rpo', service: null, op: '<=', target_us: 0 },
    { id: 'rpo/graph', metric: 'rpo', service: 'graph', op: '<', target_us: 60e6 },
  ]);
  expect(plan.services.ledger?.latency).toEqual({ quantile: 0.95, op: '<', target_us: 100_000 });
  expect(plan.services.graph?.latency).toEqual({ quantile: 0.95, op: '<', target_us: 50_000 });
});

test('windows are judged on p95 before any other quantile, else on the highest, else on success alone', () => {
  const p95 = '  p95: { target: 100ms }';
  expect(resolve(GOOD.replace(p95, `${p95}\n  p99: { target: 50ms }`)).services.graph?.latency?.quantile).toBe(0.95);
  const without = GOOD.replace(p95, '  p50: { target: 9ms }\n  p99: { target: 50ms }');
  expect(resolve(without).services.graph?.latency).toEqual({ quantile: 0.99, op: '<', target_us: 50_000 });
  expect(resolve(GOOD.replace(`${p95}\n`, '')).services.graph?.latency).toBeNull();
});

test('drivers stand under their service and site, and under the site’s own probe', () => {
  const { drivers } = resolve(GOOD);
  expect(Object.keys(drivers)).toHaveLength(10);
  expect(drivers['ledger/london']).toEqual({ contact: 'london', timeout_us: 2e6, consistency: 'LOCAL_QUORUM' });
  expect(drivers['@frankfurt/gremlin.outside']).toEqual({ contact: 'frankfurt' });
});

test('several faults: numbered by type, one disaster', () => {
  const two = GOOD.replace(
    'for: 60s',
    'for: 60s\n  - { at: 90s, for: 60s, fault: { type: site-loss, site: paris } }\n  - { at: 200s, for: 9s, fault: { type: kill, component: cassandra, site: london } }',
  ).replace('site: paris }\n', 'site: paris, disaster: true }\n');
  expect(
    resolve(`${two}guard: { lastSite: may be taken }\n`).timeline.map(({ id, disaster, params }) => ({
      id,
      disaster,
      params,
    })),
  ).toEqual([
    { id: 'site-loss-1', disaster: true, params: {} },
    { id: 'site-loss-2', disaster: false, params: {} },
    { id: 'kill-1', disaster: false, params: { component: 'cassandra' } },
  ]);
});

test('a platform that is set otherwise than the scenario requires is refused, with what it has', () => {
  expect(resolve(`${GOOD}requires: { heap: cassandra 640m }\n`).timeline).toHaveLength(1);
  const message = refusal(() => resolve(`${GOOD}requires: { heap: cassandra 2g, haep: x }\n`)).message;
  expect(message.split('\n')).toEqual([
    'good.yaml:16:19: requires.heap: expected a platform with heap "cassandra 2g", got "cassandra 640m": on this one the scenario would show nothing; start another (--config)',
    'good.yaml:16:39: requires.haep: expected a platform with haep "x", got no such setting; did you mean "heap"?: on this one the scenario would show nothing; start another (--config)',
  ]);
});

test('everything that the platform does not have is named at its place', () => {
  const text = GOOD.replace('100/s, sites: [paris, london]', '100/s, sites: [pariss, london], client: tokyo').replace(
    'type: site-loss, site: paris',
    'type: partition-site, site: paris, clients: cut, from: [paris, berlin]',
  );
  const error = refusal(() => resolve(text));
  expect(error).toBeInstanceOf(InputError);
  expect(error.message.split('\n')).toEqual([
    'good.yaml:5:46: services.ledger.sites[0]: expected a site of the platform fake (paris, london, frankfurt), got "pariss"; did you mean "paris"?',
    'good.yaml:5:71: services.ledger.client: expected outside or a site of the platform fake (outside, paris, london, frankfurt), got "tokyo"',
    "good.yaml:9:70: timeline[0].fault.from[0]: expected another site than the fault's own",
    'good.yaml:9:77: timeline[0].fault.from[1]: expected a site of the platform fake (paris, london, frankfurt), got "berlin"',
  ]);
});

test('a component that a site does not run', () => {
  const platform = {
    ...PLATFORM,
    sites: PLATFORM.sites.map((one) =>
      one.name === 'paris' ? { ...one, endpoints: { ...one.endpoints, janusgraph: [] } } : one,
    ),
  };
  const text = GOOD.replace('type: site-loss, site: paris', 'type: kill, component: janusgraph, site: paris');
  expect(refusal(() => resolve(text, platform)).message.split('\n')).toEqual([
    'good.yaml:6:61: services.graph.sites[0]: expected a site with janusgraph, got paris, which has none',
    'good.yaml:9:37: timeline[0].fault.component: expected a site with janusgraph, got paris, which has none',
  ]);
  const ledgerOnly = GOOD.replace(/ {2}graph.*\n/, '');
  expect(resolve(ledgerOnly, platform).notMeasured.map(({ what }) => what)).toContain('janusgraph');
});

test('every ability that the platform lacks, with what needs it', () => {
  const error = refusal(() => resolve(GOOD, { ...PLATFORM, abilities: ['network'] }));
  expect(error).toBeInstanceOf(PlatformError);
  expect(error.message).toBe(
    'good: the platform fake lacks processes (for the fault site-loss) and nodetool (for recovery.repair)',
  );
  expect(
    resolve(`${GOOD}recovery: { repair: false }\n`, { ...PLATFORM, abilities: ['network', 'processes'] }),
  ).toBeDefined();
});

test('an ability that a platform has not is refused with the reason, and what would help', () => {
  const text = GOOD.replace('type: site-loss, site: paris', 'type: network-delay, site: paris, delay: 50ms');
  const lack = { why: 'the kernel has no sch_netem', help: 'another kernel' };
  const error = refusal(() =>
    resolve(text, { ...PLATFORM, abilities: ['network', 'nodetool'], lacking: { netem: lack } }),
  );
  expect(error).toBeInstanceOf(PlatformError);
  expect(error.message).toBe(
    'good: the platform fake lacks netem (for the fault network-delay: the kernel has no sch_netem)',
  );
  expect(error.hint).toBe('another kernel');
});

test('more operations in flight than a client can hold would be shed', () => {
  const error = refusal(() => resolve(GOOD.replace('rate: 50/s, timeout: 5s', 'rate: 5000/s, timeout: 5s')));
  expect(error.message).toBe(
    'good.yaml:6:34: services.graph.rate: expected at most 10000 operations in flight when nothing answers, got 25000 ' +
      '(5000/s, each for its timeout and retries): lower the rate or the timeout',
  );
  const retried = GOOD.replace('rate: 50/s, timeout: 5s', 'rate: 400/s, timeout: 5s').concat('retry: {}\n');
  expect(refusal(() => resolve(retried)).message).toContain('got 10800');
});

test('a jitter that is no whole number of microseconds', () => {
  expect(refusal(() => resolve(GOOD, PLATFORM, 0.5)).message).toBe(
    'jitter: expected whole microseconds, not negative, got 0.5',
  );
});

test('the phase after is lengthened to what its objectives need, and says so', () => {
  const text = `${GOOD.replace('50/s', '40/s')}recovery: { after: 2s, hints: 0s }\nsettings: { sustain: 60s }\nsteadyState: { for: 60s }\n`;
  const { plan, findings } = resolveScenario({ ...REGISTRIES, loaded: loaded(text), platform: PLATFORM });
  expect(plan.recovery.after_us).toBe(45e6);
  expect(findings[0]).toEqual({
    severity: 'note',
    path: ['recovery', 'after'],
    text: 'lengthened from 2 s to 45 s: less would leave an objective without the 200 operations, or a restored SLO without the 60 s, that it takes',
  });
});

test('where nothing happens there is no disaster and no recovery to plan', () => {
  const nothing = GOOD.replace(
    /timeline:[\s\S]*/,
    'timeline: []\nobjectives: { p95: { target: 100ms, phase: before } }\n',
  );
  const plan = resolve(nothing, { ...PLATFORM, abilities: [] });
  expect(plan.timeline).toEqual([]);
  expect(plan.notMeasured).toContainEqual({
    what: 'every other disaster',
    why: 'this run shows no fault at all and nothing else',
  });
});

test('what is not measured says each thing once, in the words of the fault', () => {
  const { notMeasured } = resolve(GOOD);
  const power = notMeasured.filter(({ what }) => what === 'loss of power');
  expect(power).toEqual([{ what: 'loss of power', why: expect.stringContaining('is there when they start again') }]);
  expect(notMeasured.map(({ what }) => what)).toContain("people's decisions");
  expect(notMeasured.map(({ what }) => what)).toContain('failure of one node among several in a site');
});
