import type { Report } from '../check/report-schema.ts';
import { abortedReport, emptyReport, failingReport, passingReport, unknownReport } from './testing.ts';
import { exampleDora } from './testing-dora.ts';
import { hostileReport } from './testing-hostile.ts';
import { exampleLoad } from './testing-load.ts';

/** Every example by its name. */
export function exampleReports(): Record<string, Report> {
  const [passing, failing] = [passingReport(), failingReport()];
  return {
    passing,
    failing,
    declared: { ...passing, dora: exampleDora(passing, false) },
    entered: { ...failing, dora: exampleDora(failing, true) },
    loaded: { ...passing, load: exampleLoad() },
    unknown: unknownReport(),
    aborted: abortedReport(),
    empty: emptyReport(),
    hostile: hostileReport(),
  };
}
