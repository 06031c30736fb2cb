/** Each figure's definition in one sentence; the whole of it is in the documentation of how things are measured. */
export const TERMS: readonly (readonly [string, string])[] = [
  [
    'Operation',
    'One thing a client wants at a fixed time, whatever happened to the ones before it; an outage cannot hide any.',
  ],
  [
    'ok, fail, info',
    'Acknowledged; certainly not applied, or a read without a right answer; a write that may or may not have been applied.',
  ],
  [
    'Shed, gap',
    'An operation that the harness itself could not send, or did not record; verdicts are computed with and without them.',
  ],
  [
    'Response time',
    'From the intended time of an operation to its completion; service time counts from when it was sent.',
  ],
  ['Percentile', 'Nearest rank on exact values: P95 of n values is the one at place ⌈0.95 n⌉.'],
  ['Instant of a fault', 'Between the last observation before it (not before) and the one that saw it (not after).'],
  [
    'Outage',
    'From the intended time of the first of several operations that were not ok to the completion of the one from which the service was up.',
  ],
  [
    'RTO',
    'From the last look at which the disaster was not yet in force to the first of five windows in a row that hold and are sustained; technical, with people’s decisions only where a drill has them.',
  ],
  ['SLO restored', 'The start of those five windows: success and latency are within the objective again, and stay so.'],
  ['Ledger', 'Every write acknowledged before the disaster was seen to be in force, whichever site acknowledged it.'],
  ['Lost write', 'A write of the ledger that is absent, partial or corrupt when read back.'],
  [
    'RPO',
    'From the acknowledgement of the earliest lost write to the instant at which the disaster was seen to be in force.',
  ],
  ['Recovery point', 'The latest instant up to which nothing is missing.'],
  ['Stranded', 'Acknowledged by the lost site while the fault held.'],
  [
    'Lost in all',
    'Lost, or stranded and missing, after repair, at any site (where nothing is repaired: after recovery, so that more may come back); “no loss” is judged on it.',
  ],
  [
    'Acknowledged since',
    'Acknowledged from the instant on at which the disaster was seen to be in force, and not stranded: in no ledger, and read back at every site at the end of the run.',
  ],
  ['Phantom', 'Present and never written, or with another value, or more than once.'],
  [
    'Undone',
    'An acknowledged overwrite in whose place an older one, over before it began, is read afterwards where it was acknowledged.',
  ],
  ['Downtime', 'The outages that clients saw, and the windows outside them that missed the objective.'],
  [
    'Phases',
    'Before: no fault yet. Outage: from the request until up or gone. Failed-over: until the fault is gone. After: from then on.',
  ],
  ['Unknown', 'Not shown either way; never counted as met.'],
];
