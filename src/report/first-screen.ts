import type { ObjectiveResult, Report } from '../check/report-schema.ts';
import { formatDuration } from '../duration.ts';
import { formatCount, formatWall } from './format.ts';
import { html, type Markup } from './markup.ts';
import { maskedNotice } from './section-seal.ts';
import { badge, type Column, table } from './table.ts';
import {
  headlineOf,
  measuredWords,
  OUTCOME_WORD,
  objectiveName,
  objectiveTarget,
  VERDICT_ICON,
  VERDICT_WORD,
  verdictSentence,
} from './wording.ts';
import { integritySentence } from './wording-integrity.ts';

const LOSS_CLASS = { none: 'pass', some: 'fail', unknown: 'unknown' } as const;

/** Did we meet it? The verdict and the lost writes, as large as each other. */
export function firstScreen(report: Report): Markup {
  const { run, verdict } = report;
  const { label, words: lost, beside } = headlineOf(report);
  const tier = run.tier === null ? null : html` · tier ${run.tier}`;
  return html`<header>
<h1>${run.title === '' ? run.scenario : run.title}</h1>
<p class="runline">Scenario <b>${run.scenario}</b>${tier} · run <b>${run.id}</b> · started <b>${formatWall(run.started)}</b> · ${run.length_us === 0 ? 'length unknown' : formatDuration(run.length_us)} · environment <b>${run.environment}</b> · outcome <b>${OUTCOME_WORD[run.outcome]}</b>${run.reason === '' ? null : html` (${run.reason})`}</p>
</header>
${maskedNotice(report)}<section class="answer" aria-label="Verdict and lost writes">
<div class="edge-${verdict}"><div class="label">Did we meet the objectives?</div>
<div class="large ${verdict}"><span class="icon" aria-hidden="true">${VERDICT_ICON[verdict]}</span>${VERDICT_WORD[verdict]}</div>
<p>${verdictSentence(report)}</p></div>
<div class="edge-${LOSS_CLASS[lost.state]}"><div class="label">${label}</div>
<div class="large ${LOSS_CLASS[lost.state]}">${lost.large}</div>
<p>${lost.rest}</p>
${beside.map(
  ({ name, words }) =>
    html`<p class="beside">${name}: <b class="${LOSS_CLASS[words.state]}">${words.large}</b> <span class="muted">${words.rest}</span></p>`,
)}</div>
</section>`;
}

/** Each objective, and what else bears on the verdict. */
export function objectivesSummary(report: Report): Markup {
  const { run, verdict } = report;
  return html`${objectivesTable(report)}
${reasonsList(report)}
${run.defects.map((defect) => html`<p class="notice"><b>The record has a defect:</b> ${defect}</p>`)}
${report.integrity?.state === 'damaged' ? html`<p class="notice fail"><b>Integrity:</b> ${integritySentence(report.integrity)}</p>` : null}
${report.quality.withoutShed === verdict ? null : html`<p class="notice">Without operations that the harness itself could not send, the verdict would be <b>${VERDICT_WORD[report.quality.withoutShed]}</b>.</p>`}`;
}

const OBJECTIVE_COLUMNS: readonly Column<ObjectiveResult>[] = [
  { head: 'Objective', kind: 'row', cell: (row) => objectiveName(row.objective) },
  { head: 'Target', cell: (row) => objectiveTarget(row.objective) },
  {
    head: 'Measured',
    cell: (row) => {
      const { worst, bounds } = measuredWords(row);
      return html`<span><b>${worst}</b>${bounds === '' ? null : html`<span class="small">${bounds}</span>`}</span>`;
    },
  },
  { head: 'Verdict', kind: 'tight', cell: (row) => badge(row.verdict) },
  { head: 'Reason', cell: (row) => row.reason },
];

function objectivesTable(report: Report): Markup {
  if (report.objectives.length === 0) return html`<p class="notice">No objective was evaluated.</p>`;
  return table(report.objectives, OBJECTIVE_COLUMNS);
}

/** What made the verdict, beyond what the objectives' own rows say. */
function reasonsList(report: Report): Markup | null {
  const told = new Set(report.objectives.map((result) => result.reason));
  const others = report.reasons.filter((reason) => !told.has(reason.text));
  if (others.length === 0) return null;
  return html`<h2 class="minor">What else bears on the verdict <span class="muted">(${formatCount(others.length)})</span></h2><ul class="reasons">${others.map(
    (reason) =>
      html`<li><span class="icon ${reason.verdict}" aria-hidden="true">${VERDICT_ICON[reason.verdict]}</span><b class="${reason.verdict}">${VERDICT_WORD[reason.verdict]}</b> ${reason.subject}: ${reason.text}</li>`,
  )}</ul>`;
}
