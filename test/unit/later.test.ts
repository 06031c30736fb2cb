import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Later, LaterWrites } from '../../src/check/later-schema.ts';
import type { Report } from '../../src/check/report-schema.ts';
import type { ReadBackRow } from '../../src/history/operation.ts';
import type { OracleInput } from './oracle/input.ts';
import { acked, answers as answered, key } from './support/answers.ts';
import { at, type ByHand, event, from, inputOf, LEDGER, rpo, rpoOf, S, slot, verdictOf } from './support/by-hand.ts';
import { shaOf } from './support/canary.ts';
import { checkInput } from './support/check-sketch.ts';
import { parametersFor, TIMEOUT_MS } from './support/runs.ts';

/*
 * All 250 operations write. The disaster is seen to be effective at 9.6 s and gone at 14.1 s: acknowledged while it was in force are slots 81 to 125, after it
 * slots 126 to 249.
 */

const EFFECTIVE_US = 9_600_000;

type Found = ReadBackRow['state'] | 'no-row' | 'other-value';

interface Answer {
  readonly k: number;
  readonly site?: string;
  readonly found: Found;
}

/**
 * The run by hand, which looked at the end for all that was acknowledged since and no stage of RPO had asked for, at every site, and found it but for
 * `answers`. `leftLate`: sites were left when those stages had asked already.
 */
function looked(run: ByHand, answers: readonly Answer[] = [], { leftLate = false } = {}): OracleInput {
  const input = inputOf(run);
  const sites = input.plan.platform.sites.map(({ name }) => name);
  const left = leftLate ? [] : leftIn(input);
  const goneUs =
    input.events.flatMap((one) => (one.type === 'fault-gone' ? [one.data.notAfter_us] : []))[0] ?? Infinity;
  const written = input.attempts.filter(
    (row) =>
      row.service !== 'canary' &&
      row.outcome === 'ok' &&
      row.f === 'write' &&
      Number(row.completedUs) >= EFFECTIVE_US &&
      !(left.includes(row.site) && Number(row.completedUs) < goneUs),
  );
  const later = sites.flatMap((site) =>
    written.flatMap((row): ReadBackRow[] => {
      const found = answers.find((one) => key(one.k) === row.key && (one.site ?? site) === site)?.found ?? 'present';
      if (found === 'no-row') return [];
      const common = {
        stage: 'later',
        fault: 'site-loss-1',
        site,
        probe: row.probe,
        key: row.key,
        readUs: 40 * S,
      } as const;
      if (found === 'other-value') return [{ ...common, state: 'present', valueSha: shaOf('another') }];
      return [{ ...common, state: found, valueSha: found === 'present' || found === 'phantom' ? row.valueSha : '' }];
    }),
  );
  const events = sites.map((site) =>
    event(40 * S, 'later-read', {
      ...{ fault: 'site-loss-1', site, probe: 'cql', asked: written.length, again: 0, counts: {}, complete: true },
    }),
  );
  return { ...input, later, events: [...input.events, ...events] };
}

function leftIn({ events }: OracleInput): readonly unknown[] {
  return events.flatMap(({ type, data }) => (type === 'failover' && data.service !== 'canary' ? [data.from] : []));
}

function laterOf(report: Report): Later {
  if (!report.later) throw new Error('expected that something is said of what came later');
  return report.later;
}

function writesOf(report: Report, service: string | null = null): LaterWrites {
  const found = laterOf(report).writes.find((one) => one.service === service);
  if (!found) throw new Error(`expected later writes of ${service}`);
  return found;
}

const none = { lower: 0, upper: 0 };

test('what was acknowledged since the disaster counts by when: while it was in force, and after it', async () => {
  const report = await checkInput(looked({}));
  for (const service of [null, 'ledger']) {
    expect(writesOf(report, service)).toMatchObject({
      during: { acknowledged: 45, missing: none },
      after: { acknowledged: 124, missing: none },
      missing_us: none,
      byState: { present: 169 },
      missingKeys: [],
    });
  }
  expect(laterOf(report).places.map(({ site, asked, counts }) => [site, asked, counts])).toEqual([
    ['paris', 169, { present: 169 }],
    ['london', 169, { present: 169 }],
  ]);
});

