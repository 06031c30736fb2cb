import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkRun, renderReportJson } from '../../src/check/check.ts';
import { withEntered } from '../../src/check/dora.ts';
import type { Dora } from '../../src/check/dora-schema.ts';
import { type Report, reportSchema } from '../../src/check/report-schema.ts';
import { reportWithEntries } from '../../src/commands/entries.ts';
import { FAILBACK_CONDITION } from '../../src/history/event.ts';
import type { OracleInput } from './oracle/input.ts';
import { EXAMPLE } from './support/bundle.ts';
import { type ByHand, check, event, rpo, rto, S, withEvents } from './support/by-hand.ts';
import { BACK, declare, doraOf, OUTAGE, row } from './support/dora.ts';

/* How far a record reaches into each provision, and what people enter about it. */

describe('the map', () => {
  /** The rows of the table that the map is made after, in its order. */
  const PROVISIONS = [
    'DORA 11(6)(a)',
    'DORA 11(6); RTS 25(2)(c), 26(2)(a)',
    'RTS 25(2)',
    'RTS 25(1), DORA 11(5)',
    'RTS 25(2)(a), (d), 26(2)',
    'RTS 26(1)(a), (f)',
    'RTS 24(1), DORA 12(6)',
    'DORA 7(c), (d)',
    'DORA 10(1)',
    'DORA 12(2)',
    'DORA 12(3)',
    'DORA 12(7)',
    'DORA 11(8)',
    'DORA 11(2), 11(6)(b), 14',
    'RTS 25(5), DORA 24(5)',
    'DORA 24(4), 11(3)',
    'DORA 18(1); (EU) 2024/1772',
    'RTS 12(2)',
    'DORA 5(2), 6(5), 13(5)',
    'RTS 24(2) to (4)',
  ];
  const OBJECTIVES = { objectives: [rto(60 * S), rpo(S)] };

  test('has a row for each provision, and each says why', async () => {
    const { provisions } = await doraOf(OUTAGE);
    expect(provisions.map(({ provision }) => provision)).toEqual(PROVISIONS);
    expect(provisions.filter(({ why }) => why.trim() === '')).toEqual([]);
  });

  test('covers no restore: no run has one', async () => {
    const dora = await doraOf({ ...OUTAGE, ...OBJECTIVES }, withEvents(BACK), declare());
    expect([row(dora, 'DORA 12(2)'), row(dora, 'DORA 12(3)')].map(({ reach }) => reach)).toEqual([
      'not covered',
      'not covered',
    ]);
  });

  test('in a laboratory never supports what is asked of the entity’s own systems', async () => {
    const dora = await doraOf({ ...OUTAGE, ...OBJECTIVES }, withEvents(BACK), declare());
    const { reach, why } = row(dora, 'RTS 24(1), DORA 12(6)');
    expect(reach).toBe('partial');
    expect(why).toMatch(/2 of 2 measured with bounds, 0 missed; owner recorded; in a laboratory/);
    const elsewhere = await doraOf({ ...OUTAGE, ...OBJECTIVES }, withEvents(BACK), declare(), (input) => ({
      ...input,
      plan: { ...input.plan, platform: { ...input.plan.platform, environment: 'staging' } },
    }));
    expect(row(elsewhere, 'RTS 24(1), DORA 12(6)').reach).toBe('supports');
  });

  test('supports criteria only where all of them stood before the run', async () => {
    const criteria = (dora: Dora) => row(dora, 'RTS 26(1)(a), (f)').reach;
    expect(criteria(await doraOf(OUTAGE, declare()))).toBe('supports');
    expect(criteria(await doraOf(OUTAGE, declare({ criteria: { success: 'x' } })))).toBe('partial');
    expect(criteria(await doraOf(OUTAGE))).toBe('partial');
  });

  test('of a run that went wrong claims less', async () => {
    const aborted = await doraOf(
      { ...OUTAGE, ...OBJECTIVES, end: { kind: 'killed', at: 9 * S }, stages: [] },
      declare(),
    );
    expect(
      aborted.provisions.filter(
        ({ reach, provision }) =>
          reach === 'supports' && !['RTS 25(1), DORA 11(5)', 'RTS 26(1)(a), (f)'].includes(provision),
      ),
    ).toEqual([]);
    expect(row(aborted, 'RTS 24(1), DORA 12(6)').reach).toBe('not covered');
    expect(row(aborted, 'DORA 12(7)').reach).toBe('not covered');
    expect(aborted.deviations.join()).toMatch(/did not go through.*never requested/);
    expect(aborted.classification).toMatchObject({ conclusion: 'unknown', downtime_us: null });
    expect(aborted.families.filter(({ state }) => state !== 'not exercised')).toEqual([]);
  });

  test('names only evidence that is there', async () => {
    const report = await checkRun(EXAMPLE);
    const whole = withEntered(report, report.dora as Dora, {
      ...{ sha256: 'a'.repeat(64), run: report.run.id, by: 'A', at: '2026-11-22T00:00:00Z', findings: [] },
      response: { activation: { what: 'x' }, impact: { what: 'y' }, communication: { what: 'z' } },
      signOff: { approver: 'B', managementBody: '2026-11-23' },
    });
    for (const dora of [report.dora, whole.dora]) {
      for (const path of dora?.provisions.flatMap(({ evidence }) => evidence) ?? []) {
        const [file = '', pointer = ''] = path.split('#');
        if (file === 'drill file') expect(valueAt({ after: dora?.entered }, pointer), path).toBeDefined();
        else {
          const text = file === 'report.json' ? renderReportJson(report) : readFileSync(join(EXAMPLE, file), 'utf8');
          expect(pointer === '' ? text : valueAt(JSON.parse(text), pointer), path).toBeDefined();
        }
      }
    }
    expect(row(whole.dora as Dora, 'DORA 11(2), 11(6)(b), 14').reach).toBe('supports');
    expect(row(whole.dora as Dora, 'DORA 5(2), 6(5), 13(5)').reach).toBe('supports');
  });
});

