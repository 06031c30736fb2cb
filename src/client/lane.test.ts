import { expect, test } from 'vitest';
import type { Attempt } from '../history/operation.ts';
import type { ProbeClient, ProbeOperation, ProbeOutcome } from '../probes/probe.ts';
import { Lane, type LaneOptions } from './lane.ts';
import { ServicePolicy } from './service-policy.ts';

const OK: ProbeOutcome = { outcome: 'ok', error: '', valueSha: 'a' };
const TIMEOUT: ProbeOutcome = { outcome: 'info', error: 'timeout', valueSha: 'a' };

/** A site whose answers are given beforehand; the last one is repeated. */
function site(...answers: ProbeOutcome[]): ProbeClient & { asked: ProbeOperation[] } {
  const asked: ProbeOperation[] = [];
  return {
    asked,
    async invoke(operation) {
      asked.push(operation);
      return (answers.length > 1 ? answers.shift() : answers[0]) as ProbeOutcome;
    },
    readBack: () => {
      throw new Error('not here');
    },
    async [Symbol.asyncDispose]() {},
  };
}

function lane(
  clients: Record<string, ProbeClient>,
  options: Partial<LaneOptions> = {},
): { of: Lane; rows: Attempt[]; at: { us: number } } {
  const rows: Attempt[] = [];
  const at = { us: 1_000 };
  const of = new Lane({
    run: 'r',
    clock: { nowUs: () => at.us },
    timetable: {
      probe: 'cql',
      service: 'ledger',
      site: '',
      client: 'outside',
      rate: 10,
      timeout_us: 50_000,
      writes: ['write'],
      params: {},
    },
    clients: new Map(Object.entries(clients)),
    site: 'paris',
    policy: null,
    retry: null,
    inFlight: 10,
    onRow: (row) => rows.push(row),
    ...options,
  });
  return { of, rows, at };
}

test('even operations write under a key of their own, odd ones read the last key that the site acknowledged', async () => {
  const paris = site(OK);
  const { of, rows } = lane({ paris });
  for (const k of [0, 1, 2, 3]) {
    of.fire(k, k);
    await of.idle();
  }
  expect(rows.map(({ f, key }) => `${f} ${key}`)).toEqual([
    'write r/cql.ledger.outside/0',
    'read r/cql.ledger.outside/0',
    'write r/cql.ledger.outside/2',
    'read r/cql.ledger.outside/2',
  ]);
});

test('before anything is acknowledged, a read asks for the row of the warm-up', async () => {
  const { of, rows } = lane({ paris: site(OK) });
  of.fire(1, 1);
  await of.idle();
  expect(rows[0]?.key).toBe('r/warm.cql.ledger.outside.paris/0');
});

test('a write that was not acknowledged is never read', async () => {
  const { of, rows } = lane({ paris: site(OK, TIMEOUT, OK) });
  for (const k of [0, 2, 3]) {
    of.fire(k, k);
    await of.idle();
  }
  expect(rows.at(-1)?.key).toBe('r/cql.ledger.outside/0');
});

test('one operation more than may be in flight is shed, and never sent', async () => {
  const paris = site(OK);
  const { of, rows } = lane({ paris }, { inFlight: 1 });
  of.fire(0, 0);
  of.fire(2, 2);
  await of.idle();
  expect(rows.find(({ index }) => index === 2)).toMatchObject({ outcome: 'fail', error: 'shed', site: 'paris' });
  expect(paris.asked).toHaveLength(1);
});

test('a half-open trial that fails is attempt 1, the survivor’s answer attempt 2, with the same key', async () => {
  const policy = new ServicePolicy(
    'ledger',
    ['paris', 'london'],
    { after: 1, retry_us: 10, halfOpen: 1, failback: 'operator' },
    () => {},
  );
  const { of, rows, at } = lane({ paris: site(TIMEOUT), london: site(OK) }, { policy });
  of.fire(0, 0);
  await of.idle();
  at.us = 5_000;
  of.fire(2, 2);
  await of.idle();
  expect(
    rows.slice(1).map(({ index, attempt, site: where, outcome, key }) => [index, attempt, where, outcome, key]),
  ).toEqual([
    [2, 1, 'paris', 'info', 'r/cql.ledger.outside/2'],
    [2, 2, 'london', 'ok', 'r/cql.ledger.outside/2'],
  ]);
});

test('without retries a failure is the client’s; with them each attempt is a row', async () => {
  const once = lane({ paris: site(TIMEOUT, OK) });
  once.of.fire(0, 0);
  await once.of.idle();
  expect(once.rows).toHaveLength(1);
  const retried = lane({ paris: site(TIMEOUT, TIMEOUT, OK) }, { retry: { retries: 3, base_us: 1_000, max_us: 2_000 } });
  retried.of.fire(0, 0);
  await retried.of.idle();
  expect(retried.rows.map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
    [1, 'info'],
    [2, 'info'],
    [3, 'ok'],
  ]);
});

test('a probe that throws is a defect on standard error, and its write may have been applied', async () => {
  const broken: ProbeClient = { ...site(OK), invoke: () => Promise.reject(new Error('boom')) };
  const { of, rows } = lane({ paris: broken });
  of.fire(0, 0);
  await of.idle();
  expect(rows[0]).toMatchObject({ outcome: 'info', error: 'defect' });
});

test('the stub refuses at once without sending, drops answers after sending, by the instant of invocation', async () => {
  const paris = site(OK);
  const { of, rows, at } = lane({ paris });
  of.gates.add({ mode: 'refuse' }, 100, 200);
  of.gates.add({ mode: 'drop-answers' }, 200, 300);
  for (const [k, us] of [
    [0, 99],
    [2, 100],
    [4, 199],
    [6, 200],
    [8, 300],
  ] as const) {
    at.us = us;
    of.fire(k, us);
  }
  await of.idle();
  rows.sort((a, b) => a.index - b.index);
  expect(rows.map(({ outcome, error }) => `${outcome} ${error}`.trim())).toEqual([
    'ok',
    'fail refused',
    'fail refused',
    'info timeout',
    'ok',
  ]);
  expect(paris.asked).toHaveLength(3);
});