test('exactly at an instant is from it on', async () => {
  const atEffective = await checkInput(looked({ fault: { effective: at(9_500_000, acked(81)) } }));
  expect(writesOf(atEffective).during.acknowledged).toBe(45);
  const afterEffective = await checkInput(looked({ fault: { effective: at(9_500_000, acked(81) + 1) } }));
  expect([writesOf(afterEffective).during.acknowledged, rpoOf(afterEffective).ledger]).toEqual([44, 82]);
  const atGone = await checkInput(looked({ fault: { gone: at(14_000_000, acked(125)) } }));
  expect([writesOf(atGone).during.acknowledged, writesOf(atGone).after.acknowledged]).toEqual([44, 125]);
});

test('what is missing at one site is missing, whatever RPO says, and an objective of no loss is missed', async () => {
  const input = looked({ objectives: [rpo(0), { ...rpo(1 * S), id: 'second' }] }, [
    { k: 100, site: 'london', found: 'absent' },
    { k: 140, site: 'paris', found: 'other-value' },
  ]);
  const report = await checkInput(input);
  expect(rpoOf(report)).toMatchObject({ lost: none, lostInAll: none });
  expect(writesOf(report)).toMatchObject({
    during: { acknowledged: 45, missing: { lower: 1, upper: 1 } },
    after: { acknowledged: 124, missing: { lower: 1, upper: 1 } },
    missing_us: { lower: acked(140) - acked(100), upper: acked(140) - acked(100) },
    byState: { absent: 1, 'other value': 1, present: 167 },
    missingKeys: [
      { key: key(100), site: 'paris', service: 'ledger', acknowledged_us: acked(100), state: 'absent' },
      { key: key(140), state: 'other value' },
    ],
  });
  // The figures of measurement.md are what they are; what they do not count is a reason of its own, of both: 4 s are more than one.
  expect([verdictOf(report, 'rpo'), verdictOf(report, 'second')]).toEqual(['pass', 'pass']);
  expect(report.verdict).toBe('fail');
  expect(report.reasons).toEqual([
    expect.objectContaining({
      verdict: 'fail',
      subject: 'all services',
      text: '2 of 169 writes that were acknowledged since the disaster are missing at a site',
    }),
    expect.objectContaining({
      verdict: 'fail',
      text: expect.stringMatching(/^2 of 169 .*; what is missing reaches over 4 s$/),
    }),
  ]);
});

test('what is lost before the disaster and since is lost over all of that time', async () => {
  const lost = (k: number) => ({ stage: 'after-repair', k, state: 'absent' }) as const;
  const found = [{ k: 100, found: 'absent' }] as const;
  const objectives = [rpo(3 * S)];
  const alone = await checkInput(looked({ objectives }, found));
  expect([writesOf(alone).missing_us, alone.verdict]).toEqual([none, 'pass']);
  const both = await checkInput(answered(lost(60))(looked({ objectives }, found)));
  const us = acked(100) - acked(60);
  expect(writesOf(both).missing_us).toEqual({ lower: us, upper: us });
  expect([verdictOf(both, 'rpo'), both.verdict]).toEqual(['pass', 'fail']);
  const unreadable = { ...lost(60), state: 'unreadable' } as const;
  const perhaps = await checkInput(answered(unreadable)(looked({ objectives }, found)));
  expect([writesOf(perhaps).missing_us, perhaps.verdict]).toEqual([{ lower: 0, upper: us }, 'unknown']);
});

