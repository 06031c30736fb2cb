import type { Report } from '../check/report-schema.ts';
import { firstScreen } from './first-screen.ts';
import { html } from './markup.ts';
import { page } from './page.ts';
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
import { sealSection } from './section-seal.ts';
import { plotsSection, sequenceSection } from './section-timeline.ts';
import { VERDICT_WORD } from './wording.ts';

/** A report as one HTML file: no script, nothing from elsewhere, the same to the byte for the same report and key. `keyId`: who is to sign it; null: nobody. */
export function renderHtml(report: Report, keyId: string | null = null): string {
  return page(
    `${VERDICT_WORD[report.verdict]}: ${report.run.scenario}, ${report.run.id}`,
    html`${firstScreen(report)}
${sequenceSection(report)}
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
${sealSection(keyId)}
${closingSection(report)}`,
  );
}
