import { expect, test } from 'vitest';
import type { JournalEvent } from '../history/event.ts';
import { exampleReports } from '../report/testing-all.ts';
import type { Plan } from '../scenario/plan.ts';
import { backupsOf } from './backups.ts';
import { judgePromises } from './promises.ts';
import type { FaultReport, RtoClock, View } from './report-schema.ts';
import { RestoreTestTally } from './restore-tests.ts';
import type { RunRecord } from './run-record.ts';

const S = 1_000_000;
const instant = (fromS: number, toS = fromS) => ({ notBefore_us: fromS * S, notAfter_us: toS * S });
const [EXAMPLE] = (exampleReports().passing as { views: readonly View[] }).views as [View];

/** A disaster in Paris, effective between 100 and 101 s and told to end at 200 s. */
function recordOf(
  promises: Partial<Plan['promises']>,
  over: {
    detectors?: Plan['detectors'];
    released?: boolean;
    lapsed?: boolean;
    restarts?: boolean;
    backups?: Plan['backups'];
    events?: readonly JournalEvent[];
  } = {},
): RunRecord {
  const report = {
    id: 'kill-1',
    disaster: true,
    target: 'paris',
    gone: instant(260, 261),
    lapsed: [],
    releaseRequested: over.released === false ? null : instant(200),
  };
  return {
    plan: {
      promises: { detection_us: null, normal_us: null, backup_us: null, restore_us: null, ...promises },
      backups: over.backups ?? [],
      timeline: [{ id: 'kill-1', restarts: over.restarts }],
      detectors: over.detectors ?? { health: null, driver: false, nodetool: null },
    },
    events: over.events ?? [],
    disaster: {
      ...{ id: 'kill-1', effective: instant(100, 101), lapsed: over.lapsed ?? false },
      ...{ requestedUs: 99 * S, goneUs: 261 * S },
    },
    faults: [{ report: report as unknown as FaultReport }],
  } as unknown as RunRecord;
}

function service(detected: Partial<RtoClock>): View {
  return {
    ...EXAMPLE,
    service: 'ledger',
    site: '',
    clocks: [{ clock: 'detected', at: null, observer: 'derived', note: '', ...detected }],
  };
}

function site(outages: readonly (readonly [downS: number, upS: number | null])[], name = 'paris'): View {
  const [base] = EXAMPLE.outages.length > 0 ? EXAMPLE.outages : [{} as View['outages'][number]];
  return {
    ...{ ...EXAMPLE, service: '', site: name, probe: 'cql' },
    outages: outages.map(([downS, upS]) => ({
      ...(base as View['outages'][number]),
      down_us: downS * S,
      up_us: upS === null ? null : upS * S,
      end: upS === null ? null : instant(upS - 1, upS),
    })),
  };
}

const rowOf = (promises: ReturnType<typeof judgePromises>) =>
  promises?.map(({ kept, measured_us, note }) => ({ kept, measured_us, note }));

test('nothing promised, nothing said', () => {
  expect(judgePromises(recordOf({ detection_us: null, normal_us: null }), [service({})])).toBeUndefined();
});

test.each([
  ['platform', 29, 'kept'],
  ['platform', 30.5, 'unknown'],
  ['platform', 32, 'broken'],
  ['derived', 29, 'unknown'],
  ['derived', 99, 'unknown'],
  ['simulated', 29, 'unknown'],
  ['simulated', 99, 'unknown'],
] as const)('detection within 30 s, seen by the %s %d s after the effect began: %s', (observer, afterS, kept) => {
  const record = recordOf({ detection_us: 30 * S, normal_us: null });
  const [row] = judgePromises(record, [service({ at: instant(100 + afterS), observer })]) ?? [];
  expect(row?.kept).toBe(kept);
  // From the last instant at which it was surely in force to the first at which it surely was.
  expect(row?.measured_us).toEqual({ lower: (afterS - 1) * S, upper: afterS * S });
});

