import { answers } from '../support/answers.ts';
import { event, from, rpo, S, STAGES, slot, withEvents } from '../support/by-hand.ts';
import type { SketchStage } from '../support/sketch.ts';
import type { Case } from './case.ts';

/** At the survivor, and after repair at every site. */
const TWO_STAGES = STAGES.filter(({ stage }) => stage !== 'after-recovery');

const AFTER_FAILBACK: SketchStage = {
  ...{ stage: 'after-failback', sites: ['paris'], atUs: 33 * S, exceptions: [], extras: [] },
};

/** measurement.md, "RPO". The ledger is closed at 9.6 s: slots 0 to 80, acknowledged 2 ms after their intended times. `rpo/0` is all services together. */
export const LOSS_CASES: readonly Case[] = [
  {
    name: 'lost-at-failover',
    rule: 'RPO in seconds runs from the acknowledgement of the earliest lost write to notAfter of effective.',
    why: 'The survivor has not got the writes of slots 60 and 79, acknowledged at 7.502 s and 9.402 s; the ledger was closed at 9.6 s: 2.098 s. After repair both are there.',
    run: { stages: TWO_STAGES, objectives: [rpo(3 * S), { ...rpo(2 * S), id: 'short' }] },
    change: answers({ stage: 'at-failover', k: 60, state: 'absent' }, { stage: 'at-failover', k: 79, state: 'absent' }),
    report: {
      '/rpo/0/ledger': 81,
      '/rpo/0/lost': { lower: 2, upper: 2 },
      '/rpo/0/rpo_us': { lower: 2_098_000, upper: 2_098_000 },
      '/rpo/0/afterRepair': { lower: 0, upper: 0 },
      '/rpo/0/lostInAll': { lower: 0, upper: 0 },
      '/objectives/0/verdict': 'pass',
      '/objectives/1/verdict': 'fail',
    },
  },
  {
    name: 'unreadable-keys-are-a-range',
    rule: 'With unreadable keys lost writes are a range; an objective is judged on its worst end.',
    why: 'The write of slot 70 (8.502 s) is absent, that of slot 50 (6.502 s) cannot be read: one or two lost, 1.098 s to 3.098 s.',
    run: { objectives: [rpo(2 * S), { ...rpo(1 * S), id: 'short' }, { ...rpo(4 * S), id: 'long' }] },
    change: answers(
      { stage: 'at-failover', k: 70, state: 'absent' },
      { stage: 'at-failover', k: 50, state: 'unreadable' },
    ),
    report: {
      '/rpo/0/lost': { lower: 1, upper: 2 },
      '/rpo/0/rpo_us': { lower: 1_098_000, upper: 3_098_000 },
      '/objectives/0/verdict': 'unknown',
      '/objectives/1/verdict': 'fail',
      '/objectives/2/verdict': 'pass',
    },
  },
  {
    name: 'key-without-a-row',
    rule: 'A key without a row is unreadable.',
    why: 'There is no row for the write of slot 50, acknowledged at 6.502 s: none or one lost, 0 to 3.098 s.',
    run: {},
    change: answers({ stage: 'at-failover', k: 50, state: 'no-row' }),
    report: { '/rpo/0/lost': { lower: 0, upper: 1 }, '/rpo/0/rpo_us': { lower: 0, upper: 3_098_000 } },
  },
  {
    name: 'hints-repair-never',
    rule: 'What came back by hints, by repair, never: the ledger again after recovery and after repair, at every site.',
    why: 'At failover slots 50, 51 and 52 are missing; hints bring 50 back, repair brings 51 back, 52 is missing at London for good.',
    run: { stages: STAGES },
    change: answers(
      { stage: 'at-failover', k: 50, state: 'absent' },
      { stage: 'at-failover', k: 51, state: 'absent' },
      { stage: 'at-failover', k: 52, state: 'absent' },
      { stage: 'after-recovery', k: 51, site: 'london', state: 'absent' },
      { stage: 'after-recovery', k: 52, site: 'london', state: 'absent' },
      { stage: 'after-repair', k: 52, site: 'london', state: 'absent' },
    ),
    report: {
      '/rpo/0/lost': { lower: 3, upper: 3 },
      '/rpo/0/afterRecovery': { lower: 2, upper: 2 },
      '/rpo/0/afterRepair': { lower: 1, upper: 1 },
      '/rpo/0/lostInAll': { lower: 1, upper: 1 },
    },
  },
  {
    name: 'missing-at-the-other-site',
    rule: 'Lost in all: missing at any site counts, and "no loss" is judged on it.',
    why: 'The survivor had the write of slot 30 (4.502 s); after repair Paris has not. RPO at failover is 0; lost in all one, 5.098 s before 9.6 s.',
    run: { stages: TWO_STAGES, objectives: [rpo(0), { ...rpo(1 * S), id: 'seconds' }] },
    change: answers({ stage: 'after-repair', k: 30, site: 'paris', state: 'absent' }),
    report: {
      '/rpo/0/lost': { lower: 0, upper: 0 },
      '/rpo/0/lostInAll': { lower: 1, upper: 1 },
      '/rpo/0/lostInAll_us': { lower: 5_098_000, upper: 5_098_000 },
      '/objectives/0/verdict': 'fail',
      '/objectives/1/verdict': 'pass',
      '/verdict': 'fail',
    },
  },
  {
    name: 'stranded',
    rule: 'Stranded: acknowledged from notAfter of effective to notAfter of gone by a site that a failover left.',
    why: 'Paris acknowledged slots 81 to 84 after 9.6 s; the service moved at 10 s. Slot 83 is missing at London after repair; slot 100 is missing too, but was acknowledged by London, and is in no count.',
    run: { stages: TWO_STAGES, failoverAt: slot(85), objectives: [rpo(0)] },
    change: answers(
      { stage: 'after-repair', k: 83, site: 'london', state: 'absent' },
      { stage: 'after-repair', k: 100, site: 'london', state: 'absent' },
    ),
    report: {
      '/rpo/0/ledger': 81,
      '/rpo/0/stranded': { total: 4, found: 3, missing: { lower: 1, upper: 1 } },
      '/rpo/0/lostInAll': { lower: 1, upper: 1 },
      '/rpo/0/lostInAll_us': { lower: 0, upper: 0 },
      '/verdict': 'fail',
    },
  },
  {
    name: 'indeterminate',
    rule: 'info writes are found or not found, and never counted as lost.',
    why: 'Slots 40 to 43 timed out: 77 of the 81 slots are in the ledger. At the last stage slot 41 is not found, the other three are.',
    run: { stages: TWO_STAGES, patches: [from(40, 4, 'timeout')] },
    change: answers(
      { stage: 'at-failover', k: 41, state: 'absent' },
      { stage: 'after-repair', k: 41, state: 'absent' },
    ),
    report: {
      '/rpo/0/ledger': 77,
      '/rpo/0/lost': { lower: 0, upper: 0 },
      '/rpo/0/indeterminate': { total: 4, found: 3, notFound: 1 },
    },
  },
  {
    name: 'partial-and-corrupt',
    rule: 'Lost: in the ledger, and absent, partial or corrupt.',
    why: 'Slot 40 (5.502 s) is there in part, slot 41 is corrupt: two lost, the earlier one 4.098 s before 9.6 s.',
    run: {},
    change: answers(
      { stage: 'at-failover', k: 40, state: 'partial' },
      { stage: 'at-failover', k: 41, state: 'corrupt' },
    ),
    report: {
      '/rpo/0/lost': { lower: 2, upper: 2 },
      '/rpo/0/rpo_us': { lower: 4_098_000, upper: 4_098_000 },
    },
  },
  {
    name: 'phantom-with-another-value',
    rule: 'Phantom: present with another value; then it is lost as well.',
    why: 'Slot 9 is present with a checksum that nobody wrote.',
    run: {},
    change: answers({ stage: 'at-failover', k: 9, state: 'other-value' }),
    report: { '/rpo/0/phantom': 1, '/rpo/0/lost': { lower: 1, upper: 1 } },
  },
  {
    name: 'phantom-twice',
    rule: 'Phantom: present more than once; it is not lost.',
    why: 'Slot 9 was found twice, with the value that was written.',
    run: {},
    change: answers({ stage: 'at-failover', k: 9, state: 'phantom' }),
    report: { '/rpo/0/phantom': 1, '/rpo/0/lost': { lower: 0, upper: 0 } },
  },
  {
    name: 'phantom-never-written',
    rule: 'Phantom: present and never written.',
    why: 'The survivor has a key, never-0, that no row of the history writes.',
    run: { stages: [{ ...(STAGES[0] as SketchStage), extras: ['never'] }] },
    report: { '/rpo/0/phantom': 1, '/rpo/0/lost': { lower: 0, upper: 0 } },
  },
  {
    name: 'phantom-of-a-failed-write',
    rule: 'Written with outcome fail and present: the harness misjudged, and the record has a defect.',
    why: 'Slot 20 was refused, certainly not applied, and is there.',
    run: { patches: [from(20, 1, 'fail')], stages: [{ ...(STAGES[0] as SketchStage), extras: ['failed'] }] },
    report: { '/rpo/0/phantom': 1, '/verdict': 'unknown' },
    defects: true,
  },
  {
    name: 'stage-not-done',
    rule: 'A stage that was not done is not measured, and never 0.',
    why: 'Nothing was read back at failover.',
    run: { stages: TWO_STAGES.slice(1), objectives: [rpo(1 * S)] },
    report: { '/rpo/0/lost': null, '/rpo/0/rpo_us': null, '/objectives/0/verdict': 'unknown' },
  },
  {
    name: 'no-write-before-the-fault',
    rule: 'No acknowledged write before the fault: unknown, never pass.',
    why: 'Slots 0 to 81 failed, so the ledger is empty.',
    run: { patches: [from(0, 82, 'fail')], objectives: [rpo(1 * S)] },
    report: { '/rpo/0/ledger': 0, '/objectives/0/verdict': 'unknown', '/verdict': 'unknown' },
  },
  {
    name: 'ledger-closes-at-not-after',
    rule: 'The ledger is every write acknowledged before notAfter of effective: exactly then is not before.',
    why: 'The effect was seen at 9.502 s, the instant at which slot 80 was acknowledged.',
    run: { fault: { effective: { notBefore: 9_500_000, notAfter: 9_502_000 } } },
    report: { '/rpo/0/ledger': 80 },
  },
  {
    name: 'reads-are-in-no-ledger',
    rule: 'The ledger is of writes; what was not acknowledged is not in it.',
    why: 'Odd slots write. Of those 40 from 0 to 80, slot 1 was refused and slot 3 timed out.',
    run: { table: { readEvery: 2 }, patches: [from(1, 1, 'fail'), from(3, 1, 'timeout')] },
    report: { '/rpo/0/ledger': 38 },
  },
  {
    name: 'after-failback',
    rule: 'After failback: what the survivor acknowledged between failover and failback, at the first site.',
    why: 'London served slots 85 to 149, from 10 s to 16.5 s: 65 writes. Paris has not got that of slot 90.',
    run: { failoverAt: slot(85), stages: [...TWO_STAGES, AFTER_FAILBACK] },
    change: (input) => {
      const back = { service: 'ledger', from: 'london', to: 'paris', decided_us: slot(150), reason: 'operator' };
      const moved = withEvents(event(slot(150), 'failback', back))(input);
      return answers({ stage: 'after-failback', k: 90, state: 'absent' })(moved);
    },
    report: { '/rpo/1/failback': { asked: 65, found: 64, missing: { lower: 1, upper: 1 } } },
  },
];
