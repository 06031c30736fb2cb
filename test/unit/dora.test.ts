import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkRun } from '../../src/check/check.ts';
import type { Dora } from '../../src/check/dora-schema.ts';
import { reportSchema } from '../../src/check/report-schema.ts';
import { FAILBACK_CONDITION } from '../../src/history/event.ts';
import type { PlannedDeclaration } from '../../src/scenario/drill-file.ts';
import { declared } from '../../src/scenario/testing-drill-file.ts';
import type { OracleInput } from './oracle/input.ts';
import { forge, reseal, smallRun, verdicts } from './support/bundle.ts';
import { at, check, event, from, inputOf, MS, rto, S, slot, withEvents } from './support/by-hand.ts';
import { BACK, declare, doraOf, moved, OUTAGE, row } from './support/dora.ts';
import { writeRun } from './support/write-run.ts';

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
