import { at, DISASTER, event, from, MS, rto, S, slot, withEvents } from '../support/by-hand.ts';
import type { Case } from './case.ts';

const SLO = { quantile: 0.95, op: '<=' as const, target_us: 50 * MS };
const sustain = (sustain_us: number) => ({ downAfter: 3, upAfter: 5, floor: 0.95, sustain_us, windowOperations: 10 });

/** measurement.md, "Instants of a fault" and "The clocks of RTO". Effective between 9.5 s and 9.6 s; clocks 2 to 5: detected, failover decided, first success, SLO restored. */
export const RECOVERY_CASES: readonly Case[] = [
  {
    name: 'bounds-straddle-the-objective',
    rule: 'An objective says < or <=, and is judged on the worst end of the bounds; where the bounds straddle it, unknown.',
    why: 'RTO is between 1.102 s and 1.202 s: at most 1.202 s holds, less than 1.202 s may, less than 1.102 s does not.',
    run: {
      patches: [from(82, 10, 'fail')],
      objectives: [rto(1_202 * MS), { ...rto(1_202 * MS, '<'), id: 'less' }, { ...rto(1_102 * MS, '<'), id: 'least' }],
    },
    report: {
      '/objectives/0/verdict': 'pass',
      '/objectives/1/verdict': 'unknown',
      '/objectives/2/verdict': 'fail',
      '/verdict': 'fail',
    },
  },
  {
    name: 'clocks',
    rule: 'Each clock has an observer and bounds; an alarm of a stand-in is simulated; the policy says when it moved the service.',
    why: 'The stand-in raised its alarm at 9.8 s, the policy moved the service at 10.1 s, slot 92 was answered at 10.702 s, and the windows laid from there hold from the first on.',
    run: { patches: [from(82, 10, 'fail')], failoverAt: 10_100_000 },
    change: withEvents(event(9_800_000, 'detected', { fault: 'site-loss-1', detector: 'pager', simulated: true })),
    report: {
      '/views/0/clocks/2/observer': 'simulated',
      '/views/0/clocks/2/at/notAfter_us': 9_800_000,
      '/views/0/clocks/3/at': { notBefore_us: 10_100_000, notAfter_us: 10_100_000 },
      '/views/0/clocks/4/at': { notBefore_us: 10_702_000, notAfter_us: 10_702_000 },
      '/views/0/clocks/5/at': { notBefore_us: 10_702_000, notAfter_us: 10_702_000 },
    },
  },
  {
    name: 'detected-derived',
    rule: 'Without a detector, detected is the completion of the last of the first downAfter failures, labelled derived.',
    why: 'The third failure is slot 84, intended at 9.9 s and refused 1.15 ms later.',
    run: { patches: [from(82, 10, 'fail')] },
    report: { '/views/0/clocks/2/observer': 'derived', '/views/0/clocks/2/at/notAfter_us': 9_901_150 },
  },
  {
    name: 'only-a-window-violates',
    rule: 'If only windows violate, RTO ends at SLO restored by the same rule.',
    why: 'Slots 100 to 109 took 60 ms where 50 ms is asked of 95 %. Windows from 9.5 s: 80–89 and 90–99 hold, 100–109 violates, the first of five that hold begins at slot 110, 12.5 s: 3 s after 9.5 s.',
    run: { patches: [from(100, 10, 'slow')], table: { slo: SLO } },
    report: { '/views/0/outages': [], '/views/0/rto/state': 'measured', '/views/0/rto/value_us': 3_000_000 },
  },
  {
    name: 'late-window',
    rule: 'RTO is 0 only if no window violates, however many held before.',
    why: 'Six windows hold, that of slots 140 to 149 violates: restored at slot 150, 16.5 s, so 7 s.',
    run: { patches: [from(140, 10, 'slow')], table: { slo: SLO, slots: 220 } },
    report: { '/views/0/outages': [], '/views/0/rto/state': 'measured', '/views/0/rto/value_us': 7_000_000 },
  },
  {
    name: 'slow-after-the-first-success',
    rule: 'SLO restored is the start of the first of five consecutive windows that hold: latency counts.',
    why: 'Up at 10.702 s. The windows of slots 93–102 and 103–112 are slow; the next five hold, from slot 113 (12.8 s) on: 3.3 s after 9.5 s.',
    run: { patches: [from(82, 10, 'fail'), from(93, 20, 'slow')], table: { slo: SLO } },
    report: { '/views/0/clocks/4/at/notAfter_us': 10_702_000, '/views/0/rto/value_us': 3_300_000 },
  },
  {
    name: 'three-violating-windows-undo-it',
    rule: 'After SLO restored no 3 consecutive windows that begin within sustain may violate.',
    why: 'Windows from 10.702 s begin at slots 93, 103, … Those of 143, 153 and 163 violate; the third begins 7.098 s after 10.702 s, within sustain, 7.5 s. Restored at slot 173, 18.8 s: 9.3 s after 9.5 s.',
    run: {
      settings: sustain(7_500 * MS),
      table: { slo: SLO, slots: 250 },
      patches: [from(82, 10, 'fail'), from(143, 30, 'slow')],
    },
    report: { '/views/0/rto/state': 'measured', '/views/0/rto/value_us': 9_300_000 },
  },
  {
    name: 'two-violating-windows-do-not',
    rule: 'Two consecutive windows that violate do not undo the recovery.',
    why: 'As three-violating-windows-undo-it, but only the windows of slots 143 and 153 violate: restored at 10.702 s.',
    run: {
      settings: sustain(7_500 * MS),
      table: { slo: SLO, slots: 250 },
      patches: [from(82, 10, 'fail'), from(143, 20, 'slow')],
    },
    report: { '/views/0/rto/state': 'measured', '/views/0/rto/value_us': 1_202_000 },
  },
  {
    name: 'third-window-is-not-complete',
    rule: 'Two windows that violate and an incomplete third that begins within sustain: unknown.',
    why: 'The windows of slots 153 and 163 violate; that of slot 173 has seven operations and begins 8.098 s after 10.702 s, within sustain, 8.5 s.',
    run: {
      settings: sustain(8_500 * MS),
      table: { slo: SLO },
      patches: [from(82, 10, 'fail'), from(153, 20, 'slow')],
      objectives: [rto(60 * S)],
    },
    report: { '/views/0/rto/state': 'unknown', '/objectives/0/verdict': 'unknown' },
  },
  {
    name: 'third-window-begins-too-late',
    rule: 'A window that begins exactly at the end of sustain is not within it.',
    why: 'As third-window-is-not-complete, but sustain is 8.098 s.',
    run: {
      settings: sustain(8_098 * MS),
      table: { slo: SLO },
      patches: [from(82, 10, 'fail'), from(153, 20, 'slow')],
    },
    report: { '/views/0/rto/state': 'measured', '/views/0/rto/value_us': 1_202_000 },
  },
  {
    name: 'observed-for-less-than-sustain',
    rule: 'Observed for less than sustain: unknown.',
    why: 'Slots 82 to 121 failed, slot 122 was answered at 13.702 s, and the last slot is at 19.4 s: 5.698 s later, and sustain is 6 s.',
    run: { settings: sustain(6 * S), patches: [from(82, 40, 'fail')], objectives: [rto(60 * S)] },
    report: { '/views/0/rto/state': 'unknown', '/views/0/rto/value_us': null, '/objectives/0/verdict': 'unknown' },
  },
  {
    name: 'second-outage-of-the-same-recovery',
    rule: 'A second outage before SLO restored is part of the same recovery.',
    why: 'Slots 82–91 and 105–119 failed. Windows from 10.702 s: 93–102 holds, 103–112 has eight failures, 113–122 seven; the first of five that hold begins at slot 123, 13.8 s: 4.3 s after 9.5 s.',
    run: { patches: [from(82, 10, 'fail'), from(105, 15, 'fail')] },
    report: {
      '/views/0/outages/0/up_us': 10_702_000,
      '/views/0/outages/1/down_us': slot(105),
      '/views/0/rto/value_us': 4_300_000,
    },
  },
  {
    name: 'windows-with-three-failures-hold',
    rule: 'A window fails on success with more than max(downAfter, ⌊(1 − floor)·n⌋) failures: with as many it holds.',
    why: 'Slots 110 to 114 are an outage of their own; the window 103–112 has three of its failures, 113–122 two. All hold: restored at 10.702 s.',
    run: { patches: [from(82, 10, 'fail'), from(110, 5, 'fail')] },
    report: { '/views/0/outages/1/down_us': slot(110), '/views/0/rto/value_us': 1_202_000 },
  },
  {
    name: 'breach-after-the-recovery',
    rule: 'An outage after SLO restored is a breach of its own.',
    why: 'RTO is 1.202 s, within 1.5 s. Slots 150 to 179 failed as well: 3.002 s, more than the objective allows.',
    run: {
      patches: [from(82, 10, 'fail'), from(150, 30, 'fail')],
      table: { slots: 220 },
      objectives: [rto(1_500 * MS)],
    },
    report: {
      '/objectives/0/verdict': 'pass',
      '/views/0/outages/1/length_us': 3_002_000,
      '/verdict': 'fail',
    },
  },
  {
    name: 'down-before-the-fault',
    rule: 'An outage that began before requested makes RTO unknown: there was no steady state.',
    why: 'Slots 77 to 86 failed; slot 77 was intended at 9.2 s, the fault requested at 9.5 s.',
    run: { patches: [from(77, 10, 'fail')], objectives: [rto(60 * S)] },
    report: { '/views/0/rto/state': 'unknown', '/objectives/0/verdict': 'unknown', '/verdict': 'unknown' },
  },
  {
    name: 'no-steady-state',
    rule: 'The rule of SLO restored on before is the steady state; without it nothing passes.',
    why: 'Before the fault every second window of ten has five failures: never five in a row that hold.',
    run: { patches: [0, 20, 40, 60].map((k) => from(k, 5, 'fail')), objectives: [rto(60 * S)] },
    report: { '/views/0/steadyState/verdict': 'unknown', '/objectives/0/verdict': 'unknown', '/verdict': 'unknown' },
  },
  {
    name: 'next-fault-ends-the-observation',
    rule: 'The observation of a fault ends with the next fault’s requested.',
    why: 'Down from slot 82 on, still down when the second fault is requested at 11.5 s: open for the disaster, 2 s so far.',
    run: {
      patches: [from(82, 30, 'fail')],
      otherFaults: [
        {
          ...DISASTER,
          id: 'site-loss-2',
          disaster: false,
          requested: at(slot(100)),
          effective: at(slot(100)),
          released: at(slot(120)),
          gone: at(slot(120)),
        },
      ],
    },
    report: { '/views/0/rto/state': 'open', '/views/0/rto/value_us': 2_000_000 },
  },
  {
    name: 'failback-ends-the-observation',
    rule: 'The observation ends with the phase failback: later slots are censored.',
    why: 'Slots 150 to 179 fail, after the phase failback began at 16.5 s: no part of this recovery.',
    run: {
      patches: [from(82, 10, 'fail'), from(150, 30, 'fail')],
      phases: [
        { phase: 'steady-state', at: slot(0) },
        { phase: 'failback', at: slot(150) },
      ],
    },
    report: { '/views/0/rto/state': 'measured', '/views/0/rto/value_us': 1_202_000 },
  },
  {
    name: 'fault-that-lapsed',
    rule: 'A fault that lapses makes every objective that depends on it unknown, whatever the probes saw.',
    why: 'At 11 s the fault was seen not to hold, and it should have held until 13.9 s.',
    run: { objectives: [rto(60 * S)], fault: { lapsed: at(11 * S) } },
    report: { '/objectives/0/verdict': 'unknown', '/verdict': 'unknown' },
  },
  {
    name: 'fault-never-effective',
    rule: 'A fault that never became effective makes every objective that depends on it unknown; nothing is lost by it, as far as anybody knows.',
    why: 'There is no fault-effective: when the ledger is to be closed is not known.',
    run: { objectives: [rto(60 * S)], fault: { effective: null } },
    report: { '/objectives/0/verdict': 'unknown', '/rpo/0/lost': null, '/rpo/0/rpo_us': null, '/verdict': 'unknown' },
  },
  {
    name: 'fault-that-is-not-gone',
    rule: 'A fault that is not gone at the end makes the verdict fail.',
    why: 'The end of the fault was asked for at 13.9 s; there is no fault-gone.',
    run: { objectives: [rto(60 * S)], fault: { gone: null } },
    report: { '/faults/0/gone': null, '/verdict': 'fail' },
  },
  {
    name: 'phases-of-a-service',
    rule: 'before until requested, outage until the earlier of up and gone, failed-over until gone, after from then on.',
    why: 'Requested at 9.5 s (slot 80), up at 10.702 s (slot 93 is the first behind it), gone at 14.1 s (slot 126): 80, 13, 33 and 54 operations.',
    run: { patches: [from(82, 10, 'fail')] },
    report: {
      '/views/0/latency/before/operations': 80,
      '/views/0/latency/outage/operations': 13,
      '/views/0/latency/failed-over/operations': 33,
      '/views/0/latency/after/operations': 54,
    },
  },
];
