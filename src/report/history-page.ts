import type { CoveredRow } from '../drills/coverage.ts';
import type { DueExercise } from '../drills/due.ts';
import type { Unread } from '../trend/read-runs.ts';
import { type History, type ScenarioHistory, type Step, shiftOf } from '../trend/series.ts';
import { formatWall, plural } from './format.ts';
import { fileLink } from './link.ts';
import { html, type Markup } from './markup.ts';
import { page } from './page.ts';
import { coverageSection, exercisesSection } from './section-coverage.ts';
import { badge, table } from './table.ts';
import { trendPlot } from './trend-plot.ts';
import { figureWords, lookedWords, RULE, shiftWords, stateWords } from './trend-words.ts';
import { lossWords } from './wording.ts';

export interface HistoryPage {
  readonly history: History;
  readonly unread: readonly Unread[];
  /** Null: not asked for, as of one scenario alone. */
  readonly coverage: { readonly rows: readonly CoveredRow[]; readonly platformKnown: boolean } | null;
  readonly exercises: readonly DueExercise[];
}

/** Every run over time as one page that needs no server: trends, what became worse, exercises, coverage, every run with its report. */
export function renderHistoryHtml({ history, unread, coverage, exercises }: HistoryPage): string {
  const runs = history.scenarios.reduce((sum, { steps }) => sum + steps.length, 0);
  const counted = [plural(runs, 'run'), plural(history.scenarios.length, 'scenario')];
  if (unread.length > 0) counted.push(`${plural(unread.length, 'directory', 'directories')} not read`);
  return page(
    `History: ${plural(runs, 'run')}`,
    html`<header><h1>History of the drills</h1><p class="runline">${counted.join(', ')}</p><p class="runline">${contents(history, coverage !== null)}</p></header>
${runs === 0 ? html`<p>No run was found.</p>` : shiftsSection(history)}
${exercises.length === 0 ? null : exercisesSection(exercises)}
${history.scenarios.map((scenario, i) => scenarioSection(scenario, history, `h${i}`))}
${coverage === null ? null : coverageSection(coverage.rows, coverage.platformKnown)}
${unread.length === 0 ? null : unreadSection(unread)}`,
  );
}

function shiftsSection(history: History): Markup {
  const all = history.scenarios.flatMap((scenario, i) =>
    scenario.series.flatMap((series) => {
      const shift = shiftOf(history, series);
      return shift === null ? [] : [{ scenario, series, shift, id: `h${i}` }];
    }),
  );
  const rows = all.toSorted((a, b) => a.shift.chance - b.shift.chance);
  const found =
    rows.length === 0
      ? html`<p>Nothing that the rule sees.</p>`
      : table(rows, [
          {
            head: 'Scenario',
            kind: 'row',
            cell: ({ scenario, id }) => html`<a href="#${id}">${scenario.scenario}</a>`,
          },
          { head: 'What', kind: 'tight', cell: ({ shift }) => shiftCell(shift.kind) },
          { head: 'Figure', cell: ({ series }) => series.name },
          { head: 'Newest', kind: 'tight', cell: ({ series }) => figureWords(series.figures.at(-1) ?? null) },
          { head: 'How', cell: ({ shift }) => shiftWords(shift) },
        ]);
  return html`<section><h2>What became worse</h2><p class="lead">${lookedWords(history.shifts)}</p>${found}<details><summary>The rule, and how often it is wrong</summary><p>${RULE}</p></details></section>`;
}

function shiftCell(kind: string): Markup {
  return kind === 'regression'
    ? html`<span class="badge fail">REGRESSION</span>`
    : html`<span class="muted">${kind}</span>`;
}

function scenarioSection({ scenario, steps, series }: ScenarioHistory, history: History, id: string): Markup {
  const rows = steps.map((step, i) => ({ step, i })).toReversed();
  const title = steps.at(-1)?.run.title ?? '';
  return html`<section id="${id}"><h2>${scenario}</h2><p class="lead">${title === '' ? '' : `${title}. `}${plural(steps.length, 'run')}. In the plots the oldest is on the left; the mark stands at the end of the bounds that is judged; the table begins with the newest.</p>
<div class="grid">${series.map((one, n) => trendPlot(steps, one, `${id}-${n}`))}</div>
${series.flatMap((one) => {
  const shift = shiftOf(history, one);
  if (shift === null) return [];
  return [
    html`<p class="notice${shift.kind === 'regression' ? ' fail' : ''}">${shift.kind}: ${one.name}: ${shiftWords(shift)}</p>`,
  ];
})}
${table(rows, [
  {
    head: 'Started',
    kind: 'tight',
    cell: ({ step }) => fileLink(`${step.run.path}/report.html`, formatWall(step.run.started)),
  },
  { head: 'Verdict', kind: 'tight', cell: ({ step }) => badge(step.run.verdict) },
  { head: 'Ended, seal', cell: ({ step }) => endedCell(step) },
  ...series.map(({ name, figures }) => ({
    head: name,
    cell: ({ i }: { i: number }) => figureWords(figures[i] ?? null),
  })),
  { head: 'Lost', cell: ({ step }) => lossWords(step.run.lost?.lost ?? null, step.run.lost?.ledger ?? 0).large },
  { head: 'Series', cell: ({ step, i }) => (i === 0 ? 'begins' : breaksCell(step)) },
])}</section>`;
}

function endedCell({ run }: Step): Markup {
  const why = [
    run.outcome === 'completed' ? '' : run.reason,
    run.notCompared === '' ? '' : `not compared: ${run.notCompared}`,
  ];
  const said = why.filter((text) => text !== '').join('; ');
  return html`<div>${stateWords(run)}${said === '' ? null : html`<span class="small">${said}</span>`}</div>`;
}

function breaksCell({ breaks }: Step): Markup | string {
  if (breaks.length === 0) return 'goes on';
  const each = breaks.map((text) => html`<span class="small">${text}</span>`);
  return html`<div>broken before this run<details><summary>${plural(breaks.length, 'difference')}</summary>${each}</details></div>`;
}

function unreadSection(unread: readonly Unread[]): Markup {
  return html`<section><h2>Not read</h2><p class="lead">What stands where runs stand, and is in none of the figures above.</p>${table(
    unread,
    [
      { head: 'Directory', kind: 'row', cell: ({ path }) => path },
      { head: 'Why', cell: ({ why }) => why },
    ],
  )}</section>`;
}

/** Where everything is on the page. */
function contents({ scenarios }: History, covered: boolean): Markup {
  const links = scenarios.map(({ scenario }, i) => html`<a href="#h${i}">${scenario}</a>`);
  if (covered) links.push(html`<a href="#coverage">coverage</a>`);
  return html`${links.map((link, i) => [i === 0 ? '' : ', ', link])}`;
}
