import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkRun } from '../../src/check/check.ts';
import type { Report } from '../../src/check/report-schema.ts';
import type { Attempt } from '../../src/history/operation.ts';
import { isWrite } from '../../src/history/timetable.ts';
import { SERVICE_PHASES, type ServicePhase } from '../../src/scenario/plan.ts';
import type { OracleInput } from './oracle/input.ts';
import { check, inputOf, LEDGER, ledger, MS, S, slot } from './support/by-hand.ts';
import { checkInput } from './support/check-sketch.ts';
import { parametersFor, TIMEOUT_MS } from './support/runs.ts';
import { writeRun } from './support/write-run.ts';

const SLOTS = LEDGER.slots;
const REQUESTED_US = 9.5 * S;
const EFFECTIVE_US = 9.5 * S;
const GONE_US = 14.1 * S;

/** What the read of an odd slot does: awaits the event of an even one for so long, and sees it or not. */
interface Awaiting {
  readonly of: number;
  readonly ok: boolean;
  readonly tookUs: number;
}

const prompt = (k: number): Awaiting => ({ of: k - 1, ok: true, tookUs: 2 * MS });

/** The run by hand, whose service sends an event with each even slot, and awaits one with each odd one. */
function piped(awaiting: (k: number) => Awaiting): OracleInput {
  const input = inputOf({ table: { probe: 'pipeline', timeout: 20 * S } });
  const mine = input.attempts.filter(({ service }) => service === 'ledger');
  const [{ key: firstKey, client } = { key: '', client: '' }] = mine;
  const keyOf = (k: number): string => `run/pipeline.ledger.${client}/${k}`;
  expect(firstKey).not.toBe('');
  const renamed = new Map(mine.filter(({ index }) => isWrite(index)).map(({ key, index }) => [key, keyOf(index)]));
  const attempts = input.attempts.map((row): Attempt => {
    if (row.service !== 'ledger') return row;
    if (isWrite(row.index)) return { ...row, key: keyOf(row.index) };
    const { of, ok, tookUs } = awaiting(row.index);
    const result = ok ? ({ outcome: 'ok', error: '' } as const) : ({ outcome: 'fail', error: 'absent' } as const);
    return { ...row, ...result, f: 'read', key: keyOf(of), completedUs: row.intendedUs + tookUs };
  });
  const timetables = input.plan.timetables.map((one) => ({ ...one, params: { subscription: 'graph-consumer' } }));
  const readBack = input.readBack.flatMap((row) => {
    const key = renamed.get(row.key);
    return key !== undefined ? [{ ...row, key }] : row.stage === 'canary' ? [row] : [];
  });
  return { ...input, attempts, plan: { ...input.plan, timetables }, readBack };
}

const phasesOf = (report: Report) => {
  const [found, ...more] = report.arrivals ?? [];
  expect(more).toEqual([]);
  if (!found) throw new Error('expected arrivals of one service');
  expect(found).toMatchObject({ service: 'ledger', firstLook_us: 100 * MS });
  return found.phases;
};

test('each event counts from when it was to be sent, and not from when it was asked for', async () => {
  const { before, after, outage } = phasesOf(await checkInput(piped(prompt)));
  // 80 slots before the fault: 40 events, each seen 2 ms after the slot that follows its own.
  expect(before).toMatchObject({ awaited: 40, notSeen: 0, longestAwaited_us: null });
  expect(before.elapsed).toMatchObject({ n: 40, p50: 102 * MS, p99: 102 * MS, max: 102 * MS });
  expect(outage).toMatchObject({ awaited: 0, elapsed: { n: 0, p95: null } });
  // Gone at slot 126: the events of the slots from there to 248.
  expect(after).toMatchObject({ awaited: 62, notSeen: 0 });
});

