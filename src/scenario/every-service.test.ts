import { expect, test } from 'vitest';
import { withLoadRate } from './every-service.ts';
import { GOOD, loaded, PLATFORM, problemsOf, REGISTRIES } from './fixtures.ts';
import { resolvePlan, resolveScenario } from './resolve.ts';

const LOAD = `load:
  bulk: { probe: cql, rate: 700/s, timeout: 2s, sites: [paris, london] }
  more: { probe: cql, rate: 350/s, timeout: 2s, sites: [paris, london] }
`;
const good = (text: string = GOOD + LOAD) => ({ loaded: loaded(text), platform: PLATFORM, ...REGISTRIES });

test('load is a service that k6 makes: in the plan, with a timetable, judged like the others', () => {
  const { services, timetables, objectives } = resolvePlan(good());
  expect(Object.entries(services).map(([name, { rate, generator }]) => [name, rate, generator])).toEqual([
    ['ledger', 100, undefined],
    ['graph', 50, undefined],
    ['bulk', 700, 'k6'],
    ['more', 350, 'k6'],
  ]);
  expect(timetables.filter(({ generator }) => generator === 'k6').map(({ service }) => service)).toEqual([
    'bulk',
    'more',
  ]);
  expect(objectives.map(({ id }) => id)).toEqual(expect.arrayContaining(['rto/bulk', 'p95/bulk/after']));
});

test('sites are probed on their own by the harness, and by no generator', () => {
  const { timetables } = resolvePlan(good());
  const own = timetables.filter(({ service }) => service === '');
  expect(own.length).toBe(6);
  expect(own.every(({ generator }) => generator === undefined)).toBe(true);
});

test('throughput is one objective for each phase, of all the load together', () => {
  const text = `${GOOD.replace('objectives:\n', 'objectives:\n  throughput: { target: ">= 1000/s", phase: [before, after] }\n')}${LOAD}`;
  const objectives = resolvePlan(good(text)).objectives.filter(({ metric }) => metric === 'throughput');
  expect(objectives).toEqual([
    { id: 'throughput/before', metric: 'throughput', service: null, phase: 'before', op: '>=', target: 1000 },
    { id: 'throughput/after', metric: 'throughput', service: null, phase: 'after', op: '>=', target: 1000 },
  ]);
});

test('another rate is shared out, and the plan says that it is not the scenario’s', () => {
  const { plan } = resolveScenario({ ...good(), options: { loadRate: 210 } });
  expect([plan.services.bulk?.rate, plan.services.more?.rate, plan.services.ledger?.rate]).toEqual([140, 70, 100]);
  expect(plan.notMeasured).toContainEqual({
    what: '1050/s of load, as the scenario has it',
    why: '210/s were asked for in its place (--load-rate)',
  });
  const { load } = withLoadRate(good().loaded.scenario, 1);
  expect(Object.values(load).map(({ rate }) => rate)).toEqual([1, 1]);
});

test.each([
  ['a rate that is no whole number', LOAD.replace('700/s', '0.5/s'), /load\.bulk\.rate.*whole number/],
  ['the name of a service', LOAD.replace('bulk:', 'ledger:'), /another name than that of a service/],
  [
    'a probe that k6 cannot make',
    LOAD.replace('probe: cql', 'probe: transfers'),
    /load\.bulk\.probe: expected cql or gremlin/,
  ],
  ['a site twice', LOAD.replace('[paris, london]', '[paris, paris]'), /each site once/],
  ['an unknown parameter', LOAD.replace('timeout: 2s', 'users: 5'), /users/],
])('%s is an error at its place', (_, load, expected) => {
  expect(problemsOf(GOOD + load).join('\n')).toMatch(expected);
});

test.each([
  [
    'throughput without load',
    GOOD.replace('objectives:\n', 'objectives:\n  throughput: { target: 10/s }\n'),
    /no throughput where there is no load/,
  ],
  [
    'a throughput that is no rate',
    `${GOOD.replace('objectives:\n', 'objectives:\n  throughput: { target: 100ms }\n')}${LOAD}`,
    /expected a rate such as/,
  ],
])('%s is an error', (_, text, expected) => {
  expect(problemsOf(text).join('\n')).toMatch(expected);
});

test('a site that the platform has not is an error, in the load as in a service', () => {
  const text = GOOD + LOAD.replace('350/s, timeout: 2s, sites: [paris, london]', '350/s, sites: [oslo]');
  expect(() => resolvePlan(good(text))).toThrow(/load\.more\.sites.*oslo/s);
});

test('the last site of a load is guarded, and named where it stands', () => {
  const text = GOOD + LOAD.replace('350/s, timeout: 2s, sites: [paris, london]', '350/s, sites: [paris]');
  expect(() => resolvePlan(good(text))).toThrow(/load\.more\.sites: more has no survivor/);
});
