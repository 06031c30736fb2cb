import { expect, test } from 'vitest';
import { judgeRegisters, type Overwrite, type RegisterRead } from '../../src/check/last-write-wins.ts';
import type { Attempt } from '../../src/history/operation.ts';
import { isWrite } from '../../src/history/timetable.ts';
import type { OracleInput } from './oracle/input.ts';
import { check, inputOf, LEDGER, slot } from './support/by-hand.ts';
import { checkInput } from './support/check-sketch.ts';

const write = (key: string, site: string, invokedUs: number, us: number, register = 0): Overwrite => ({
  key,
  register,
  invokedUs,
  overUs: us,
  acknowledged: { site, us },
});
const read = (found: Overwrite, site: string, invokedUs: number): RegisterRead => ({
  register: found.register,
  site,
  invokedUs,
  found,
});
const keys = (undone: readonly { write: Overwrite }[]): readonly string[] => undone.map(({ write: { key } }) => key);

const P = write('p', 'paris', 100, 110);
const L = write('l', 'london', 200, 210);

test('a write that was over before the other began, and is found after it, has won against a newer one', () => {
  const found = judgeRegisters([P, L], [read(P, 'london', 211)]);
  expect(found.undone).toEqual([{ write: L, winner: P, readUs: 211 }]);
  expect(found).toMatchObject({ acknowledged: 2, kept: 0, wrongInTheEnd: 1 });
});

test('the newer one found: nothing is undone', () => {
  expect(judgeRegisters([P, L], [read(L, 'london', 211)])).toMatchObject({ kept: 1, undone: [], wrongInTheEnd: 0 });
});

test('of two that overlap either may win', () => {
  const late = write('p', 'paris', 100, 200);
  expect(judgeRegisters([late, L], [read(late, 'london', 300)]).undone).toEqual([]);
  expect(
    keys(judgeRegisters([{ ...late, overUs: 199 }, L], [read({ ...late, overUs: 199 }, 'london', 300)]).undone),
  ).toEqual(['l']);
});

test('what may still have been on its way is no older one', () => {
  const doubtful = { ...P, overUs: Number.POSITIVE_INFINITY };
  expect(judgeRegisters([doubtful, L], [read(doubtful, 'london', 300)]).undone).toEqual([]);
});

test('a read that was invoked before the acknowledgement may have missed it', () => {
  expect(judgeRegisters([P, L], [read(P, 'london', 210)]).undone).toEqual([]);
});

test('a read elsewhere shows nothing: the write may be on its way there', () => {
  expect(judgeRegisters([P, L], [read(P, 'paris', 300)]).undone).toEqual([]);
});

test('a write of another register is another matter', () => {
  const other = write('l', 'london', 200, 210, 1);
  expect(judgeRegisters([P, other], [read(P, 'london', 300)]).undone).toEqual([]);
});

test('one that was found and is undone later is undone; once the newer one is back, the end is right', () => {
  const reads = [read(L, 'london', 211), read(P, 'london', 250)];
  expect(judgeRegisters([P, L], reads)).toMatchObject({ kept: 0, undone: [{ readUs: 250 }], wrongInTheEnd: 1 });
  const newer = write('n', 'london', 300, 310);
  const found = judgeRegisters([P, L, newer], [...reads, read(newer, 'london', 311)]);
  expect(found).toMatchObject({ kept: 1, undone: [{ write: L }], wrongInTheEnd: 0 });
});

test('one read shows every newer write that it should have met', () => {
  const more = [L, write('m', 'london', 220, 230), write('n', 'london', 240, 290)];
  expect(keys(judgeRegisters([P, ...more], [read(P, 'london', 280)]).undone)).toEqual(['l', 'm']);
});

/** The key of slot `k` of the service, which writes in Paris, or of London's own probe. */
const keyOf = (site: string, k: number): string => `${site === 'paris' ? 'ledger' : 'london'}-register-${k}`;

