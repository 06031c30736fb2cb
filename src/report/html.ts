import type { Report } from '../check/report-schema.ts';
import { firstScreen } from './first-screen.ts';
import { html, type Markup } from './markup.ts';
import { page } from './page.ts';
import { contentsOf, type Sheet, sheetStyle } from './print.ts';
import { canarySection, closingSection, factsSection, faultsSection, qualitySection } from './section-evidence.ts';
import { integritySection } from './section-integrity.ts';
import { lossSection } from './section-loss.ts';
import { overwritesSection } from './section-overwrites.ts';
import {
  availabilitySection,
  clocksSection,
  latencySection,
  outagesSection,
  promisesSection,
  viewsSection,
} from './section-recovery.ts';
import { type Seal, sealSection, UNSEALED } from './section-seal.ts';
import { plotsSection, sequenceSection } from './section-timeline.ts';
import { VERDICT_WORD } from './wording.ts';

/** A report as one HTML file: no script, nothing from elsewhere, the same to the byte for the same report and seal. */
export function renderHtml(report: Report, seal: Seal = UNSEALED): string {
  return page(titleOf(report), html`${firstScreen(report)}\n${rest(report, seal)}`);
}

/** The same for paper: with contents, and what names the run on every page. */
export function renderPrint(report: Report, seal: Seal, sheet: Sheet): string {
  const body = rest(report, seal);
  return page(titleOf(report), html`${firstScreen(report)}\n${contentsOf(body)}\n${body}`, sheetStyle(sheet));
}

function titleOf({ verdict, run }: Report): string {
  return `${VERDICT_WORD[verdict]}: ${run.scenario}, ${run.id}`;
}

/** Everything but the first screen. */
function rest(report: Report, seal: Seal): Markup {
  return html`${sequenceSection(report)}
${plotsSection(report)}
${clocksSection(report)}
${promisesSection(report)}
${outagesSection(report)}
${lossSection(report)}
${integritySection(report)}
${overwritesSection(report)}
${latencySection(report)}
${availabilitySection(report)}
${viewsSection(report)}
${faultsSection(report)}
${canarySection(report)}
${qualitySection(report)}
${factsSection(report)}
${sealSection(seal, report)}
${closingSection(report)}`;
}