test('where a detector looked and raised no alarm, what clients knew is no detection', () => {
  const detectors = { health: null, driver: true, nodetool: null };
  const record = recordOf({ detection_us: 30 * S, normal_us: null }, { detectors });
  const rows = judgePromises(record, [service({ at: instant(102), note: 'the last of the first 3 failures' })]);
  expect(rowOf(rows)).toEqual([
    {
      kept: 'unknown',
      measured_us: { lower: 1 * S, upper: 2 * S },
      note: 'no detector raised an alarm; clients knew by the last of the first 3 failures',
    },
  ]);
});

test('a service that was never down had nothing to be detected; one without a clock is unknown', () => {
  const record = recordOf({ detection_us: 30 * S, normal_us: null });
  expect(judgePromises(record, [service({ note: 'never down' }), site([])])).toEqual([]);
  expect(rowOf(judgePromises(record, [service({ note: 'no failure has a completion' })]))).toEqual([
    { kept: 'unknown', measured_us: null, note: 'no failure has a completion' },
  ]);
});

test.each([
  ['up 18 s after the end', [[101, 218]], 'kept', [17, 18]],
  ['up 30.5 s after it, to one second', [[101, 230.5]], 'unknown', [29.5, 30.5]],
  ['up 32 s after it', [[101, 232]], 'broken', [31, 32]],
  ['up again before it was to end: from the effect', [[101, 150]], 'broken', [48, 50]],
  ['the same, soon', [[101, 121]], 'kept', [19, 21]],
  [
    'down again at the end',
    [
      [101, 150],
      [190, 260],
    ],
    'broken',
    [59, 60],
  ],
  [
    'an outage of its own, later',
    [
      [101, 121],
      [300, 400],
    ],
    'kept',
    [19, 21],
  ],
] as const)('back to normal within 30 s: %s', (_, outages, kept, [lowerS, upperS]) => {
  const record = recordOf({ detection_us: null, normal_us: 30 * S });
  const rows = judgePromises(record, [service({}), site(outages), site([[101, null]], 'london')]) ?? [];
  expect(rows).toHaveLength(1);
  expect([rows[0]?.kept, rows[0]?.measured_us]).toEqual([kept, { lower: lowerS * S, upper: upperS * S }]);
});

test('what was never down keeps no promise to come back: it may not have been struck at all', () => {
  const [row] = judgePromises(recordOf({ detection_us: null, normal_us: 30 * S }), [site([])]) ?? [];
  expect(row).toMatchObject({ kept: 'unknown', measured_us: null });
});

test('what the laboratory started again is measured, and keeps and breaks no promise of the platform', () => {
  const record = recordOf({ detection_us: null, normal_us: 30 * S }, { restarts: true });
  for (const upS of [218, 260]) {
    const [row] = judgePromises(record, [site([[101, upS]])]) ?? [];
    expect(row).toMatchObject({ kept: 'unknown', observer: 'simulated', measured_us: { upper: (upS - 200) * S } });
  }
});

test.each([
  ['after its time', 235, 'broken'],
  ['before its time: nobody knows how long it would have taken', 225, 'unknown'],
] as const)('what had to be started anew did not come back by itself: %s', (_, atS, kept) => {
  const what = 'paris janusgraph/0 ran for 20 s beside its store and did not serve';
  const stuck = { type: 'platform-event', at_us: atS * S, data: { kind: 'component-stuck', what } };
  const events = [stuck as unknown as JournalEvent];
  const record = recordOf({ detection_us: null, normal_us: 30 * S }, { restarts: true, events });
  const graph = { ...site([[101, 218]]), probe: 'gremlin' };
  const rows = judgePromises(record, [graph, site([[101, 218]])]);
  expect(rows?.map((row) => row.kept)).toEqual([kept, 'unknown']);
  expect(rows?.[0]?.note).toBe(`it did not come back by itself: ${what}`);
  expect(rows?.[1]?.note).toContain('started again by the laboratory');
});

test('behind a probe that is not known may stand whatever was started anew at its site', () => {
  const what = 'paris kafka/0 ran for 20 s and did not serve';
  const stuck = { type: 'platform-event', at_us: 235 * S, data: { kind: 'component-stuck', what } };
  const record = recordOf({ detection_us: null, normal_us: 30 * S }, { events: [stuck as unknown as JournalEvent] });
  const kept = (probe: string) => judgePromises(record, [{ ...site([[101, 218]]), probe }])?.[0]?.kept;
  expect([kept('of-another-tool'), kept('cql')]).toEqual(['broken', 'kept']);
});