test('with something of it missing nothing is reconciled, the objective says so, and DORA counts it', async () => {
  const whole = await checkInput(looked({ objectives: [rpo(0)] }));
  const report = await checkInput(
    looked({ objectives: [rpo(0)] }, [
      { k: 100, site: 'london', found: 'absent' },
      { k: 140, site: 'paris', found: 'other-value' },
      { k: 141, site: 'paris', found: 'unreadable' },
      { k: 142, site: 'paris', found: 'phantom' },
    ]),
  );
  const reconciled = (of: Report) =>
    of.views.find(({ service }) => service === 'ledger')?.clocks.find(({ clock }) => clock === 'reconciled');
  expect(reconciled(whole)?.at).not.toBeNull();
  expect(reconciled(report)).toMatchObject({
    at: null,
    note: 'writes that were acknowledged since the disaster are missing',
  });
  expect(report.backlogCleared_us).toBe(whole.backlogCleared_us);
  expect(report.objectives[0]).toMatchObject({
    verdict: 'pass',
    reason: expect.stringMatching(/^not counted here: 2 to 3 of 169 writes/),
  });
  const since = ({ dora }: Report) => dora?.reconciliation.find(({ what }) => what.includes('since the disaster'));
  expect(since(whole)).toMatchObject({ checked: 169, missing: none, duplicate: 0, diverged: 0, note: '' });
  expect(since(report)).toMatchObject({ checked: 169, missing: { lower: 2, upper: 3 }, duplicate: 1, diverged: 1 });
  const losses = ({ dora }: Report) =>
    dora?.classification.criteria.find(({ criterion }) => criterion.startsWith('Data loss'))?.measured;
  expect(losses(whole)).toBe('none lost of what was read back');
  expect(losses(report)).toBe('2 to 3 lost or damaged');
});

test('hints that were still under way when it was looked for again are said wherever the loss is', async () => {
  const input = looked({ objectives: [rpo(0)] }, [{ k: 100, site: 'london', found: 'absent' }]);
  const events = input.events.map((one) =>
    one.type === 'later-read' ? { ...one, data: { ...one.data, again: 1, settled: false, complete: false } } : one,
  );
  const report = await checkInput({ ...input, events });
  expect(report.reasons[0]?.text).toMatch(/; hints were not seen to be delivered before they were looked for again$/);
  expect(report.dora?.deviations).toEqual(
    expect.arrayContaining([
      'the read-back at london of what was acknowledged since the disaster was given up',
      'hints were not seen to be delivered before what was missing at london was read again',
    ]),
  );
});

test('one that is allowed by every objective is no reason, and is there to be read', async () => {
  const report = await checkInput(
    looked({ objectives: [rpo(1 * S)] }, [
      { k: 100, found: 'absent' },
      { k: 105, found: 'absent' },
    ]),
  );
  expect([report.verdict, report.reasons]).toEqual(['pass', []]);
  expect(writesOf(report).during.missing).toEqual({ lower: 2, upper: 2 });
});

test.each(['unreadable', 'no-row'] as const)(
  'what could not be read makes a range, and no loss unknown: %s',
  async (found) => {
    const report = await checkInput(looked({ objectives: [rpo(0)] }, [{ k: 100, site: 'london', found }]));
    expect(writesOf(report).during.missing).toEqual({ lower: 0, upper: 1 });
    expect(writesOf(report).missingKeys).toMatchObject([{ key: key(100), state: 'unreadable' }]);
    expect(report.verdict).toBe('unknown');
    expect(report.reasons).toMatchObject([{ verdict: 'unknown', text: expect.stringContaining('0 to 1 of 169') }]);
  },
);

test('what is there twice is not missing, and is counted', async () => {
  const report = await checkInput(looked({ objectives: [rpo(0)] }, [{ k: 100, site: 'london', found: 'phantom' }]));
  expect(writesOf(report)).toMatchObject({ repeated: 1, during: { missing: none }, byState: { present: 169 } });
  expect(report.verdict).toBe('pass');
});

test('what was stranded is none of it: a stage of RPO looks for that', async () => {
  // Paris goes on until slot 84; the service moves to London at 10 s.
  const report = await checkInput(looked({ failoverAt: slot(85) }));
  expect(rpoOf(report).stranded.total).toBe(4);
  expect(writesOf(report).during.acknowledged).toBe(41);
});

test('what a site that was left too late for that acknowledged is looked for here', async () => {
  const run = { failoverAt: slot(85), objectives: [rpo(0)] };
  const report = await checkInput(looked(run, [{ k: 82, site: 'london', found: 'absent' }], { leftLate: true }));
  expect(writesOf(report).during).toEqual({ acknowledged: 45, missing: { lower: 1, upper: 1 } });
  expect(report.verdict).toBe('fail');
});

test('a site that was left counts again once the disaster is gone', async () => {
  const paris = { ...LEDGER, service: '', site: 'paris' };
  const report = await checkInput(looked({ failoverAt: slot(85), otherTables: [paris] }));
  // While it was in force only what London acknowledged; afterwards both.
  expect(writesOf(report).during.acknowledged).toBe(41);
  expect(writesOf(report).after.acknowledged).toBe(248);
});