function valueAt(value: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((now, key) => (now as Record<string, unknown> | null)?.[key], value);
}

describe('what people enter', () => {
  test('is never in what check makes, and changes nothing but its own fields and the map', async () => {
    const report = await check(OUTAGE, declare());
    expect(report.dora?.entered).toBeNull();
    const entered = { sha256: 'b'.repeat(64), run: report.run.id, by: 'A', at: '2026-02-01T00:00:00Z', findings: [] };
    const after = withEntered(report, report.dora as Dora, entered);
    const bare = ({ dora, ...rest }: Report): unknown => ({
      ...rest,
      dora: { ...dora, entered: null, provisions: [] },
    });
    expect(bare(after)).toEqual(bare(report));
    expect(reportSchema.parse(after)).toEqual(after);
  });

  test('names no finding for an objective that was missed: the row is partial', async () => {
    const report = await check({ ...OUTAGE, objectives: [rto(S / 2)] });
    const enter = (findings: NonNullable<NonNullable<Dora['entered']>['findings']>) => {
      const of = { sha256: 'b'.repeat(64), run: report.run.id, by: 'A', at: '2026-02-01T00:00:00Z', findings };
      return row(withEntered(report, report.dora as Dora, of).dora as Dora, 'RTS 25(5), DORA 24(5)');
    };
    const whole = {
      shortcoming: 's',
      analysis: 'a',
      measure: 'm',
      priority: 'high',
      owner: 'o',
      due: '2026-03-01',
      retest: 'r',
    } as const;
    expect(enter([])).toMatchObject({ reach: 'partial' });
    expect(enter([whole]).why).toContain('1 objective not shown to be met that no finding names');
    expect(enter([{ ...whole, objective: 'rto' }]).reach).toBe('supports');
    expect(enter([{ ...whole, objective: 'rto' }, { shortcoming: 't' }]).reach).toBe('partial');
  });
});

test.each([
  ['who ran it', { operators: ['ops', 'Hand Short'] }],
  [
    'who ran it by somebody’s word',
    {
      authorisation: { operator: 'ops, then Hand Short', ticket: 'T', approver: 'Bo Li', window: { from: '', to: '' } },
    },
  ],
])('an approver %s, as the journal says, is refused', async (_, who) => {
  const directory = mkdtempSync(join(tmpdir(), 'drill-approved-'));
  try {
    const report = await checkRun(EXAMPLE);
    const [line = ''] = readFileSync(join(EXAMPLE, 'journal.ndjson'), 'utf8').split('\n');
    const first = JSON.parse(line) as { data: object };
    writeFileSync(join(directory, 'intent.json'), '{}\n');
    writeFileSync(
      join(directory, 'journal.ndjson'),
      `${JSON.stringify({ ...first, data: { ...first.data, ...who } })}\n`,
    );
    const file = join(directory, 'x.drill.yaml');
    const enter = (approver: string) => {
      const after = { run: report.run.id, by: 'Ann Lee', at: '2027-01-31T12:00:00Z', signOff: { approver } };
      writeFileSync(file, JSON.stringify({ after }));
      return reportWithEntries(directory, report, file, new Date('2027-02-01'));
    };
    await expect(enter('hand  short')).rejects.toThrow(/signOff.approver: expected nobody who ran it/);
    expect((await enter('Bo Li')).dora?.entered?.signOff).toEqual({ approver: 'Bo Li' });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test('to have found nothing is no result of a run in which something went wrong: the row is partial, and says what', async () => {
  const GOOD: ByHand = { ...OUTAGE, objectives: [rto(60 * S)] };
  const enter = async (run: ByHand, findings: { shortcoming: string }[] = [], ...events: OracleInput['events']) => {
    const report = await check(run, withEvents(...events));
    const of = { sha256: 'b'.repeat(64), run: report.run.id, by: 'A', at: '2026-02-01T00:00:00Z', findings };
    return row(withEntered(report, report.dora as Dora, of).dora as Dora, 'RTS 25(5), DORA 24(5)');
  };
  const good = await check(GOOD);
  expect([good.verdict, good.dora?.deviations]).toEqual(['pass', []]);
  expect(await enter(GOOD)).toMatchObject({ reach: 'supports' });
  const aborted = await enter({ ...GOOD, end: { kind: 'killed', at: 9 * S }, stages: [] });
  expect(aborted.reach).toBe('partial');
  expect(aborted.why).toMatch(
    /no finding, though the verdict is .*, the run did not go through, a fault was not shown/,
  );
  const stopped = event(21 * S, 'stop-condition', { condition: FAILBACK_CONDITION, observed: 'too slow' });
  const late = await enter(GOOD, [], stopped);
  expect(late).toMatchObject({ reach: 'partial' });
  expect(late.why).toContain('the record shows 1 deviation');
  expect((await enter(GOOD, [{ shortcoming: 's' }], stopped)).why).not.toContain('no finding, though');
});