test.each([
  ['in its outage, after its time', 235, 'paris', 'broken'],
  ['in its outage, before its time', 225, 'paris', 'unknown'],
  ['after its outage', 245, 'paris', 'broken'],
  ['elsewhere', 235, 'london', 'broken'],
] as const)('what the harness restarted %s did not come back by itself', (_, atS, where, kept) => {
  const what = `cassandra of ${where}, which served nothing after kill-1 had been undone`;
  const restart = { type: 'platform-event', at_us: atS * S, data: { kind: 'restarted-to-heal', what } };
  const events = [restart as unknown as JournalEvent];
  const [row] = judgePromises(recordOf({ detection_us: null, normal_us: 30 * S }, { events }), [
    { ...site([[101, 240]]), probe: 'gremlin' },
  ]) as [NonNullable<ReturnType<typeof judgePromises>>[number]];
  expect(row.kept).toBe(kept);
  const byItself = where === 'london' || atS > 240;
  expect(row.note).toBe(byItself ? '' : `it did not come back by itself: ${what}`);
});

test('a promise of a time in which the harness restarted it is not kept', () => {
  const what = 'cassandra of paris, which served nothing after kill-1 had been undone';
  const restart = { type: 'platform-event', at_us: 235 * S, data: { kind: 'restarted-to-heal', what } };
  const record = recordOf({ detection_us: null, normal_us: 60 * S }, { events: [restart as unknown as JournalEvent] });
  expect(judgePromises(record, [site([[101, 240]])])?.[0]).toMatchObject({ kept: 'unknown', measured_us: null });
});

test('what was started anew before the fault was told to end is of no account', () => {
  const what = 'paris cassandra/0 ran';
  const stuck = { type: 'platform-event', at_us: 90 * S, data: { kind: 'component-stuck', what } };
  const record = recordOf({ detection_us: null, normal_us: 30 * S }, { events: [stuck as unknown as JournalEvent] });
  expect(judgePromises(record, [site([[101, 218]])])?.[0]?.kept).toBe('kept');
});

test('the alarm of the platform counts, however early a stand-in raised its own', () => {
  const alarm = (atS: number, simulated: boolean) =>
    ({
      type: 'detected',
      at_us: atS * S,
      data: { fault: 'kill-1', service: 'ledger', detector: 'd', simulated },
    }) as unknown as JournalEvent;
  const promises = { detection_us: 30 * S, normal_us: null };
  const clock = service({ at: instant(105), observer: 'simulated' });
  const kept = (events: readonly JournalEvent[]) => judgePromises(recordOf(promises, { events }), [clock])?.[0]?.kept;
  expect(kept([alarm(105, true)])).toBe('unknown');
  expect(kept([alarm(105, true), alarm(112, false)])).toBe('kept');
  expect(kept([alarm(105, true), alarm(140, false)])).toBe('broken');
});

test('where the platform is to detect by alerts, what drivers and nodetool notice keeps no promise', () => {
  const alarm = (atS: number, detector: string, simulated: boolean) =>
    ({
      ...{ type: 'detected', at_us: atS * S },
      data: { fault: 'kill-1', service: 'ledger', detector, simulated },
    }) as unknown as JournalEvent;
  const driver = alarm(105, 'driver at london (paris): 10.77.1.10 is down', false);
  const nodetool = alarm(106, 'nodetool status at london (paris): 10.77.1.10 is DN', false);
  const alerts = { expect: ['Down'], deadMan_us: S };
  const detectors = { health: null, driver: true, nodetool: null, alerts };
  const clock = service({ at: instant(105), observer: 'platform', note: 'driver at london (paris)' });
  const rows = (events: readonly JournalEvent[], over = { detectors }) =>
    judgePromises(recordOf({ detection_us: 60 * S }, { events, ...over }), [clock])?.map(
      ({ observer, kept, note }) => `${observer} ${kept}: ${note}`,
    );
  expect(rows([driver, nodetool, alarm(150, 'alert Down', false)])).toEqual([
    'platform kept: alert Down; expected, and not fired: Down; no other alert fired',
  ]);
  expect(rows([driver, nodetool, alarm(180, 'alert Down', false)])?.[0]).toMatch(/^platform broken/);
  expect(rows([driver, nodetool, alarm(150, 'alert Down', true)])?.[0]).toMatch(/^simulated unknown: alert Down/);
  expect(rows([driver, nodetool])?.[0]).toMatch(
    /^derived unknown: no detector raised an alarm; clients knew by driver/,
  );
  // Elsewhere the driver's own view is the platform's.
  expect(judgePromises(recordOf({ detection_us: 60 * S }, { events: [driver] }), [clock])?.[0]?.kept).toBe('kept');
});

