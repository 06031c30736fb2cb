import type { ExerciseRecord, PersonRecord, ScenarioRecord } from '../drills/record.ts';
import { formatWall, plural } from './format.ts';
import { fileLink } from './link.ts';
import { html, type Markup } from './markup.ts';
import { page } from './page.ts';
import { exerciseSeal } from './section-seal.ts';
import { badge, table } from './table.ts';
import { oneLine, wrap } from './text-table.ts';
import { OUTCOME_WORD, VERDICT_ICON, VERDICT_WORD } from './wording.ts';

/** From the directory of an exercise to that of the reports: `_exercises/<name>/<id>`. */
const UP = '../../..';

/** One report for all of an exercise: no script, nothing from elsewhere. `keyId`: who is to sign its record; null: nobody. */
export function renderExerciseHtml(record: ExerciseRecord, keyId: string | null = null): string {
  const { verdict, exercise, id } = record;
  const done = record.steps.filter((step) =>
    step.kind === 'person' ? step.entered !== null : step.run !== null,
  ).length;
  return page(
    `${VERDICT_WORD[verdict]}: ${exercise}, ${id}`,
    html`<header><h1>${record.title}</h1><p class="runline">exercise <b>${exercise}</b>, ${id}, harness ${record.harness}; ${endWords(record)}; run by ${record.operators.join(', ') || 'nobody known'}</p></header>
<div class="answer"><div class="edge-${verdict}"><div class="label">Verdict of the exercise</div><div class="large ${verdict}"><span class="icon" aria-hidden="true">${VERDICT_ICON[verdict]}</span> ${VERDICT_WORD[verdict]}</div><p>Fail beats unknown beats pass; what was not done is unknown.</p></div><div><div class="label">Steps done</div><div class="large">${done} of ${record.steps.length}</div><p>Functions covered: ${record.functions.join(', ')}</p><p class="beside">SHA-256 of the exercise’s file: <code>${record.fileSha256}</code></p></div></div>
<section><h2>Steps</h2>${table(
      record.steps.map((step, i) => ({ step, n: i + 1 })),
      [
        { head: 'Step', kind: 'num', cell: ({ n }) => String(n) },
        {
          head: 'What',
          kind: 'row',
          cell: ({ step }) => (step.kind === 'scenario' ? step.scenario : `${step.person}: ${step.prompt}`),
        },
        { head: 'Verdict', kind: 'tight', cell: ({ step }) => badge(step.verdict) },
        {
          head: 'Proves',
          cell: ({ step }) => (step.kind === 'scenario' ? step.proves.join(', ') : 'done by a person'),
        },
        { head: 'Record', cell: ({ step }) => (step.kind === 'scenario' ? runCell(step) : entryCell(step)) },
        { head: 'Why', cell: ({ step }) => step.reason },
      ],
    )}</section>
<section><h2>Objectives</h2>${objectivesOf(record)}</section>
<section><h2>What this does not show</h2><p>The runs are linked and named by the digest of their manifest, as it was at the end of each; this page does not verify them (<code>verify</code> does). What people entered is kept as they entered it; whether it is so was not looked at.</p>${exerciseSeal(keyId)}</section>`,
  );
}

function endWords({ started, ended }: ExerciseRecord): string {
  if (ended === null) return `begun ${formatWall(started)}, did not come to its end`;
  return `${formatWall(started)} to ${formatWall(ended)}`;
}

function runCell({ run }: ScenarioRecord): Markup | string {
  if (run === null) return 'did not run';
  const digest = run.manifestSha256 === null ? 'missing' : html`<code>${run.manifestSha256}</code>`;
  return html`<div>${fileLink(`${UP}/${run.path}/report.html`, run.id)}, ${OUTCOME_WORD[run.outcome]}<span class="small">manifest ${digest}</span></div>`;
}

function entryCell({ asked, entered, entry, by }: PersonRecord): Markup | string {
  if (entered === null) return asked === null ? 'not asked' : `asked ${formatWall(asked)}; nothing was entered`;
  return html`<div>${entry}<span class="small">asked ${formatWall(asked ?? '')}, entered ${formatWall(entered)}${by === undefined ? '' : ` by ${by}`}</span></div>`;
}

function objectivesOf({ steps }: ExerciseRecord): Markup {
  const rows = steps.flatMap((step) =>
    step.kind === 'scenario' ? step.objectives.map((objective) => ({ scenario: step.scenario, ...objective })) : [],
  );
  if (rows.length === 0) return html`<p>No objective was judged.</p>`;
  return table(rows, [
    { head: 'Scenario', kind: 'row', cell: ({ scenario }) => scenario },
    { head: 'Objective', cell: ({ statement }) => statement },
    { head: 'Verdict', kind: 'tight', cell: ({ verdict }) => badge(verdict) },
    { head: 'Why', cell: ({ reason }) => reason },
  ]);
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
