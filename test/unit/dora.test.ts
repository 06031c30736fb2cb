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
import type { PlannedDeclaration } from '../../src/scenario/drill-file.ts';
import { declared } from '../../src/scenario/testing-drill-file.ts';
import type { OracleInput } from './oracle/input.ts';
import { EXAMPLE, forge, reseal, smallRun, verdicts } from './support/bundle.ts';
import { at, type ByHand, check, event, from, inputOf, MS, rpo, rto, S, slot, withEvents } from './support/by-hand.ts';
import { writeRun } from './support/write-run.ts';

/** The outage lasts from slot 82 to 92; the service is moved at 9.9 s. */
const OUTAGE: ByHand = { patches: [from(82, 10, 'fail')], failoverAt: 9_900_000 };
const moved = (to: string, us: number): OracleInput['events'][number] =>
  event(us, to === 'paris' ? 'failback' : 'failover', {
    service: 'ledger',
    from: to === 'paris' ? 'london' : 'paris',
    to,
    decided_us: us,
    reason: 'test',
  });
const BACK = moved('paris', 20 * S);

const declare =
  (what: Partial<PlannedDeclaration> = declared()) =>
  (input: OracleInput): OracleInput => ({
    ...input,
    plan: { ...input.plan, declared: { ...what, sha256: 'a'.repeat(64) } },
  });

async function doraOf(run: ByHand, ...changes: readonly ((input: OracleInput) => OracleInput)[]): Promise<Dora> {
  const report = await check(run, (input) => changes.reduce((now, change) => change(now), input));
  if (!report.dora) throw new Error('expected the block dora');
  return report.dora;
}

const row = (dora: Dora, provision: string): Dora['provisions'][number] => {
  const found = dora.provisions.find((one) => one.provision === provision);
  if (!found) throw new Error(`expected a row ${provision}`);
  return found;
};

describe('time on the alternate', () => {
  const dwellOf = async (dwell: string, run = OUTAGE, ...events: OracleInput['events']) => {
    const dora = await doraOf(run, withEvents(...(events.length > 0 ? events : [BACK])), declare({ dwell }));
    return dora.dwell[0];
  };

  test('counts from SLO restored at least, and from the failover at most, to the failback', async () => {
    const stay = await dwellOf('9s');
    expect(stay).toMatchObject({ sites: ['london'], required_us: 9 * S, met: true, note: '' });
    expect(stay?.reached_us).toEqual({ lower: 20 * S - (slot(92) + 2 * MS), upper: 10_100_000 });
    expect(stay?.meanwhile).toMatchObject({ outages: 0, violatingWindows: 0 });
  });

  test('is unknown where what is required lies between its bounds, and missed beyond them', async () => {
    expect((await dwellOf('9500ms'))?.met).toBeNull();
    expect((await dwellOf('10200ms'))?.met).toBe(false);
  });

  test('of a service that broke down again there is missed, however long it took', async () => {
    const again = { ...OUTAGE, patches: [from(82, 10, 'fail'), from(150, 10, 'fail')] } as const;
    const stay = await dwellOf('1s', again);
    expect(stay?.met).toBe(false);
    expect(stay?.meanwhile?.outages).toBe(1);
  });

  test('is nothing where the service was not moved, or its level was never restored there', async () => {
    const still = await doraOf({ patches: OUTAGE.patches ?? [] }, declare({ dwell: '1s' }));
    expect(still.dwell[0]).toMatchObject({ sites: [], reached_us: { lower: 0, upper: 0 }, met: false });
    const down = await dwellOf('1s', { ...OUTAGE, patches: [from(82, 168, 'fail')] });
    expect(down?.reached_us.lower).toBe(0);
    expect(down?.met).toBeNull();
  });

  test('is the longest stay, not the sum of several', async () => {
    const flapping = [moved('paris', 12 * S), moved('london', 13 * S), BACK];
    expect((await dwellOf('1s', OUTAGE, ...flapping))?.reached_us).toEqual({ lower: 7 * S, upper: 7 * S });
  });

  test('without a way back ends with the last step that was recorded, and says so', async () => {
    const { dwell, failback } = await doraOf(OUTAGE, declare({ dwell: '1s' }));
    expect(dwell[0]?.note).toContain('not moved back');
    expect(failback[0]).toMatchObject({ length_us: null, asked: null });
    expect(failback[0]?.note).toContain('the service was not moved back');
  });

  test('that nobody required is not judged', async () => {
    expect((await doraOf(OUTAGE, withEvents(BACK))).dwell[0]).toMatchObject({ required_us: null, met: null });
  });
});

test('a service whose name is that of something else is measured as any other', async () => {
  const service = 'constructor';
  const dora = await doraOf({ ...OUTAGE, table: { service } }, declare());
  expect(dora.load).toMatchObject([{ service, peak: null }]);
});