test('an alarm about what no service stands on is a detection on its own, once', () => {
  const alarm = (atS: number, simulated: boolean) =>
    ({
      type: 'detected',
      at_us: atS * S,
      data: { fault: 'kill-1', detector: 'alert PrometheusDown', simulated },
    }) as unknown as JournalEvent;
  const views = ['ledger', 'graph'].map((name) => ({
    ...service({ at: instant(150), observer: 'simulated' }),
    ...{ service: name, outages: [] },
  }));
  const rows = (events: readonly JournalEvent[]) =>
    judgePromises(recordOf({ detection_us: 60 * S }, { events }), views)?.map(({ promise, kept, observer }) => [
      promise,
      observer,
      kept,
    ]);
  expect(rows([alarm(150, true)])).toEqual([['detection', 'simulated', 'unknown']]);
  expect(rows([alarm(150, true), alarm(155, false)])).toEqual([['detection', 'platform', 'kept']]);
  expect(rows([alarm(180, false)])).toEqual([['detection', 'platform', 'broken']]);
  // A service that was down for another reason was not detected by it.
  const down = views.map((view) => ({ ...view, outages: EXAMPLE.outages.slice(0, 1) }));
  expect(EXAMPLE.outages).not.toHaveLength(0);
  expect(
    judgePromises(recordOf({ detection_us: 60 * S }, { events: [alarm(155, false)] }), down.slice(0, 1)),
  ).toMatchObject([
    { promise: 'detection', kept: 'kept' },
    { promise: 'ledger: detection', kept: 'unknown', note: 'no alarm was about what it stands on' },
  ]);
});

test('an alert that was looked for and never came is no promise kept, though no service was struck', () => {
  const detectors = { health: null, driver: false, nodetool: null, alerts: { expect: ['Down'], deadMan_us: S } };
  const view = service({ at: null, note: 'never down' });
  expect(judgePromises(recordOf({ detection_us: 60 * S }, { detectors }), [view])).toMatchObject([
    {
      promise: 'detection',
      kept: 'unknown',
      note: 'no detector raised an alarm; expected, and not fired: Down; no other alert fired',
    },
  ]);
  expect(judgePromises(recordOf({ detection_us: 60 * S }), [view])).toEqual([]);
});

test('beside the detection stands which alert was expected and did not fire, and which fired and was not', () => {
  const alert = (atS: number, name: string, expected: boolean, state = 'firing', at = 'paris') =>
    ({
      type: 'alert',
      at_us: atS * S,
      data: { alert: name, site: at, component: '', state, expected },
    }) as unknown as JournalEvent;
  const alerts = { expect: ['PrometheusDown', 'TargetDown'], deadMan_us: 180 * S };
  const detectors = { health: null, driver: false, nodetool: null, alerts };
  const note = (events: readonly JournalEvent[]) =>
    judgePromises(recordOf({ detection_us: 60 * S }, { events, detectors }), [
      service({ at: instant(150), observer: 'platform', note: 'alert PrometheusDown' }),
    ])?.[0]?.note;
  const both = [alert(150, 'PrometheusDown', true), alert(151, 'TargetDown', true)];
  expect(note(both)).toBe('alert PrometheusDown; no other alert fired');
  expect(note(both.slice(0, 1))).toBe(
    'alert PrometheusDown; expected, and not fired: TargetDown; no other alert fired',
  );
  const others = [alert(170, 'DiskFull', false), alert(190, 'DiskFull', false), alert(180, 'Odd', false, 'firing', '')];
  expect(note([...both, ...others])).toBe(
    'alert PrometheusDown; not expected, and fired: DiskFull (paris), Odd (no site)',
  );
  // Before the fault, after it, and the end of one that fired before.
  const elsewhen = [
    alert(98, 'DiskFull', false),
    alert(262, 'DiskFull', false),
    alert(150, 'DiskFull', false, 'resolved'),
  ];
  expect(note([...both, ...elsewhen])).toBe('alert PrometheusDown; no other alert fired');
  expect(note([alert(98, 'PrometheusDown', true), ...both.slice(1)])).toContain(
    'expected, and not fired: PrometheusDown',
  );
  // The same alert about a site that was not struck is another one.
  const london = alert(150, 'PrometheusDown', true, 'firing', 'london');
  expect(note([london, ...both.slice(1)])).toBe(
    'alert PrometheusDown; expected, and not fired: PrometheusDown; not expected, and fired: PrometheusDown (london)',
  );
});