/**
 * The run by hand, whose service writes in Paris with its even slots and reads with its odd ones, beside a probe of London's own that does the same
 * 50 ms later; `shown` says which write the read of slot `k` at a site finds.
 */
function overwriting(shown: (site: string, k: number) => string): OracleInput {
  const london = { ...LEDGER, probe: 'register', service: '', site: 'london', start: LEDGER.start + 50_000 };
  const input = inputOf({ table: { probe: 'register' }, otherTables: [london] });
  const shaOf = new Map(input.attempts.map(({ key, valueSha }) => [key, valueSha]));
  const attempts = input.attempts.map((row): Attempt => {
    if (row.service === 'canary' || isWrite(row.index)) return row;
    const valueSha = shaOf.get(shown(row.site, row.index)) ?? '';
    return { ...row, f: 'read', key: keyOf(row.site, row.index - 1), valueSha };
  });
  const timetables = input.plan.timetables.map((one) => ({ ...one, params: { registers: 4 } }));
  const written = new Set(attempts.filter(({ f }) => f === 'write').map(({ key }) => key));
  const readBack = input.readBack.filter(({ stage, key }) => stage === 'canary' || written.has(key));
  return { ...input, attempts, plan: { ...input.plan, timetables }, readBack };
}

test('a run whose reads find what was written last: nothing is undone', async () => {
  const { lastWriteWins } = await checkInput(overwriting((site, k) => keyOf(site, k - 1)));
  expect(lastWriteWins).toMatchObject([
    {
      ...{ probe: 'register', registers: 4, acknowledged: 250, kept: 250, undone: 0, unproven: 0 },
      ...{ undoneFrom_us: null, wrongInTheEnd: 0, list: [], omitted: 0 },
    },
  ]);
});

test('reads in London that find what Paris wrote before: the writes of London are undone, by name, and RPO is as ever', async () => {
  // The write of Paris of the same slot was over 48 ms before that of London began.
  const report = await checkInput(
    overwriting((site, k) => keyOf(site === 'london' && k >= 100 && k < 120 ? 'paris' : site, k - 1)),
  );
  const [found] = report.lastWriteWins ?? [];
  expect(found).toMatchObject({ acknowledged: 250, undone: 10, kept: 240, unproven: 0, wrongInTheEnd: 0 });
  expect(found?.sites).toEqual([
    { site: 'paris', acknowledged: 125, undone: 0 },
    { site: 'london', acknowledged: 125, undone: 10 },
  ]);
  expect(found?.list[0]).toMatchObject({
    ...{ key: keyOf('london', 100), site: 'london', register: 2 },
    winner: { key: keyOf('paris', 100), site: 'paris' },
  });
  expect(found?.undoneFrom_us).toBe(slot(100) + 52_000);
  expect(found?.undoneTo_us).toBe(slot(118) + 52_000);
  expect(report.rpo[0]?.lost).toEqual({ lower: 0, upper: 0 });
});

test('a read that finds what nobody wrote shows nothing', async () => {
  const [found] = (await checkInput(overwriting(() => ''))).lastWriteWins ?? [];
  expect(found).toMatchObject({ acknowledged: 250, kept: 0, undone: 0, unproven: 250 });
});

test('a row that contradicts itself is none here either', async () => {
  const input = overwriting((site, k) => keyOf(site, k - 1));
  const wrong = ({ key, f }: Attempt): boolean => f === 'write' && key === keyOf('london', 100);
  const attempts = input.attempts.map((row) => (wrong(row) ? { ...row, completedUs: row.invokedUs - 1 } : row));
  const { lastWriteWins, run } = await checkInput({ ...input, attempts });
  expect(run.defects.join()).toContain('times out of order');
  expect(lastWriteWins).toMatchObject([{ acknowledged: 249, kept: 249, undone: 0 }]);
});

test('a plan without registers has no such section', async () => {
  expect((await check({})).lastWriteWins).toBeUndefined();
});
