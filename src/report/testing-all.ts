import type { Report } from '../check/report-schema.ts';
import { abortedReport, emptyReport, failingReport, passingReport, unknownReport } from './testing.ts';
import { hostileReport } from './testing-hostile.ts';

/** Every example by its name. */
export function exampleReports(): Record<string, Report> {
  return {
    passing: passingReport(),
    failing: failingReport(),
    unknown: unknownReport(),
    aborted: abortedReport(),
    empty: emptyReport(),
    hostile: hostileReport(),
  };
}
