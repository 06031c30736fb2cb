import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { InputError } from '../errors.ts';
import { loaded, PLATFORM, REGISTRIES, withTimeline } from './fixtures.ts';
import { pickOne } from './picks.ts';
import type { Plan, PlannedFault } from './plan.ts';
import { resolvePlan } from './resolve.ts';

const SITES = ['paris', 'london', 'frankfurt'];

function planOf(entries: readonly string[], seed?: number, also?: string): Plan {
  return resolvePlan({
    ...REGISTRIES,
    loaded: loaded(withTimeline(entries, also)),
    platform: PLATFORM,
    options: { seed },
  });
}

const timelineOf = (entries: readonly string[], seed: number): readonly PlannedFault[] =>
  planOf(entries, seed).timeline;

const CUT = 'type: partition-site, clients: cut';
const LAST = `{ at: 900s, for: 60s, fault: { ${CUT}, site: paris, disaster: true } }`;

test('a repetition is written out: ids, times, the last one is the disaster, the site as it was picked for each', () => {
  const plan = planOf(
    [`{ at: 10s, for: 20s, repeat: { times: 3, every: 30s }, fault: { ${CUT}, site: { pick: any }, disaster: true } }`],
    4,
  );
  expect(plan.seed).toBe(4);
  expect(
    plan.timeline.map(({ id, at_us, for_us, disaster, entry }) => ({ id, at_us, for_us, disaster, entry })),
  ).toEqual([
    { id: 'partition-site-1', at_us: 10e6, for_us: 20e6, disaster: false, entry: undefined },
    { id: 'partition-site-2', at_us: 40e6, for_us: 20e6, disaster: false, entry: 0 },
    { id: 'partition-site-3', at_us: 70e6, for_us: 20e6, disaster: true, entry: 0 },
  ]);
  for (const { id, site, pickedAmong } of plan.timeline) {
    expect(site).toBe(pickOne(4, id, 'site', SITES));
    expect(pickedAmong).toEqual({ site: SITES });
  }
});

test('repetitions of several entries are in the order of time, each with its entry', () => {
  const faults = timelineOf(
    [
      '{ id: a, at: 10s, for: 5s, repeat: { times: 2, every: 40s }, fault: { type: kill, component: cassandra, site: frankfurt } }',
      `{ id: b, at: 20s, for: 5s, repeat: { times: 2, every: 40s }, fault: { ${CUT}, site: paris, disaster: true } }`,
    ],
    1,
  );
  expect(faults.map(({ id, at_us, entry }) => [id, at_us / 1e6, entry])).toEqual([
    ['a-1', 10, undefined],
    ['b-1', 20, undefined],
    ['a-2', 50, 0],
    ['b-2', 60, 1],
  ]);
});

test('the same seed makes the same plan, on every platform that has the same sites; the seed of the scenario is the default', () => {
  const entries = [
    `{ at: 10s, for: 5s, repeat: { times: 4, every: 9s }, fault: { ${CUT}, site: { pick: any }, from: { pick: any } } }`,
    '{ at: 60s, for: 5s, fault: { type: kill, site: { pick: [paris, london] }, component: { pick: any } } }',
    LAST,
  ];
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      expect(planOf(entries, seed)).toEqual(planOf(entries, seed));
      expect(planOf(entries, undefined, `seed: ${seed}\nguard: { lastSite: may be taken }\n`)).toEqual(
        planOf(entries, seed),
      );
    }),
    { numRuns: 50 },
  );
});

test('without a seed one is drawn, and stands in the plan', () => {
  const entries = [`{ at: 10s, for: 60s, fault: { ${CUT}, site: { pick: any } } }`];
  const seeds = Array.from({ length: 20 }, () => planOf(entries).seed);
  expect(new Set(seeds).size).toBe(20);
  const [seed] = seeds;
  expect(planOf(entries, seed as number).seed).toBe(seed);
  expect(planOf([LAST]).seed).toBeNull();
});

test('another fault beside it, and another repetition after it, change no pick', () => {
  const of = (seed: number, entries: readonly string[]) =>
    new Map(timelineOf(entries, seed).map(({ id, site, params }) => [id, { site, params }]));
  const cut = (times: number) =>
    `{ id: cut, at: 40s, for: 5s, repeat: { times: ${times}, every: 9s }, fault: { ${CUT}, site: { pick: any } } }`;
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const alone = of(seed, [cut(3), LAST]);
      const beside = of(seed, [
        '{ id: more, at: 1s, for: 5s, fault: { type: kill, site: { pick: any }, component: { pick: any } } }',
        cut(5),
        LAST,
      ]);
      for (const [id, fault] of alone) expect(beside.get(id)).toEqual(fault);
    }),
    { numRuns: 50 },
  );
});

test('what is picked is always among what it may be: sites, components, other sites, and not those of other faults', () => {
  const entries = [
    '{ id: first, at: 10s, for: 5s, fault: { type: pause, site: { pick: any }, component: { pick: [cassandra, janusgraph] } } }',
    `{ id: second, at: 20s, for: 5s, fault: { ${CUT}, site: { pick: any, not: [first] }, from: { pick: any } } }`,
    '{ id: third, at: 30s, for: 5s, fault: { type: site-loss, site: { pick: any, not: [first, second] } } }',
    LAST,
  ];
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const [first, second, third] = timelineOf(entries, seed) as PlannedFault[];
      expect(new Set([first?.site, second?.site, third?.site]).size).toBe(3);
      expect(['cassandra', 'janusgraph']).toContain(first?.params.component);
      const from = second?.params.from as string[];
      expect(from).toHaveLength(1);
      expect(SITES.filter((site) => site !== second?.site)).toContain(from[0]);
      seen.add(`${first?.site} ${second?.site} ${third?.site}`);
    }),
    { numRuns: 200 },
  );
  expect(seen.size).toBe(6);
});

test('distinct: every order of the sites; once: one site for all', () => {
  const of = (pick: string, seed: number) =>
    timelineOf(
      [
        `{ id: roll, at: 10s, for: 5s, repeat: { times: 3, every: 9s, pick: ${pick} }, fault: { ${CUT}, site: { pick: any }, disaster: true } }`,
      ],
      seed,
    ).map(({ site }) => site);
  const seeds = Array.from({ length: 60 }, (_, seed) => seed);
  const orders = seeds.map((seed) => of('distinct', seed));
  for (const order of orders) expect(order.toSorted()).toEqual(SITES.toSorted());
  expect(new Set(orders.map(String)).size).toBe(6);
  for (const seed of seeds) expect(new Set(of('once', seed)).size).toBe(1);
});

test('what a seed picks is what the guards look at: one that takes the last site is refused, with the seed', () => {
  const entries = [
    `{ id: one, at: 10s, for: 60s, fault: { ${CUT}, site: { pick: any } } }`,
    `{ id: two, at: 20s, for: 60s, fault: { ${CUT}, site: { pick: any, not: [one] }, disaster: true } }`,
  ];
  const refusals = Array.from({ length: 30 }, (_, seed) => {
    const sites = timelineOf(entries, seed).map(({ site }) => site);
    const last = sites.includes('paris') && sites.includes('london');
    try {
      planOf(entries, seed, '');
      return { last, refused: false };
    } catch (error) {
      expect((error as InputError).hint).toContain(`the seed ${seed} picks`);
      expect((error as Error).message).toContain('ledger has no survivor');
      return { last, refused: true };
    }
  });
  expect(refusals.filter(({ last, refused }) => last !== refused)).toEqual([]);
  expect(new Set(refusals.map(({ refused }) => refused)).size).toBe(2);
});
