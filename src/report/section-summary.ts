import type { Report } from '../check/report-schema.ts';
import { objectivesSummary } from './first-screen.ts';
import { plural } from './format.ts';
import { html, type Markup } from './markup.ts';
import { chapter } from './outline.ts';
import { OUTCOME_WORD, VERDICT_WORD } from './wording.ts';

/** One page: each objective with what was measured and whether it was met, and what the attempt was. */
export function summarySection(report: Report): Markup {
  return chapter(1, 'summary', 'Summary', html`${objectivesSummary(report)}\n${attemptLine(report)}`);
}

function attemptLine({ run, verdict, objectives, dora }: Report): Markup {
  const of = (word: 'pass' | 'fail' | 'unknown'): number => objectives.filter((one) => one.verdict === word).length;
  const place = dora?.attempt
    ? `It is number ${dora.attempt.counter} of all runs in the register ${dora.attempt.series}.`
    : 'Its place among all runs is not recorded.';
  return html`<p class="attempt">One attempt: <b>${OUTCOME_WORD[run.outcome]}</b>, ${VERDICT_WORD[verdict]}. Of ${plural(objectives.length, 'objective')} ${String(of('pass'))} met, ${String(of('fail'))} missed, ${String(of('unknown'))} unknown. ${place} Passes, failures and aborts of other attempts are no part of one run: <code>drill history</code> counts them.</p>`;
}
