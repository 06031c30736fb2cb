import type { ExerciseRecord } from '../drills/record.ts';
import {
  closingOf,
  coverOf,
  findingsOf,
  participantsOf,
  responseOf,
  resultsOf,
  scenariosPart,
  scopeOf,
  summaryOf,
} from './exercise-sections.ts';
import { formatWall, plural } from './format.ts';
import { html } from './markup.ts';
import { contentsOf } from './outline.ts';
import { page } from './page.ts';
import { oneLine, wrap } from './text-table.ts';
import { VERDICT_ICON, VERDICT_WORD } from './wording.ts';

/** One report for all of an exercise, in the outline of that of a run: no script, nothing from elsewhere. `keyId`: who is to sign its record; null: nobody. */
export function renderExerciseHtml(record: ExerciseRecord, keyId: string | null = null): string {
  const { verdict, exercise, id } = record;
  const done = record.steps.filter((step) =>
    step.kind === 'person' ? step.entered !== null : step.run !== null,
  ).length;
  const cover = coverOf(record, keyId);
  const rest = html`${summaryOf(record)}
${scopeOf(record)}
${participantsOf(record)}
${scenariosPart(record)}
${resultsOf(record)}
${responseOf(record)}
${findingsOf(record)}
${closingOf(record, keyId)}`;
  return page(
    `${VERDICT_WORD[verdict]}: ${exercise}, ${id}`,
    html`<header><h1>${record.title || exercise}</h1><p class="runline">exercise <b>${exercise}</b>, ${id}; ${endWords(record)}; run by ${record.operators.join(', ') || 'nobody known'}</p>
${record.masked === undefined ? null : html`<p class="notice"><b>Names are masked</b> in this report; every verdict and instant is the exercise’s own. <a href="#seal">What is masked, and of which exercise this is</a></p>`}</header>
<div class="answer"><div class="edge-${verdict}"><div class="label">Verdict of the exercise</div><div class="large ${verdict}"><span class="icon" aria-hidden="true">${VERDICT_ICON[verdict]}</span> ${VERDICT_WORD[verdict]}</div><p>Fail beats unknown beats pass; what was not done is unknown.</p></div><div><div class="label">Steps done</div><div class="large">${done} of ${record.steps.length}</div><p>Functions covered: ${record.functions.join(', ')}</p></div></div>
${cover}
${contentsOf(cover, rest)}
<div class="page-break"></div>
${rest}`,
  );
}

function endWords({ started, ended }: ExerciseRecord): string {
  if (ended === null) return `begun ${formatWall(started)}, did not come to its end`;
  return `${formatWall(started)} to ${formatWall(ended)}`;
}

/** The same for a terminal, in a line a step. */
export function renderExercise(record: ExerciseRecord, options: { readonly width: number }): string {
  // A terminal may say that it has no columns at all.
  const width = Math.min(100, Math.max(40, options.width));
  const lines = record.steps.flatMap((step, i) => {
    const what = step.kind === 'scenario' ? step.scenario : `${step.person}: ${step.prompt}`;
    const why = step.reason === '' ? '' : `: ${step.reason}`;
    return wrap(`${i + 1}. ${VERDICT_ICON[step.verdict]} ${VERDICT_WORD[step.verdict]}  ${what}${why}`, width, '   ');
  });
  const head = `${VERDICT_ICON[record.verdict]} ${VERDICT_WORD[record.verdict]}  exercise ${oneLine(record.exercise)}, ${plural(record.steps.length, 'step')}`;
  return `${[...wrap(head, width), ...lines].join('\n')}\n`;
}
