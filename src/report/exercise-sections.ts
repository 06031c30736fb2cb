import type { ExerciseRecord, PersonRecord, ScenarioRecord } from '../drills/record.ts';
import { formatWall, plural } from './format.ts';
import { fileLink } from './link.ts';
import { html, type Markup } from './markup.ts';
import { chapter } from './outline.ts';
import { notRecorded, pairs } from './pairs.ts';
import { exerciseSeal } from './section-seal.ts';
import { badge, table } from './table.ts';
import { OUTCOME_WORD, VERDICT_WORD } from './wording.ts';

/* The outline of an evidence report (docs/drill-file.md), for a group of runs: what belongs to each run stands in its own report, and is named here. */

/** From the directory of an exercise to that of the reports: `_exercises/<name>/<id>`. */
const UP = '../../..';
const EACH_RUN = 'the report of each run';

type Numbered<S> = { readonly step: S; readonly n: number };
type Ran = ScenarioRecord & { readonly run: NonNullable<ScenarioRecord['run']> };

const numbered = ({ steps }: ExerciseRecord) => steps.map((step, i) => ({ step, n: i + 1 }));
const scenariosOf = (record: ExerciseRecord): readonly Numbered<ScenarioRecord>[] =>
  numbered(record).flatMap(({ step, n }) => (step.kind === 'scenario' ? [{ step, n }] : []));
const peopleOf = (record: ExerciseRecord): readonly Numbered<PersonRecord>[] =>
  numbered(record).flatMap(({ step, n }) => (step.kind === 'person' ? [{ step, n }] : []));
const runsOf = (record: ExerciseRecord): readonly Numbered<Ran>[] =>
  scenariosOf(record).flatMap(({ step, n }) => (step.run === null ? [] : [{ step: step as Ran, n }]));

export function coverOf(record: ExerciseRecord, keyId: string | null): Markup {
  const { masked } = record;
  const digest =
    masked === undefined
      ? html`not known to this page: <code>manifest.json</code> lists the page itself, and <code>drill verify</code> prints its digest`
      : html`<code>masked.json</code> lists the page itself; of the exercise whose manifest has the SHA-256 <code>${masked.originalManifestSha256}</code>`;
  const not = [
    'threat-led penetration testing (DORA 26 to 27)',
    'when it happened by any clock but the machine’s own',
    'that the exercise, or a run of it, was not selected among several',
    'whether what people entered is so',
    'that its runs are what was sealed: verify does',
  ];
  const rows: readonly (readonly [string, Markup | string])[] = [
    ['Exercise', html`<code>${record.id}</code>, harness ${record.harness}`],
    ['Environment', `that of the platform of each run: see ${EACH_RUN}`],
    ['Manifest', digest],
    ['Verify', html`<code>npm run drill -- verify DIRECTORY${keyId === null ? '' : ' --public-key FILE'}</code>`],
    ['Not shown', `${not.join('; ')}; and what each run did not measure, in its own report.`],
  ];
  return chapter(
    0,
    'cover',
    'Cover',
    html`<dl class="terms cover-terms">${rows.map(([term, value]) => html`<dt>${term}</dt><dd>${value}</dd>`)}</dl>`,
  );
}

export function summaryOf(record: ExerciseRecord): Markup {
  const runs = runsOf(record);
  const of = (verdict: string): string => String(runs.filter(({ step }) => step.run.verdict === verdict).length);
  const aborted = runs.filter(({ step }) => step.run.outcome !== 'completed').length;
  const rows = scenariosOf(record).flatMap(({ step, n }) => step.objectives.map((one) => ({ ...one, step, n })));
  return chapter(
    1,
    'summary',
    'Summary',
    html`<p class="attempt">${plural(runs.length, 'run')}: <b>${of('pass')}</b> passed, <b>${of('fail')}</b> failed, <b>${of('unknown')}</b> unknown; ${plural(aborted, 'run')} did not go through. ${plural(scenariosOf(record).length - runs.length, 'scenario')} did not run. Each scenario was run once here; other attempts are no part of one exercise: <code>drill history</code> counts them.</p>
${
  rows.length === 0
    ? html`<p>No objective was judged.</p>`
    : table(rows, [
        { head: 'Step', kind: 'num', cell: ({ n }) => String(n) },
        {
          head: 'Objective',
          kind: 'row',
          cell: ({ statement, step }) => html`${statement}<span class="small">${step.scenario}</span>`,
        },
        { head: 'Verdict', kind: 'tight', cell: ({ verdict }) => badge(verdict) },
        {
          head: 'Why',
          cell: ({ reason, verdict }) =>
            reason || (verdict === 'pass' ? 'what was measured stands in the report of the run' : notRecorded()),
        },
      ])
}`,
  );
}

