import { entryOf } from './entry.ts';
import type { Finding } from './findings.ts';
import { endings } from './in-force.ts';
import type { Plan } from './plan.ts';
import type { Registries } from './schema.ts';
import { struckSites } from './struck-sites.ts';

/** A site that is to be restored from a backup as a whole: whatever else holds it then would start its databases, or keep them from it. */
export function restoreFindings(plan: Plan, faults: Registries['faults']): readonly Finding[] {
  const { timeline } = plan;
  const ends = endings(timeline).map((end) => end ?? Number.POSITIVE_INFINITY);
  return timeline.flatMap((lost, i): Finding[] => {
    if (!faults.get(lost.type)?.needs.includes('data')) return [];
    const mine = struckSites(lost);
    return timeline.flatMap((other, j): Finding[] => {
      const both = struckSites(other).filter((site) => mine.includes(site));
      const meet = other.at_us < (ends[i] ?? 0) && lost.at_us < (ends[j] ?? 0);
      if (i === j || both.length === 0 || !meet) return [];
      return [
        {
          severity: 'error',
          path: [...entryOf(plan, j), 'fault'],
          text: `${other.id} and ${lost.id} would hold ${both.join(' and ')} at the same time: expected nothing else where everything is restored from a backup`,
        },
      ];
    });
  });
}