describe('load', () => {
  test('is held against the declared peak, and its headroom is not claimed', async () => {
    const { load } = await doraOf(OUTAGE, withEvents(BACK), declare({ peakLoad: { ledger: '40/s' } }));
    expect(load).toEqual([{ service: 'ledger', offered: 10, peak: 40, share: 0.25, heldWithoutSite: true }]);
  });

  test('below the peak covers nothing, nor does a peak that nobody declared', async () => {
    const below = await doraOf(OUTAGE, declare({ peakLoad: { ledger: '40/s' } }));
    expect(row(below, 'DORA 7(c), (d)')).toMatchObject({ reach: 'not covered', evidence: [] });
    expect(row(await doraOf(OUTAGE), 'DORA 7(c), (d)').why).toBe('no peak is recorded');
  });

  test('is not borne with a site less where no fault was shown to take the site', async () => {
    const lapsed = { ...OUTAGE, fault: { lapsed: at(12 * S) } };
    const { load } = await doraOf(lapsed, withEvents(BACK), declare({ peakLoad: { ledger: '10/s' } }));
    expect(load[0]?.heldWithoutSite).toBeNull();
  });
});

describe('detection', () => {
  const alarm = (us: number, simulated = false) =>
    withEvents(event(us, 'detected', { fault: 'site-loss-1', detector: 'alert', simulated, service: 'ledger' }));

  test('is the time from the effect to the first alarm, with its bounds', async () => {
    const { detection } = await doraOf(OUTAGE, alarm(11 * S), alarm(12 * S));
    expect(detection.map(({ elapsed_us }) => elapsed_us)).toEqual([{ lower: 1_400_000, upper: 1_500_000 }]);
  });

  test('by an alarm from before the fault is none, and by a stand-in only partial', async () => {
    const early = await doraOf(OUTAGE, alarm(5 * S));
    expect(early.detection[0]).toMatchObject({ elapsed_us: null, note: 'raised before the fault: it detects nothing' });
    expect(row(early, 'DORA 10(1)').reach).toBe('not covered');
    expect(row(await doraOf(OUTAGE, alarm(11 * S, true)), 'DORA 10(1)')).toMatchObject({ reach: 'partial' });
  });
});

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

describe('deviations', () => {
  test('are what the record shows, and nothing where all went as planned', async () => {
    expect((await doraOf(OUTAGE)).deviations).toEqual([]);
    const stopped = event(21 * S, 'stop-condition', { condition: FAILBACK_CONDITION, observed: 'too slow' });
    const dora = await doraOf(OUTAGE, withEvents(stopped));
    expect(dora.deviations).toEqual(['failback.within: too slow']);
    expect(dora.stopped).toMatchObject([{ at_us: 21 * S, observed: 'too slow' }]);
  });
});

test('what was declared is verified by the harness and by the verifier that stands alone, and neither takes a change', () => {
  const directory = mkdtempSync(join(tmpdir(), 'drill-declared-'));
  try {
    smallRun(directory);
    forge(directory, { plan: (plan) => Object.assign(plan, { declared: { ...declared(), sha256: 'a'.repeat(64) } }) });
    expect(verdicts(directory, null)).toEqual({ harness: 'ok no', alone: 'ok no', says: '' });
    const file = join(directory, 'plan.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('a site is lost', 'any site is lost'));
    reseal(directory);
    const { harness, alone, says } = verdicts(directory, null);
    expect([harness, alone]).toEqual(['plan.json', 'plan.json']);
    expect(says).toContain('what is judged (objectives, settings, what people declared)');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test('criteria that were changed after the fact are no criteria: the record has a defect, and nothing is claimed of them', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'drill-changed-'));
  try {
    const input = declare()(inputOf(OUTAGE));
    writeRun(directory, input, {
      changePlan: (plan) => plan.replace('every objective is met', 'any objective is met'),
    });
    const { run, dora } = await checkRun(directory);
    expect(run.defects.join()).toContain('its objectives, settings or what people declared differ');
    expect(dora?.criteriaDeclared).toBe(false);
    expect(dora?.declared).toBeNull();
    expect(dora?.dwell[0]?.required_us).toBeNull();
    expect(row(dora as Dora, 'RTS 25(1), DORA 11(5)').reach).toBe('not covered');
    expect(row(dora as Dora, 'RTS 26(1)(a), (f)').reach).toBe('not covered');
    expect(dora?.classification.conclusion).toBe('unknown');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test('a report of before there were such fields is read as ever', async () => {
  const { dora: _, ...old } = await check(OUTAGE);
  expect(reportSchema.parse(old)).toEqual(old);
});

test('two hours are looked at for those whom they bind, and for nobody else', async () => {
  const hours = async (profile?: PlannedDeclaration['profile']) =>
    (await doraOf({ ...OUTAGE, objectives: [rto(60 * S)] }, declare(profile && { profile }))).twoHours;
  expect(await hours()).toBeNull();
  expect(await hours('bank')).toBeNull();
  expect(await hours('ccp')).toMatchObject([{ service: 'ledger', within: true }]);
});
