import type { Attempt, Outcome } from '../../../src/history/operation.ts';
import { shaOf } from './canary.ts';

/** What happened to one slot. */
export type Kind =
  | 'ok'
  | 'slow'
  | 'late'
  | 'fail'
  | 'timeout'
  | 'gap'
  | 'shed'
  | 'half-open'
  | 'retry-ok'
  | 'retry-info'
  | 'retry-fail'
  | 'shed-then-fail'
  | 'shed-twice'
  | 'two-oks';

export interface Slot {
  readonly index: number;
  readonly probe: string;
  readonly service: string;
  readonly site: string;
  /** Where a retry goes. */
  readonly otherSite: string;
  readonly client: string;
  readonly f: string;
  readonly intendedUs: number;
  readonly timeoutUs: number;
  /** Response time of a plain `ok`. */
  readonly okUs: number;
  readonly slowUs: number;
}

interface Part {
  readonly site?: string;
  readonly from: number;
  readonly to: number;
  readonly outcome: Outcome;
  readonly error: string;
}

/** The rows of one slot; none for a gap. Times of the parts count from the intended time. */
export function attemptsOf(kind: Kind, slot: Slot): Attempt[] {
  const key = `${slot.service === '' ? slot.site : slot.service}-${slot.probe}-${slot.index}`;
  return partsOf(kind, slot).map((part, i) => ({
    index: slot.index,
    attempt: i + 1,
    probe: slot.probe,
    service: slot.service,
    site: slot.service === '' ? slot.site : (part.site ?? slot.site),
    client: slot.client,
    key,
    f: slot.f,
    intendedUs: slot.intendedUs,
    invokedUs: slot.intendedUs + part.from,
    completedUs: slot.intendedUs + part.to,
    outcome: part.outcome,
    error: part.error,
    valueSha: shaOf(key),
  }));
}

function partsOf(kind: Kind, { f, timeoutUs, okUs, slowUs, otherSite }: Slot): Part[] {
  const maybe: Outcome = f === 'write' ? 'info' : 'fail';
  const refused = { outcome: 'fail', error: 'refused' } as const;
  const shed = { outcome: 'fail', error: 'shed' } as const;
  const ok = { outcome: 'ok', error: '' } as const;
  switch (kind) {
    case 'ok':
      return [{ from: 100, to: okUs, ...ok }];
    case 'slow':
      return [{ from: 100, to: slowUs, ...ok }];
    case 'late':
      return [{ from: 100, to: timeoutUs - 1, ...ok }];
    case 'fail':
      return [{ from: 150, to: 1_150, ...refused }];
    case 'timeout':
      return [{ from: 100, to: timeoutUs, outcome: maybe, error: 'timeout' }];
    case 'gap':
      return [];
    case 'shed':
      return [{ from: 50, to: 50, ...shed }];
    case 'half-open':
      return [
        { from: 100, to: 1_000, ...refused },
        { site: otherSite, from: 1_100, to: okUs + 1_100, ...ok },
      ];
    case 'retry-ok':
      return [
        { from: 100, to: 5_000, outcome: maybe, error: 'closed' },
        { from: 5_200, to: okUs + 5_200, ...ok },
      ];
    case 'retry-info':
      return [
        { from: 100, to: 5_000, outcome: maybe, error: 'closed' },
        { site: otherSite, from: 5_200, to: 6_000, ...refused },
      ];
    case 'retry-fail':
      return [
        { from: 100, to: 1_000, ...refused },
        { site: otherSite, from: 1_100, to: 2_100, ...refused },
      ];
    case 'shed-then-fail':
      return [
        { from: 50, to: 50, ...shed },
        { from: 1_100, to: 2_100, ...refused },
      ];
    case 'shed-twice':
      return [
        { from: 50, to: 50, ...shed },
        { from: 1_100, to: 1_100, ...shed },
      ];
    case 'two-oks':
      return [
        { from: 100, to: okUs + 20_000, ...ok },
        { site: otherSite, from: 5_000, to: okUs + 5_000, ...ok },
      ];
  }
}
