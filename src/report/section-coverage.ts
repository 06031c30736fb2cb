import type { CoveredRow, Exercised } from '../drills/coverage.ts';
import type { DueExercise } from '../drills/due.ts';
import { formatWall, plural } from './format.ts';
import { fileLink } from './link.ts';
import { html, type Markup } from './markup.ts';
import { badge, table } from './table.ts';
import { textTable, wrap } from './text-table.ts';
import { VERDICT_ICON, VERDICT_WORD } from './wording.ts';

const STATE_WORD: Readonly<Record<CoveredRow['state'], string>> = {
  'not covered': 'NOT COVERED',
  never: 'NEVER RUN',
  overdue: 'OVERDUE',
  current: 'up to date',
};

/** How many scenarios a row names one by one. */
const NAMED = 6;

/** `19 of 34 rows covered: 3 up to date, 12 overdue, 4 never run`. */
export function coverageSentence(rows: readonly CoveredRow[]): string {
  const of = (state: CoveredRow['state']): number => rows.filter((row) => row.state === state).length;
  const covered = rows.length - of('not covered');
  return `${covered} of ${plural(rows.length, 'row')} are covered by a scenario: ${of('current')} up to date, ${of('overdue')} overdue, ${of('never')} never run; ${of('not covered')} not covered.`;
}

/** Why a row stands where it stands. */
function whyWords({ row, scenarios }: CoveredRow): string {
  if (row.notHere !== undefined) return `not exercisable here: ${row.notHere}`;
  if (scenarios.length === 0) return 'no scenario';
  const due = scenarios.filter(({ overdue }) => overdue.length > 0);
  const said =
    due.length > NAMED
      ? `${due.length} of ${scenarios.length} scenarios are overdue`
      : due.map(({ scenario, overdue }) => `${scenario}: ${overdue.join(', ')}`).join('; ');
  return [said, row.note].filter((text) => text !== '').join('. ');
}

/** Each row of the platform's plan, for a terminal. */
export function renderCoverage(rows: readonly CoveredRow[], options: { readonly width: number }): string {
  const width = Math.min(100, Math.max(40, options.width));
  const groups = [...Map.groupBy(rows, ({ row }) => row.group)].map(([group, inIt]) =>
    [
      ...wrap(group, width),
      ...textTable(
        ['ROW', 'STATE', 'RESULT', 'LAST', 'WHY'].map((head) => ({ head })),
        inIt.map((one) => [
          `  ${one.row.row}`,
          STATE_WORD[one.state],
          one.result === null || one.last === null ? '–' : `${VERDICT_ICON[one.result]} ${VERDICT_WORD[one.result]}`,
          one.last === null ? 'never' : one.last.slice(0, 10),
          whyWords(one),
        ]),
        width,
      ),
    ].join('\n'),
  );
  return `${groups.join('\n\n')}\n\n${wrap(coverageSentence(rows), width).join('\n')}\n`;
}

/** Each row of the platform's plan: what exercises it, when it last did, with what result, and what is overdue. */
export function coverageSection(rows: readonly CoveredRow[], platformKnown: boolean): Markup {
  const groups = [...Map.groupBy(rows, ({ row }) => row.group)].map(
    ([group, inIt]) =>
      html`<h3>${group}</h3>${table(inIt, [
        { head: 'Row', kind: 'row', cell: ({ row }) => row.row },
        { head: 'Promised', cell: ({ row }) => row.promised },
        { head: 'State', kind: 'tight', cell: (one) => stateCell(one) },
        {
          head: 'Result',
          kind: 'tight',
          cell: (one) => (one.result === null || one.last === null ? '–' : badge(one.result)),
        },
        { head: 'Last exercised', kind: 'tight', cell: ({ last }) => (last === null ? 'never' : last.slice(0, 10)) },
        { head: 'Scenarios', cell: ({ scenarios }) => scenariosCell(scenarios) },
        { head: 'Why', cell: (one) => whyWords(one) },
      ])}`,
  );
  return html`<section id="coverage" class="cover"><h2>Coverage</h2><p class="lead">${coverageSentence(rows)} Exercised: by a run that went through, with any verdict. Overdue: one of its scenarios was never run through, was run too long ago, or its file, the versions or the topology changed since (the topology of a platform of its own is not looked at)${platformKnown ? '' : ' (of the platform nothing is known here, so that its changes are not seen)'}. The result is that of the newest run of each: fail beats unknown beats pass, and what was never run is unknown.</p>${groups}</section>`;
}

function stateCell({ state }: CoveredRow): Markup {
  const colour = state === 'current' ? 'pass' : state === 'not covered' ? 'muted' : 'unknown';
  return html`<span class="${colour}">${STATE_WORD[state]}</span>`;
}

function scenariosCell(scenarios: readonly Exercised[]): Markup | string {
  if (scenarios.length === 0) return 'none';
  if (scenarios.length > NAMED) return plural(scenarios.length, 'scenario');
  const links = scenarios.map(({ scenario, last }, i) => [
    i === 0 ? '' : ', ',
    last === null ? scenario : fileLink(`${last.path}/report.html`, scenario),
  ]);
  return html`<div>${links}</div>`;
}

/** Each exercise with when it was last carried out, with what result, and whether it is due. */
export function exercisesSection(exercises: readonly DueExercise[]): Markup {
  return html`<section><h2>Exercises</h2><p class="lead">An exercise counts as carried out when it came to its end, whatever its result.</p>${table(
    exercises,
    [
      { head: 'Exercise', kind: 'row', cell: ({ name }) => name },
      { head: 'Title', cell: ({ title }) => title },
      {
        head: 'Last',
        kind: 'tight',
        cell: ({ last }) =>
          last === null ? 'never' : fileLink(`${last.path}/exercise.html`, formatWall(last.record.started)),
      },
      { head: 'Result', kind: 'tight', cell: ({ last }) => (last === null ? '–' : badge(last.record.verdict)) },
      {
        head: 'Due',
        cell: ({ due }) => (due === '' ? 'no' : html`<div><span class="unknown">OVERDUE</span>: ${due}</div>`),
      },
    ],
  )}</section>`;
}