export function scopeOf(record: ExerciseRecord): Markup {
  return chapter(
    2,
    'scope',
    'Scope and authority',
    pairs([
      ['Functions covered', record.functions.join(', ')],
      ['Begun', formatWall(record.started)],
      ['Ended', record.ended === null ? 'it did not come to its end' : formatWall(record.ended)],
      [
        'File of the exercise',
        record.masked === undefined
          ? html`SHA-256 <code>${record.fileSha256}</code>`
          : 'left out of this masked report',
      ],
      ['Plan, criteria, who allowed it', `declared for each run: see ${EACH_RUN}, section 2`],
    ]),
  );
}

export function participantsOf(record: ExerciseRecord): Markup {
  const people = peopleOf(record);
  return chapter(
    3,
    'participants',
    'Participants',
    html`${pairs([
      ['Who ran it', record.operators.join(', ') || null],
      ['Testers', `declared for each run: see ${EACH_RUN}, section 3`],
    ])}
${
  people.length === 0
    ? html`<p>No step was to be done by a person.</p>`
    : table(people, [
        { head: 'Step', kind: 'num', cell: ({ n }) => String(n) },
        { head: 'Role', kind: 'row', cell: ({ step }) => step.person },
        { head: 'Who says that it was done, or why not', cell: ({ step }) => step.by || notRecorded() },
      ])
}`,
  );
}

export function scenariosPart(record: ExerciseRecord): Markup {
  return chapter(
    4,
    'scenario',
    'Scenarios',
    html`<p class="lead">Hypothesis, fault, blast radius, stop conditions, the proof that the fault took effect and what went otherwise than planned stand in ${EACH_RUN}, section 4.</p>
${table(scenariosOf(record), [
  { head: 'Step', kind: 'num', cell: ({ n }) => String(n) },
  { head: 'Scenario', kind: 'row', cell: ({ step }) => step.scenario },
  { head: 'There to prove', cell: ({ step }) => step.proves.join(', ') },
  { head: 'Run', cell: ({ step }) => (step.run === null ? 'did not run' : linkTo(record, step.run)) },
])}`,
  );
}

export function resultsOf(record: ExerciseRecord): Markup {
  const steps = html`<section><h2 id="steps">Steps, in their order</h2>
${table(numbered(record), [
  { head: 'Step', kind: 'num', cell: ({ n }) => String(n) },
  {
    head: 'What',
    kind: 'row',
    cell: ({ step }) => (step.kind === 'scenario' ? step.scenario : `${step.person}: ${step.prompt}`),
  },
  { head: 'Verdict', kind: 'tight', cell: ({ step }) => badge(step.verdict) },
  { head: 'When', cell: ({ step }) => whenOf(step) },
  { head: 'Why', cell: ({ step }) => step.reason },
])}</section>`;
  const clocks = html`<section><h2 id="figures">Figures</h2>
<p>Timeline, plots, every RTO clock, RPO in seconds and in writes, latency, traffic and reconciliation stand in ${EACH_RUN}, section 5. None of them is computed over several runs here.</p></section>`;
  return chapter(5, 'results', 'Results', null, [steps, clocks]);
}

export function responseOf(record: ExerciseRecord): Markup {
  const people = peopleOf(record);
  const none = html`<p>No step was to be done by a person: the human response to each run is entered for it.</p>`;
  return chapter(
    6,
    'response',
    'Human response',
    html`<p class="lead">As people entered it, with the time by the machine’s clock; whether it is so was not looked at.</p>
${
  people.length === 0
    ? none
    : table(people, [
        { head: 'Step', kind: 'num', cell: ({ n }) => String(n) },
        { head: 'What was to be done', kind: 'row', cell: ({ step }) => step.prompt || 'left out' },
        { head: 'Verdict', kind: 'tight', cell: ({ step }) => badge(step.verdict) },
        { head: 'Asked', cell: ({ step }) => (step.asked === null ? 'not asked' : formatWall(step.asked)) },
        { head: 'Entered', cell: ({ step }) => (step.entered === null ? 'nothing' : formatWall(step.entered)) },
        { head: 'Words', cell: ({ step }) => step.entry || (step.entered === null ? notRecorded() : 'left out') },
      ])
}`,
  );
}