test('what was not seen in time is counted apart, and never as if it had come', async () => {
  const report = await checkInput(
    piped((k) => (k >= 81 && k < 121 ? { of: k - 1, ok: false, tookUs: 10 * S } : prompt(k))),
  );
  const { outage } = phasesOf(report);
  expect(ledger(report).outages).not.toEqual([]);
  expect(outage.notSeen).toBe(20);
  expect(outage.longestAwaited_us).toBe(10 * S + 100 * MS);
  expect(outage.elapsed.n).toBe(outage.awaited - 20);
  expect(Object.values(phasesOf(report)).reduce((sum, { awaited }) => sum + awaited, 0)).toBe(125);
});

test('of several reads the first that saw it counts, whatever the others say', async () => {
  const twice = piped((k) => {
    if (k === 1) return { of: 0, ok: false, tookUs: 50 * MS };
    if (k === 3) return { of: 0, ok: true, tookUs: 30 * MS };
    return k === 5 ? { of: 0, ok: true, tookUs: 10 * MS } : prompt(k);
  });
  const { before } = phasesOf(await checkInput(twice));
  // Events 2 and 4 were awaited by nobody.
  expect(before).toMatchObject({ awaited: 38, notSeen: 0 });
  expect(before.elapsed.max).toBe(330 * MS);
});

test('what was given up before the fault is no matter of the outage', async () => {
  const { before, outage } = phasesOf(
    await checkInput(piped((k) => (k === 21 ? { of: 20, ok: false, tookUs: S } : prompt(k)))),
  );
  expect([before.notSeen, before.awaited, outage.notSeen]).toEqual([1, 40, 0]);
});

test('what could not be looked for was not awaited, and what is there twice has come', async () => {
  const input = piped((k) => (k < 17 ? { of: k - 1, ok: false, tookUs: 30 * MS } : prompt(k)));
  const errors = ['shed', 'circuit-open', 'refused', 'phantom', 'corrupt', 'absent', 'partial', 'timeout'];
  const attempts = input.attempts.map((row) =>
    row.service === 'ledger' && row.index < 17 && !isWrite(row.index)
      ? { ...row, error: errors[(row.index - 1) / 2] ?? '' }
      : row,
  );
  const { before } = phasesOf(await checkInput({ ...input, attempts }));
  expect(before).toMatchObject({ awaited: 35, notSeen: 3 });
});

test('an event of before that is seen after the request belongs to the outage', async () => {
  const { before, outage } = phasesOf(
    await checkInput(piped((k) => (k === 79 ? { of: 78, ok: true, tookUs: S } : prompt(k)))),
  );
  expect([before.awaited, outage.awaited]).toEqual([39, 1]);
});

test('keys that are no events of this service are none, and a read of what is still to be sent is none', async () => {
  const input = piped(prompt);
  const names = [
    'run/warm.pipeline.ledger.outside.paris/0',
    'run/pipeline.other.outside/2',
    'nothing',
    'run/pipeline.ledger.outside/x',
  ];
  const attempts = input.attempts.map((row) => {
    if (row.service !== 'ledger' || isWrite(row.index)) return row;
    const name = names[(row.index - 1) / 2];
    if (name !== undefined) return { ...row, key: name };
    return row.index === 11 ? { ...row, key: row.key.replace(/\d+$/, '200') } : row;
  });
  const { before } = phasesOf(await checkInput({ ...input, attempts }));
  expect(before.awaited).toBe(40 - names.length - 1);
});

