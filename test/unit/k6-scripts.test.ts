import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import * as names from '../../k6/lib/names.ts';
import { place as placeOfLoad } from '../../k6/lib/row.ts';
import { transactionState as stateOfLoad } from '../../k6/lib/transaction-state.ts';
import { checksum } from '../../src/history/checksum.ts';
import { place as placeOfProbe } from '../../src/probes/cql-client.ts';
import { KEYSPACE } from '../../src/probes/cql-driver.ts';
import { BUCKET } from '../../src/probes/cql-ledger.ts';
import { ACCOUNT_INDEX, TRANSACTION_INDEX } from '../../src/probes/gremlin-schema.ts';
import { transactionState as stateOfProbe } from '../../src/probes/gremlin-state.ts';
import { ACCOUNT, KEY, SEQ, SUM, TRANSACTS } from '../../src/probes/gremlin-traversals.ts';
import { PROBES } from '../../src/probes/registry.ts';

vi.stubGlobal('__ENV', {});
type Plan = typeof import('../../k6/lib/plan.ts');
type Summaries = typeof import('../../k6/lib/summary.ts');
type Settings = typeof import('../../k6/lib/settings.ts');
let plan: Plan;
let summaries: Summaries;
let settings: Settings;

beforeAll(async () => {
  plan = await import('../../k6/lib/plan.ts');
  summaries = await import('../../k6/lib/summary.ts');
  settings = await import('../../k6/lib/settings.ts');
});

afterEach(() => vi.stubGlobal('__ENV', {}));

test('k6 writes where the probes write', () => {
  const probes = { ACCOUNT, TRANSACTS, KEY, SEQ, SUM, ACCOUNT_INDEX, TRANSACTION_INDEX, KEYSPACE, BUCKET };
  expect({ ...names }).toEqual(probes);
});

test('what a scenario may ask of k6 as load is what k6 can make', () => {
  const able = [...PROBES.values()].filter(({ load }) => load).map(({ probe }) => probe);
  expect(able).toEqual(['cql', 'gremlin']);
});

test('a row of the load is where the probe would look for it', () => {
  const key = '20261122T110403Z-a55765/cql.ledger-load.outside/12345';
  const [part, bucket, seq] = placeOfProbe(key);
  expect(placeOfLoad(key)).toEqual([part, bucket, Number(seq)]);
});

test('what k6 reads of a transaction is judged as the probe judges it', () => {
  const key = 'run/gremlin.load.outside/6';
  const right = checksum(key, 6);
  const sums = fc.array(fc.constantFrom(right, 'another'), { maxLength: 2 });
  const account = fc.record({ k: fc.constantFrom(`${key}#from`, `${key}#to`, 'other#to'), o: sums, i: sums });
  fc.assert(
    fc.property(fc.array(account, { maxLength: 4 }), (accounts) => {
      const seen = accounts.map(({ k, o, i }) => ({ key: k, out: o, in: i }));
      const { state, valueSha } = stateOfProbe(key, 6, seen, null);
      expect(stateOfLoad(key, right, accounts)).toEqual({ state, sum: valueSha });
    }),
  );
});

describe('what the environment says', () => {
  test.each(['', '0', '1.5', 'ten', '1e9', '-3'])(
    'a rate of %j is refused, or the usual one where it is empty',
    (text) => {
      vi.stubGlobal('__ENV', { RATE: text });
      if (text === '') expect(settings.whole('RATE', 7, 1, 1000)).toBe(7);
      else expect(() => settings.whole('RATE', 7, 1, 1000)).toThrow(/RATE: expected a whole number from 1 to 1000/);
    },
  );

  test.each([
    ['30s', 30],
    ['5m', 300],
    ['2h', 7200],
  ])('%s are %d seconds', (text, expected) => {
    vi.stubGlobal('__ENV', { DURATION: text });
    expect(settings.seconds('DURATION', '1s')).toBe(expected);
  });

  test.each(['30', '0s', 's', '1d', '-1s', '999h'])('a duration of %s is refused', (text) => {
    vi.stubGlobal('__ENV', { DURATION: text });
    expect(() => settings.seconds('DURATION', '1s')).toThrow(/DURATION: expected a duration/);
  });
});

const SERVICE = { metric: 'cql', timeoutMs: 2000 } as const;
const services = () => [SERVICE] as unknown as Parameters<Plan['optionsOf']>[0];
const step = (rate: number) => ({ phase: `rate-${rate}`, rate, seconds: 10, judged: true });