test('nothing is counted from a disaster that lapsed', () => {
  const record = recordOf({ detection_us: 30 * S, normal_us: 30 * S }, { lapsed: true });
  const rows = judgePromises(record, [service({ at: instant(105), observer: 'platform' }), site([])]) ?? [];
  expect(rows.map(({ kept, note }) => [kept, note])).toEqual([
    ['unknown', 'the disaster lapsed while it should have held'],
    ['unknown', 'the disaster lapsed while it should have held'],
  ]);
});

test('an outage that is open, a site that nothing looks at, a fault that did not end: unknown', () => {
  const promises = { detection_us: null, normal_us: 30 * S };
  expect(judgePromises(recordOf(promises), [site([[101, null]])])?.[0]).toMatchObject({
    kept: 'unknown',
    measured_us: null,
  });
  expect(judgePromises(recordOf(promises), [service({})])?.[0]).toMatchObject({ kept: 'unknown', measured_us: null });
  expect(judgePromises(recordOf(promises, { released: false }), [site([])])?.[0]?.kept).toBe('unknown');
});

const HOURLY = { name: 'hourly', at_us: 0, mode: 'full' } as const;
const event = (type: string, data: object): JournalEvent => ({ type, data }) as unknown as JournalEvent;

test('a backup is timed until it was read again, a restore until everything serves; one that was not taken keeps no promise', () => {
  const promises = { backup_us: 30 * S, restore_us: 60 * S };
  const taken = event('backup-taken', { backup: 'hourly', from_us: 10 * S, to_us: 45 * S, nodes: [] });
  const restored = event('restored', { fault: 'kill-1', backup: 'hourly', nodes: [] });
  const daily = { ...HOURLY, name: 'daily' };
  const record = recordOf(promises, { backups: [HOURLY, daily], events: [taken, restored] });
  const rows = judgePromises(record, [], backupsOf(record, new RestoreTestTally(record, [])));
  expect(rows?.map(({ promise, measured_us, kept }) => [promise, measured_us, kept])).toEqual([
    ['backup hourly', { lower: 35 * S, upper: 35 * S }, 'broken'],
    ['backup daily', null, 'unknown'],
    // Between 60 s and 61 s: the bounds straddle it.
    ['restore from hourly', { lower: 60 * S, upper: 61 * S }, 'unknown'],
  ]);
  expect(rowOf(judgePromises(recordOf({ restore_us: 60 * S }, { backups: [HOURLY] }), []))).toEqual([
    { kept: 'unknown', measured_us: null, note: 'nothing was restored' },
  ]);
});

test('what is promised at once has no time by which it could be kept or broken', () => {
  const promises = { detection_us: 0, normal_us: null };
  const alarm = {
    type: 'detected',
    at_us: 103 * S,
    data: { fault: 'kill-1', service: 'ledger', detector: 'd', simulated: false },
  } as unknown as JournalEvent;
  for (const events of [[], [alarm]]) {
    const [row] =
      judgePromises(recordOf(promises, { events }), [service({ at: instant(103), observer: 'derived' })]) ?? [];
    expect(row).toMatchObject({ promised_us: 0, measured_us: { upper: 3 * S }, kept: 'unknown' });
  }
});