test('a write that was not acknowledged, a read and the canary are none of it', async () => {
  const report = await checkInput(
    looked({ table: { readEvery: 2 }, patches: [from(101, 1, 'fail'), from(103, 1, 'timeout')] }),
  );
  // Odd slots write: 23 of 81 to 125, but two.
  expect(writesOf(report).during.acknowledged).toBe(21);
});

test('rows of it are none of RPO: neither found, nor phantoms', async () => {
  const input = looked({ patches: [from(100, 1, 'timeout')] });
  const without = await checkInput({ ...input, later: [] });
  const stranger = { ...(input.later ?? [])[0], key: 'never-written' } as ReadBackRow;
  const doubtful = { ...stranger, key: key(100) };
  const report = await checkInput({ ...input, later: [...(input.later ?? []), stranger, doubtful] });
  expect(report.rpo).toEqual(without.rpo);
  expect(report.readBack).toEqual(without.readBack);
});

test('a site’s own probe counts with everything, and with no service', async () => {
  const paris = { ...LEDGER, service: '', site: 'paris' };
  const report = await checkInput(looked({ otherTables: [paris] }));
  expect(writesOf(report).during.acknowledged).toBe(90);
  expect(writesOf(report, 'ledger').during.acknowledged).toBe(45);
});

test('of a run that did not look nothing is said', async () => {
  const input = inputOf({});
  expect((await checkInput(input)).later).toBeUndefined();
});

test('a canary that was not found makes a loss no reason to fail', async () => {
  const input = looked({ canary: false, objectives: [rpo(0)] }, [{ k: 100, found: 'absent' }]);
  const report = await checkInput(input);
  expect(report.verdict).toBe('unknown');
  expect(report.reasons.filter(({ verdict }) => verdict === 'fail')).toEqual([]);
});

const FOUND: readonly Found[] = ['absent', 'partial', 'corrupt', 'unreadable', 'no-row', 'other-value', 'present'];

test(
  'as the obvious slow version counts it',
  async () => {
    const answer = fc.record({
      k: fc.integer({ min: 75, max: 249 }),
      site: fc.constantFrom('paris', 'london'),
      found: fc.constantFrom(...FOUND),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(answer, { maxLength: 40, selector: ({ k, site }) => `${k} ${site}` }),
        fc.option(fc.integer({ min: 81, max: 120 }), { nil: null }),
        fc.integer({ min: 9_700_000, max: 20_000_000 }),
        fc.boolean(),
        async (answers, movedAt, goneUs, leftLate) => {
          const gone = at(goneUs - 100_000, goneUs);
          const run = { failoverAt: movedAt === null ? null : slot(movedAt), fault: { gone } };
          const input = looked(run, answers, { leftLate });
          expect(writesOf(await checkInput(input))).toMatchObject(slowly(input, answers, goneUs, leftLate));
        },
      ),
      parametersFor(0.3),
    );
  },
  TIMEOUT_MS,
);

function slowly(
  input: OracleInput,
  answers: readonly Answer[],
  goneUs: number,
  leftLate: boolean,
): Partial<LaterWrites> {
  const left = leftIn(input);
  const part = (during: boolean): LaterWrites['during'] => {
    const mine = Array.from({ length: 250 }, (_, k) => k).filter((k) => {
      const row = input.attempts.find((one) => one.service === 'ledger' && one.index === k);
      if (row?.outcome !== 'ok' || Number(row.completedUs) < EFFECTIVE_US) return false;
      if (Number(row.completedUs) < goneUs !== during) return false;
      // Without any row nobody can have looked for it here.
      const looked = leftLate && answers.filter((one) => one.k === k && one.found === 'no-row').length < 2;
      return !(during && left.includes(row.site) && !looked);
    });
    const states = mine.map((k) => answers.filter((one) => one.k === k).map(({ found }) => found));
    const lost = states.filter((found) =>
      found.some((state) => ['absent', 'partial', 'corrupt', 'other-value'].includes(state)),
    ).length;
    const whole = states.filter((found) => found.every((state) => state === 'present')).length;
    return { acknowledged: mine.length, missing: { lower: lost, upper: mine.length - whole } };
  };
  return { during: part(true), after: part(false) };
}