/** What k6 would say of one step. */
function measured(rate: number, ok: number, p95: number, failedRate: number, dropped: number) {
  const tags = `{phase:rate-${rate}`;
  const took = ok === 0 ? { 'p(95)': 0 } : { med: 1, 'p(95)': p95, 'p(99)': p95, max: p95 };
  return {
    [`cql_req_duration${tags},outcome:ok}`]: { values: took },
    [`cql_reqs${tags},outcome:ok}`]: { values: { count: ok } },
    [`cql_req_failed${tags}}`]: { values: { rate: failedRate, passes: failedRate > 0 ? 1 : 0, fails: ok } },
    [`dropped_iterations{scenario:rate-${rate}}`]: { values: { count: dropped } },
  };
}

describe('a plan', () => {
  test('no two operations have one number, and nothing is numbered beyond the end', () => {
    const steps = plan.numbered([step(10), step(20)]);
    expect(steps.map(({ first }) => first)).toEqual([0, 101]);
    expect(plan.endOf(steps)).toBe(302);
  });

  test('every limit is on what is tagged so, and each step has users for a black-out', () => {
    const { thresholds, scenarios } = plan.optionsOf(services(), plan.numbered([step(1050)]));
    expect(thresholds).toEqual({
      'dropped_iterations{scenario:rate-1050}': ['count<=105'],
      'wrong_answers{phase:rate-1050}': ['count<1'],
      'cql_req_duration{phase:rate-1050,outcome:ok}': ['p(95)<100'],
      'cql_reqs{phase:rate-1050,outcome:ok}': ['count>=10000'],
      'cql_req_failed{phase:rate-1050}': ['rate<0.01'],
    });
    expect(scenarios?.['rate-1050']).toMatchObject({
      preAllocatedVUs: 2100,
      maxVUs: 2100,
      tags: { phase: 'rate-1050' },
    });
  });
});

describe('of four runners', () => {
  test('each is judged by its quarter of what is scheduled, and by the same latency and share', async () => {
    vi.stubGlobal('__ENV', { RUNNERS: '4' });
    vi.resetModules();
    const [four, summary] = [await import('../../k6/lib/plan.ts'), await import('../../k6/lib/summary.ts')];
    const steps = four.numbered([step(1050)]);
    expect(four.optionsOf(services(), steps).thresholds).toEqual({
      'dropped_iterations{scenario:rate-1050}': ['count<=26.25'],
      'wrong_answers{phase:rate-1050}': ['count<1'],
      'cql_req_duration{phase:rate-1050,outcome:ok}': ['p(95)<100'],
      'cql_reqs{phase:rate-1050,outcome:ok}': ['count>=2500'],
      'cql_req_failed{phase:rate-1050}': ['rate<0.01'],
    });
    const held = (ok: number) =>
      summary.summarise('load', services(), steps, {
        metrics: measured(1050, ok, 5, 0, 0),
        state: { testRunDurationMs: 1 },
      });
    expect([held(2500).knee, held(2499).knee]).toEqual([
      { rate: 1050, broke: null },
      { rate: null, broke: 1050 },
    ]);
  });
});

describe('the knee', () => {
  const kneeOf = (...metrics: object[]) => {
    const steps = plan.numbered([step(100), step(200), step(300)]);
    const data = { metrics: Object.assign({}, ...metrics), state: { testRunDurationMs: 1 } };
    return summaries.summarise('stress', services(), steps, data).knee;
  };
  const good = [measured(100, 1000, 5, 0, 0), measured(200, 2000, 9, 0, 0), measured(300, 3000, 50, 0, 0)];

  test('is not there while everything holds', () => {
    expect(kneeOf(...good)).toEqual({ rate: 300, broke: null });
  });

  test.each([
    ['slow', measured(200, 2000, 100, 0, 0)],
    ['failing', measured(200, 2000, 5, 0.01, 0)],
    ['nothing acknowledged, and fast', measured(200, 0, 0, 1, 0)],
    ['too few', measured(200, 1800, 5, 0, 0)],
    ['not started', measured(200, 2000, 5, 0, 21)],
    ['not measured', {}],
  ])('is before the first step that is %s, whatever comes after it', (_, second) => {
    expect(kneeOf(good[0] as object, second, good[2] as object)).toEqual({ rate: 100, broke: 200 });
  });
});

test('nothing acknowledged has no latency, and no share of failures where nothing was tried', () => {
  const steps = plan.numbered([step(100)]);
  const of = (metrics: object) =>
    summaries.summarise('load', services(), steps, { metrics: metrics as never, state: { testRunDurationMs: 1 } });
  expect(of(measured(100, 0, 0, 1, 0)).steps[0]).toMatchObject({ okRate: 0, p95Ms: null, failedShare: 1 });
  expect(of({}).steps[0]).toMatchObject({ okRate: 0, p95Ms: null, failedShare: null });
});
