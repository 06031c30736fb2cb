import type { Report } from '../check/report-schema.ts';
import { firstScreen } from './first-screen.ts';
import { html, type Markup } from './markup.ts';
import { chapter, contentsOf } from './outline.ts';
import { page } from './page.ts';
import { type Sheet, sheetStyle } from './print.ts';
import { arrivalsSection } from './section-arrivals.ts';
import { backupsSection } from './section-backups.ts';
import { classificationSection } from './section-classification.ts';
import { coverSection } from './section-cover.ts';
import { canarySection, closingSection, factsSection, qualitySection } from './section-evidence.ts';
import { integritySection } from './section-integrity.ts';
import { laterSection } from './section-later.ts';
import { throughputSection } from './section-load.ts';
import { lossSection } from './section-loss.ts';
import { overwritesSection } from './section-overwrites.ts';
import { findingsSection, responseSection, signOffSection } from './section-people.ts';
import { provisionsSection } from './section-provisions.ts';
import {
  availabilitySection,
  clocksSection,
  latencySection,
  outagesSection,
  promisesSection,
  viewsSection,
} from './section-recovery.ts';
import { scenarioSection } from './section-scenario.ts';
import { participantsSection, scopeSection } from './section-scope.ts';
import { type Seal, UNSEALED } from './section-seal.ts';
import { detectionSection, loadSection, reconciliationSection, staySection } from './section-stay.ts';
import { summarySection } from './section-summary.ts';
import { plotsSection, sequenceSection } from './section-timeline.ts';
import { VERDICT_WORD } from './wording.ts';

/** A report as one HTML file in the outline of an evidence report: no script, nothing from elsewhere, the same to the byte for the same report and seal. */
export function renderHtml(report: Report, seal: Seal = UNSEALED): string {
  return page(titleOf(report), bodyOf(report, seal));
}

/** The same for paper: with what names the run on every page. */
export function renderPrint(report: Report, seal: Seal, sheet: Sheet): string {
  return page(titleOf(report), bodyOf(report, { ...seal, manifestSha256: sheet.manifestSha256 }), sheetStyle(sheet));
}

function titleOf({ verdict, run }: Report): string {
  return `${VERDICT_WORD[verdict]}: ${run.scenario}, ${run.id}`;
}

function bodyOf(report: Report, seal: Seal): Markup {
  const cover = coverSection(report, seal);
  const rest = restOf(report, seal);
  return html`${firstScreen(report)}\n${cover}\n${contentsOf(cover, rest)}\n<div class="page-break"></div>\n${rest}`;
}

/** Sections 1 to 11, and the annex. */
function restOf(report: Report, seal: Seal): Markup {
  const { dora } = report;
  const results = [
    sequenceSection(report),
    plotsSection(report),
    clocksSection(report),
    promisesSection(report),
    backupsSection(report),
    outagesSection(report),
    lossSection(report),
    laterSection(report),
    ...(dora ? [reconciliationSection(dora)] : []),
    integritySection(report),
    overwritesSection(report),
    arrivalsSection(report),
    latencySection(report),
    availabilitySection(report),
    ...(dora ? [staySection(dora, report), loadSection(dora, report), detectionSection(dora)] : []),
    throughputSection(report),
    viewsSection(report),
  ];
  const measurement = [canarySection(report), qualitySection(report), factsSection(report)];
  return html`${summarySection(report)}
${scopeSection(report)}
${participantsSection(report)}
${scenarioSection(report)}
${chapter(5, 'results', 'Results', null, results)}
${responseSection(report)}
${findingsSection(report)}
${classificationSection(report)}
${chapter(9, 'measurement', 'Measurement quality', null, measurement)}
${signOffSection(report, seal)}
${provisionsSection(report)}
${chapter(null, 'annex', 'Annex', null, [closingSection(report)])}`;
}