export function findingsOf(record: ExerciseRecord): Markup {
  const missed = numbered(record).filter(({ step }) => step.verdict !== 'pass');
  return chapter(
    7,
    'findings',
    'Findings',
    html`<p class="lead">Analysis, measure, priority, owner, date and retest are entered for each run (<code>drill report RUN --drill FILE</code>). What needs one, by this record:</p>
${
  missed.length === 0
    ? html`<p>Every step passed.</p>`
    : html`<ul>${missed.map(({ step, n }) => html`<li>Step ${n}, ${VERDICT_WORD[step.verdict]}: ${step.reason}</li>\n`)}</ul>`
}`,
  );
}

export function closingOf(record: ExerciseRecord, keyId: string | null): readonly Markup[] {
  const each = (what: string): Markup => html`<p>${what} ${EACH_RUN}.</p>`;
  const runs = runsOf(record);
  return [
    chapter(
      8,
      'classification',
      'Hypothetical classification',
      each('A planned exercise is no incident. What the thresholds would say of each run alone stands in section 8 of'),
    ),
    chapter(
      9,
      'measurement',
      'Measurement quality',
      each('Resolution, clock error, gaps, versions and what was not measured stand in section 9 of'),
    ),
    chapter(
      10,
      'sign-off',
      'Sign-off',
      html`<p class="lead">None of this is a signature. Who ran or tested any of its runs does not sign it off; <code>drill sign-off</code> refuses it, and <code>verify</code> names it.</p>
${pairs([
  ['Test lead', null],
  ['Approver', null],
  ['Approved on', null],
  ['Approval of the management body', null],
  ['Audit', html`<span class="blank" role="img" aria-label="left blank">\u00a0</span>`],
])}`,
      [html`<section><h2 id="seal">Seal</h2>${sealOf(record, keyId)}</section>`],
    ),
    chapter(
      11,
      'provisions',
      'From provision to evidence',
      each('How far the record reaches into each provision depends on what was run: the map stands in section 11 of'),
    ),
    chapter(
      null,
      'annex',
      'Annex: the runs',
      html`<p>By the digest of their manifest, as it was at the end of each; this page does not verify them (<code>verify</code> does, where they lie beside it).</p>
${
  runs.length === 0
    ? html`<p>Nothing was run.</p>`
    : table(runs, [
        { head: 'Step', kind: 'num', cell: ({ n }) => String(n) },
        { head: 'Run', kind: 'row', cell: ({ step }) => linkTo(record, step.run) },
        { head: 'Begun', cell: ({ step }) => formatWall(step.run.started) },
        { head: 'End', cell: ({ step }) => OUTCOME_WORD[step.run.outcome] },
        {
          head: 'SHA-256 of its manifest',
          cell: ({ step }) =>
            step.run.manifestSha256 === null ? 'missing' : html`<code>${step.run.manifestSha256}</code>`,
        },
      ])
}`,
    ),
  ];
}

function sealOf({ masked }: ExerciseRecord, keyId: string | null): Markup {
  if (masked === undefined) return exerciseSeal(keyId);
  return html`<p>This is the record of a sealed exercise with its names masked: ${plural(masked.names, 'name')}, addresses and words among them; the same has the same mask everywhere here, and in the reports of its runs under the same mask. Left out as a whole: ${masked.withheld.join(', ')}.</p>
<p class="small">SHA-256 of the exercise’s <code>manifest.json</code>: <code>${masked.originalManifestSha256}</code>; of the names with their masks and a salt: <code>${masked.maskSha256}</code>. ${keyId === null ? 'Unsigned when this page was made.' : html`To be signed with the key <code>${keyId}</code>: <code>masked.dsse.json</code>, beside <code>masked.json</code>.`}</p>`;
}

/** Its report, where that lies beside it; of a masked one the name alone. */
function linkTo({ masked }: ExerciseRecord, { id, path }: Ran['run']): Markup {
  return masked === undefined ? fileLink(`${UP}/${path}/report.html`, id) : html`<code>${id}</code>`;
}

function whenOf(step: ScenarioRecord | PersonRecord): string {
  if (step.kind === 'scenario') return step.run === null ? 'did not run' : `begun ${formatWall(step.run.started)}`;
  if (step.asked === null) return 'not asked';
  return step.entered === null
    ? `asked ${formatWall(step.asked)}; nothing was entered`
    : `entered ${formatWall(step.entered)}`;
}