test('a history without rows, or that is not there, has no arrivals and is no error', async () => {
  const input = piped(prompt);
  const none = await checkInput({ ...input, attempts: input.attempts.filter(({ service }) => service === 'canary') });
  expect(Object.values(phasesOf(none)).map(({ awaited }) => awaited)).toEqual([0, 0, 0, 0]);
  const directory = mkdtempSync(join(tmpdir(), 'drill-arrivals-'));
  try {
    writeRun(join(directory, 'run'), input);
    rmSync(join(directory, 'run', 'history.csv'));
    expect((await checkRun(join(directory, 'run'))).arrivals).toMatchObject([{ phases: { before: { awaited: 0 } } }]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('searches await what they ask for as well; reads by id do not', async () => {
  const input = piped(prompt);
  const as = (params: Readonly<Record<string, string>>): OracleInput => ({
    ...input,
    plan: { ...input.plan, timetables: input.plan.timetables.map((one) => ({ ...one, params })) },
  });
  expect(phasesOf(await checkInput(as({ reads: 'search' }))).before.awaited).toBe(40);
  expect((await checkInput(as({ reads: 'id' }))).arrivals).toBeUndefined();
});

test('a plan without a subscription has no such section', async () => {
  expect((await check({})).arrivals).toBeUndefined();
});

/** The rule, word by word. */
function slowly(reads: readonly (Awaiting & { readonly k: number })[], report: Report) {
  const [outage] = ledger(report).outages.filter(({ up_us: up }) => up === null || up >= EFFECTIVE_US);
  const outageEndUs = outage ? (outage.up_us ?? Number.POSITIVE_INFINITY) : REQUESTED_US;
  const phaseOf = (sentUs: number, seenUs: number): ServicePhase => {
    if (sentUs < REQUESTED_US) return seenUs > REQUESTED_US ? 'outage' : 'before';
    if (sentUs >= GONE_US) return 'after';
    return sentUs < outageEndUs ? 'outage' : 'failed-over';
  };
  const events = Map.groupBy(reads, ({ of }) => of);
  const seen = new Map<ServicePhase, number[]>(SERVICE_PHASES.map((phase) => [phase, []]));
  const vain = new Map<ServicePhase, number[]>(SERVICE_PHASES.map((phase) => [phase, []]));
  for (const [of, awaiting] of events) {
    const ends = (ok: boolean): number[] =>
      awaiting.filter((one) => one.ok === ok).map(({ k, tookUs }) => slot(k) + tookUs);
    const [oks, fails] = [ends(true), ends(false)];
    if (oks.length > 0) seen.get(phaseOf(slot(of), Math.min(...oks)))?.push(Math.min(...oks) - slot(of));
    else vain.get(phaseOf(slot(of), Math.max(...fails)))?.push(Math.max(...fails) - slot(of));
  }
  return SERVICE_PHASES.map((phase) => {
    const took = (seen.get(phase) ?? []).sort((a, b) => a - b);
    const missed = vain.get(phase) ?? [];
    return {
      phase,
      awaited: took.length + missed.length,
      notSeen: missed.length,
      longest: missed.length === 0 ? null : Math.max(...missed),
      p50: took[Math.ceil(0.5 * took.length) - 1] ?? null,
      p95: took[Math.ceil(0.95 * took.length) - 1] ?? null,
      max: took.at(-1) ?? null,
    };
  });
}

test(
  'whatever the reads await and see, it is what the rule says of each event',
  async () => {
    const odd = Array.from({ length: SLOTS / 2 }, (_, n) => 2 * n + 1);
    const one = fc.record({
      back: fc.integer({ min: 0, max: 6 }),
      ok: fc.boolean(),
      tookUs: fc.integer({ min: 2_000, max: 4_000_000 }),
    });
    const reads = fc.tuple(...odd.map(() => one));
    await fc.assert(
      fc.asyncProperty(reads, async (all) => {
        const list = odd.map((k, n) => {
          const { back, ok, tookUs } = all[n] as (typeof all)[number];
          return { k, of: Math.max(0, k - 1 - 2 * back), ok, tookUs };
        });
        const byK = new Map(list.map((read) => [read.k, read]));
        const report = await checkInput(piped((k) => byK.get(k) as Awaiting));
        const phases = phasesOf(report);
        const found = SERVICE_PHASES.map((phase) => {
          const { awaited, notSeen, longestAwaited_us: longest, elapsed } = phases[phase];
          return { phase, awaited, notSeen, longest, p50: elapsed.p50, p95: elapsed.p95, max: elapsed.max };
        });
        expect(found).toEqual(slowly(list, report));
      }),
      parametersFor(0.3),
    );
  },
  TIMEOUT_MS,
);
