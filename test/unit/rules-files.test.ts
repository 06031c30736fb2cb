import { expect, test } from 'vitest';
import type { Report } from '../../src/check/report-schema.ts';
import { check, from, inputOf, ledger, MS, rto, S, slot, withoutEvents } from './support/by-hand.ts';
import { checkInput } from './support/check-sketch.ts';

/** measurement.md, "The files": what is torn, missing, changed or contradicts itself. */

test('objectives are declared before the fault: a plan that was changed since makes the verdict unknown', async () => {
  const input = inputOf({ objectives: [rto(60 * S)] });
  const changed = (from: string, to: string): Promise<Report> =>
    checkInput(input, { changePlan: (text) => text.replace(from, to) });
  expect((await changed('', '')).run.defects).toEqual([]);
  const milder = await changed('"target_us": 60000000', '"target_us": 90000000');
  expect([milder.verdict, milder.run.defects.length]).toEqual(['unknown', 1]);
  expect((await changed('"title": "', '"title": "x')).run.defects).toHaveLength(1);
});

test('a torn last row is ignored and reported', async () => {
  const input = inputOf({ objectives: [rto(60 * S)] });
  const whole = await checkInput(input);
  const torn = await checkInput(input, { history: '249,1,cql,ledger,paris,out' });
  expect(torn.views).toEqual(whole.views);
  expect(torn.run.defects.join()).toMatch(/torn/);
});

test('a torn last line of the journal is ignored and reported', async () => {
  const input = inputOf({ objectives: [rto(60 * S)] });
  const whole = await checkInput(input);
  const torn = await checkInput(input, { journal: '{"seq":99,"at_us":1' });
  expect(torn.views).toEqual(whole.views);
  expect(torn.run.defects.join()).toMatch(/torn/);
});

test('a journal without run-ended is an aborted run; slots within one timeout of the last completion are censored', async () => {
  const report = await check({ objectives: [rto(60 * S)] }, withoutEvents('run-ended'));
  expect(report.run.outcome).toBe('aborted');
  expect(report.verdict).not.toBe('pass');
  // The last completion is that of slot 249, at 26.402 s: slots intended after 26.202 s (248 and 249) are censored.
  expect(ledger(report).operations.total).toBe(248);
});

test('a killed run still says what it saw: what was in flight is no gap', async () => {
  // Killed at 12 s. Slot 82 to 91 failed; the last completion is that of slot 104, at 11.902 s, so slots after 11.702 s are censored.
  const report = await check({
    patches: [from(82, 10, 'fail'), from(95, 1, 'gap')],
    end: { kind: 'killed', at: 12 * S - 1 },
  });
  expect(ledger(report).operations).toMatchObject({ total: 103, gaps: 1 });
  expect(ledger(report).outages.map(({ length_us }) => length_us)).toEqual([1_002_000 + 400 * MS]);
});

test('a client that died in a run that went on: what it did not send are gaps up to the end of the run', async () => {
  // Its last row is that of slot 150. `run-ended` comes at 32.01 s; the timetable never ended, so slots up to 31.8 s (303) were due.
  const report = await check({
    patches: [from(82, 10, 'fail')],
    objectives: [rto(60 * S)],
    end: { kind: 'client-died', at: slot(150) + 2 * MS },
  });
  expect(ledger(report).operations).toMatchObject({ total: 304, ok: 141, gaps: 153 });
  expect(ledger(report).outages.at(-1)).toMatchObject({ down_us: slot(151), up_us: null });
  expect(report.verdict).not.toBe('pass');
});

test('a line of the journal that was changed does not verify', async () => {
  const input = inputOf({ objectives: [rto(60 * S)] });
  const report = await checkInput(input, {
    changeJournal: (text) => text.replace('"scenario":"hand-written"', '"scenario":"another"'),
  });
  expect(report.run.defects).not.toEqual([]);
  expect(report.verdict).not.toBe('pass');
});

test('the same attempt twice contradicts itself', async () => {
  const report = await check({ objectives: [rto(60 * S)] }, (input) => ({
    ...input,
    attempts: [...input.attempts, ...input.attempts.slice(-1)],
  }));
  expect(report.run.defects).not.toEqual([]);
  expect(report.verdict).not.toBe('pass');
});
