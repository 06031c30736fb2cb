import { expect, test } from 'vitest';
import { ServicePolicy } from './service-policy.ts';

const SETTINGS = { after: 5, retry_us: 30_000_000, halfOpen: 1, failback: 'operator' } as const;

function policy(settings: Partial<ConstructorParameters<typeof ServicePolicy>[2]> = {}): {
  of: ServicePolicy;
  moves: string[];
} {
  const moves: string[] = [];
  const of = new ServicePolicy(
    'ledger',
    ['paris', 'london'],
    { ...SETTINGS, ...settings },
    (kind, { from, to, decided_us }) => {
      moves.push(`${kind} ${from} ${to} ${decided_us}`);
    },
  );
  return { of, moves };
}

function fail(of: ServicePolicy, site: string, times: number, fromUs = 0): void {
  for (let n = 0; n < times; n += 1) of.report(site, false, false, fromUs + n, 'timeout');
}

test('five consecutive failures move the traffic, four do not', () => {
  const { of, moves } = policy();
  fail(of, 'paris', 4);
  expect(of.route(10, false)).toEqual({ site: 'paris', trial: null });
  of.report('paris', false, false, 20, 'timeout');
  expect(moves).toEqual(['failover paris london 20']);
  expect(of.route(21, false)).toEqual({ site: 'london', trial: null });
});

test('a success in between starts the count again', () => {
  const { of, moves } = policy();
  fail(of, 'paris', 4);
  of.report('paris', true, false, 5, '');
  fail(of, 'paris', 4, 6);
  expect(moves).toEqual([]);
});

test('after 30 s one operation tries the first site and is then sent to the survivor', () => {
  const { of } = policy();
  fail(of, 'paris', 5);
  expect(of.route(30_000_003, true)?.trial).toBeNull();
  expect(of.route(30_000_004, true)).toEqual({ site: 'london', trial: 'paris' });
  expect(of.route(30_000_005, true)).toEqual({ site: 'london', trial: null });
  of.report('paris', false, true, 30_000_010, 'timeout');
  expect(of.route(60_000_009, true)?.trial).toBeNull();
  expect(of.route(60_000_010, true)?.trial).toBe('paris');
});

test('a read makes no trial: it may ask for what is not there', () => {
  const { of } = policy();
  fail(of, 'paris', 5);
  expect(of.route(40_000_000, false)).toEqual({ site: 'london', trial: null });
});

test('with an operator, a trial that succeeds moves nothing, and no more trials are made', () => {
  const { of, moves } = policy();
  fail(of, 'paris', 5);
  expect(of.route(31_000_000, true)?.trial).toBe('paris');
  of.report('paris', true, true, 31_000_001, '');
  expect(of.route(90_000_000, true)).toEqual({ site: 'london', trial: null });
  expect(moves).toHaveLength(1);
  of.moveTo('paris', 99_000_000, 'by hand');
  expect(moves[1]).toBe('failback london paris 99000000');
  expect(of.route(99_000_001, true)).toEqual({ site: 'paris', trial: null });
});

test('automatic failback moves the traffic back with the trial that succeeds', () => {
  const { of, moves } = policy({ failback: 'automatic' });
  fail(of, 'paris', 5);
  of.route(31_000_000, true);
  of.report('paris', true, true, 31_000_001, '');
  expect(moves[1]).toBe('failback london paris 31000001');
});

test('with every circuit open nothing is sent, until a trial is due', () => {
  const { of, moves } = policy();
  fail(of, 'paris', 5);
  fail(of, 'london', 5, 100);
  expect(of.route(200, true)).toBeNull();
  expect(of.route(30_000_004, true)).toEqual({ site: 'paris', trial: 'paris' });
  of.report('paris', true, true, 30_000_100, '');
  expect(of.route(30_000_101, true)?.site).toBe('paris');
  expect(moves.at(-1)).toBe('failover london paris 30000101');
});

test('late failures of a site that was left open no other circuit', () => {
  const { of, moves } = policy();
  fail(of, 'paris', 50);
  expect(moves).toHaveLength(1);
  expect(of.site).toBe('london');
});

test('a trial that fails after a person has moved the traffic back opens nothing by itself', () => {
  const { of, moves } = policy();
  fail(of, 'paris', 5);
  expect(of.route(31_000_000, true)?.trial).toBe('paris');
  of.moveTo('paris', 31_000_001, 'by hand');
  of.report('paris', false, true, 31_000_002, 'timeout');
  expect(of.route(31_000_003, true)).toEqual({ site: 'paris', trial: null });
  expect(moves).toHaveLength(2);
});
