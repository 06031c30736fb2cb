import type { Report } from '../check/report-schema.ts';
import type { Entered } from '../scenario/drill-file.ts';
import { formatWall } from './format.ts';
import { isLeftOut, LEFT_OUT } from './left-out.ts';
import { html, type Markup } from './markup.ts';
import { chapter } from './outline.ts';
import { notRecorded, orNotRecorded, pairs } from './pairs.ts';
import { type Seal, sealSection } from './section-seal.ts';
import { table } from './table.ts';
import { objectiveName, VERDICT_WORD } from './wording.ts';

type Finding = NonNullable<Entered['findings']>[number];

function enteredBy({ dora, masked }: Report): Markup {
  const entered = dora?.entered;
  if (masked !== undefined)
    return html`<p class="lead">This masked report is of what was sealed: what people entered since is no part of it.</p>`;
  return entered
    ? html`<p class="lead">Entered by ${entered.by}, ${formatWall(entered.at)}; not checked, and no part of what is sealed.</p>`
    : html`<p class="lead">Nobody entered anything into this rendering: <code>npm run drill -- report RUN_DIRECTORY --drill FILE</code>.</p>`;
}

/** What people did; entered by people, never generated. */
export function responseSection(report: Report): Markup {
  if (isLeftOut(report, 'dora.entered')) return chapter(6, 'response', 'Human response', LEFT_OUT);
  if (report.masked !== undefined) return chapter(6, 'response', 'Human response', enteredBy(report));
  const { activation, impact, communication } = report.dora?.entered?.response ?? {};
  const said = (part: typeof activation): Markup | null =>
    part
      ? html`<span>${part.what}${part.at === undefined ? null : html`<span class="small">${formatWall(part.at)}</span>`}</span>`
      : null;
  return chapter(
    6,
    'response',
    'Human response',
    html`${enteredBy(report)}
${pairs([
  ['Activation', said(activation)],
  ['Impact', said(impact)],
  ['Crisis communication', said(communication)],
])}`,
  );
}

/** Shortcomings, what is done about them, by whom and until when; and what the record shows that no finding names. */
export function findingsSection(report: Report): Markup {
  const entered = report.dora?.entered;
  const findings = entered?.findings;
  const open = report.objectives.filter(
    ({ verdict, objective }) => verdict !== 'pass' && !findings?.some((one) => one.objective === objective.id),
  );
  return chapter(
    7,
    'findings',
    'Findings',
    html`${
      isLeftOut(report, 'dora.entered')
        ? LEFT_OUT
        : html`${enteredBy(report)}
${report.masked !== undefined ? null : findings === undefined ? html`<p>${notRecorded()}</p>` : findings.length === 0 ? html`<p>None, as entered.</p>` : findingsTable(findings)}`
    }
${
  open.length === 0
    ? null
    : html`<h3>Not shown to be met${report.masked !== undefined ? null : ', and named by no finding'}</h3>${table(
        open,
        [
          {
            head: 'Objective',
            kind: 'row',
            cell: ({ objective }) => html`${objectiveName(objective)}<span class="small">${objective.id}</span>`,
          },
          { head: 'Verdict', kind: 'tight', cell: ({ verdict }) => VERDICT_WORD[verdict] },
          { head: 'Reason', cell: ({ reason }) => reason },
        ],
      )}`
}
${
  report.masked !== undefined
    ? null
    : html`<h3>Collateral impact</h3>
<p>What the drill broke beyond its plan, which might be an incident, for a person to decide: ${orNotRecorded(entered?.collateralImpact)}</p>`
}`,
  );
}

function findingsTable(findings: readonly Finding[]): Markup {
  const cell = (key: Exclude<keyof Finding, 'shortcoming' | 'objective'>) => (one: Finding) => orNotRecorded(one[key]);
  return table(findings, [
    {
      head: 'Shortcoming',
      kind: 'row',
      cell: ({ shortcoming, objective }) =>
        html`${shortcoming}${objective === undefined ? null : html`<span class="small">${objective}</span>`}`,
    },
    { head: 'Analysis', cell: cell('analysis') },
    { head: 'Measure', cell: cell('measure') },
    { head: 'Priority', cell: cell('priority') },
    { head: 'Owner', cell: cell('owner') },
    { head: 'Due', kind: 'tight', cell: cell('due') },
    { head: 'Retest', cell: cell('retest') },
  ]);
}

/** Places for names and dates. What audit says is never filled in, and nothing here is a signature. */
export function signOffSection(report: Report, seal: Seal): Markup {
  if (isLeftOut(report, 'dora.entered') || isLeftOut(report, 'dora.declared'))
    return chapter(10, 'sign-off', 'Sign-off', LEFT_OUT, [sealSection(seal, report)]);
  const { testLead, approver, approved, managementBody } = report.dora?.entered?.signOff ?? {};
  const lead = report.dora?.declared?.testers?.find(({ role }) => role === 'test lead')?.name;
  // A decision that somebody signed is recorded, whatever nobody entered.
  const signed =
    seal.statements.length === 0
      ? null
      : html`<span>not entered here; <a href="#seal">what people signed since</a> stands below</span>`;
  return chapter(
    10,
    'sign-off',
    'Sign-off',
    html`<p class="lead">Names and dates as people entered them: none of them is a signature. An approver who is the test lead, or a tester, is refused.</p>
${pairs([
  ['Test lead, declared before the run', lead],
  ['Test lead', testLead],
  ['Approver', approver ?? signed],
  ['Approved on', approved ?? signed],
  ['Approval of the management body', managementBody],
  ['Audit', html`<span class="blank" role="img" aria-label="left blank">\u00a0</span>`],
])}`,
    [sealSection(seal, report)],
  );
}
