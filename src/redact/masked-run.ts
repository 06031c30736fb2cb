import { join } from 'node:path';
import { type Report, reportSchema } from '../check/report-schema.ts';
import { EvidenceError, messageOf } from '../errors.ts';
import { readWhole } from '../evidence/bundle-files.ts';
import type { SealedRun } from '../evidence/sealed.ts';
import { readJournal } from '../history/read-journal.ts';
import { knownNames } from './known-names.ts';
import type { Mask } from './mask.ts';
import { RUN_ID, redactReport } from './redact-report.ts';
import { type KnownName, textRedactor } from './redact-text.ts';

/** The report of a sealed run with its names masked: a function of the run, the mask and the version of the harness. */
export function maskedReport(run: string, { manifest, manifestSha256 }: SealedRun, mask: Mask): Report {
  const report = readOwn(run);
  const redact = textRedactor(mask, namesOfRun(run, report), RUN_ID.test(manifest.run) ? [manifest.run] : []);
  const masked = redactReport(report, redact);
  return {
    ...masked.report,
    masked: {
      originalManifestSha256: manifestSha256,
      maskSha256: mask.digest(),
      names: mask.size,
      withheld: [...masked.withheld],
    },
  };
}

/** What a run says of names, by its plan, its journal and its report. */
export function namesOfRun(run: string, report: unknown): readonly KnownName[] {
  const plan: unknown = JSON.parse(readWhole(run, 'plan.json').toString('utf8'));
  const { events } = readJournal(join(run, 'journal.ndjson'), readWhole(run, 'intent.json'));
  return knownNames(plan, events, report);
}

function readOwn(directory: string): Report {
  try {
    return reportSchema.parse(JSON.parse(readWhole(directory, 'report.json').toString('utf8')));
  } catch (error) {
    throw new EvidenceError(`report.json: expected a report of this version: ${messageOf(error).slice(0, 200)}`);
  }
}
