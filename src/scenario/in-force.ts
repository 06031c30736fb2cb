import type { PlannedFault } from './plan.ts';
import { struckSites } from './struck-sites.ts';

type Timed = Pick<PlannedFault, 'site' | 'params' | 'disaster' | 'at_us' | 'for_us'>;

/**
 * When a run ends each fault of its timeline, in the timeline's order, µs after the end of the steady state; null: it stays until what the disaster
 * cost has been read back. A fault ends at its time where another one comes later, the disaster does not begin meanwhile, and nothing else holds
 * its site then: that it is gone can only be seen where a write and a read are served. Two that hold one site end together.
 */
export function endings(timeline: readonly Timed[]): readonly (number | null)[] {
  const lastUs = timeline.at(-1)?.at_us ?? 0;
  return timeline.map((fault) => {
    let endUs = fault.at_us + fault.for_us;
    for (let longer = true; longer; ) {
      longer = false;
      for (const other of timeline) {
        const holds = meet(other, fault) && other.at_us < endUs && other.at_us + other.for_us > endUs;
        if (!holds) continue;
        endUs = other.at_us + other.for_us;
        longer = true;
      }
    }
    const staysOn = timeline.some((other) => {
      return other.disaster && other.at_us < endUs && (meet(other, fault) || other.at_us >= fault.at_us);
    });
    return staysOn || endUs > lastUs ? null : endUs;
  });
}

/** What is in force once the fault of this index is: it, and those before it that have not ended by then. */
export function inForceAt<T extends Timed>(timeline: readonly T[], index: number): readonly T[] {
  const atUs = timeline[index]?.at_us ?? 0;
  const ends = endings(timeline);
  return timeline.filter((_, i) => {
    const endUs = ends[i] ?? null;
    return i === index || (i < index && (endUs === null || endUs > atUs));
  });
}

/** Whether they strike a site both. */
function meet(one: Timed, other: Timed): boolean {
  return struckSites(one).some((site) => struckSites(other).includes(site));
}
