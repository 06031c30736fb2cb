import { DRILL_ROWS } from './dora-rows-drill.ts';
import { PEOPLE_ROWS } from './dora-rows-people.ts';
import type { Dora, DoraFacts } from './dora-schema.ts';
import type { Report } from './report-schema.ts';

const LABORATORY = 'in a laboratory, not on what the entity runs';

/** Each provision that a drill touches, and how far this record reaches into it. A function of the report alone. */
export function mapProvisions(dora: DoraFacts, report: Omit<Report, 'dora'>): Dora['provisions'] {
  const entity = ['production', 'staging'].includes(report.run.environment);
  return [...DRILL_ROWS, ...PEOPLE_ROWS].map(({ provision, records, fields, ofTheEntity = false, judge }) => {
    const { reach, why, evidence } = judge(dora, report);
    const capped = ofTheEntity && !entity && reach !== 'not covered';
    return {
      provision,
      records,
      fields: [...fields],
      reach: capped ? 'partial' : reach,
      why: capped ? `${why}; ${LABORATORY}` : why,
      evidence: [...evidence],
    };
  });
}
