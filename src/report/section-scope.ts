import type { Dora } from '../check/dora-schema.ts';
import type { Report } from '../check/report-schema.ts';
import { parseDuration } from '../duration.ts';
import { formatPeriod } from './format.ts';
import { isLeftOut, LEFT_OUT } from './left-out.ts';
import { html, type Markup } from './markup.ts';
import { chapter } from './outline.ts';
import { NOT_RECORDED, notRecorded, pairs } from './pairs.ts';
import { table } from './table.ts';

const PROFILE_WORD = {
  bank: 'bank: the two hours of RTS 24(2) to (4) are no rule for banks',
  ccp: 'central counterparty: two hours',
  csd: 'central securities depository: two hours',
  'trading-venue': 'trading venue: two hours',
} as const;

/** What was tested, why, by which plan, and by whose word; declared before the run. */
export function scopeSection(report: Report): Markup {
  const { dora = null, run } = report;
  const declared = dora?.declared ?? null;
  const of = declared?.function;
  const trigger = declared?.trigger;
  const word = dora?.authorisation;
  if (isLeftOut(report, 'dora.declared') || isLeftOut(report, 'dora.authorisation'))
    return chapter(
      2,
      'scope',
      'Scope and authority',
      html`${LEFT_OUT}${pairs([
        ['Function', dora?.scenario?.function],
        ['Tier', run.tier === null ? null : String(run.tier)],
        ['Class of scenario', dora?.scenario?.doraClass],
      ])}`,
    );
  return chapter(
    2,
    'scope',
    'Scope and authority',
    html`<p class="lead">Declared before the run, in the plan and the criteria that intent.json hashes. What nobody declared is ${NOT_RECORDED}.</p>
${dora === null ? html`<p class="notice">This report.json is of before such fields were there: <code>npm run drill -- check RUN_DIRECTORY</code> computes those that the record holds.</p>` : null}
${pairs([
  ['Function', of?.name ?? dora?.scenario?.function],
  ['Owner', of?.owner ?? dora?.scenario?.owner],
  ['Critical or important', of?.critical === undefined ? null : of.critical ? 'yes' : 'no'],
  ['Member states', of?.memberStates?.join(', ')],
  ['Tier', run.tier === null ? null : String(run.tier)],
  ['Class of scenario', dora?.scenario?.doraClass],
  ['Trigger', trigger && `${trigger.kind === 'change' ? 'a change' : 'the schedule'}: ${trigger.what}`],
  ['Plan and version', declared?.plan && `${declared.plan.id}, version ${declared.plan.version}`],
  ['Business impact analysis', reference(declared?.biaRef)],
  ['Risk assessment', reference(declared?.riskRef)],
  ['Condition of activation', declared?.criteria?.activation],
  ['Condition of success', declared?.criteria?.success],
  ['Time on the alternate', declared?.dwell && `at least ${formatPeriod(parseDuration(declared.dwell) ?? 0)}`],
  ['Profile', declared?.profile && PROFILE_WORD[declared.profile]],
  ['Criteria', report.masked === undefined ? criteria(dora) : 'left out of this masked report'],
  ['Drill file', declared && html`SHA-256 <code>${declared.sha256}</code>`],
  [
    'Allowed by',
    word && `${word.approver}, ticket ${word.ticket}, from ${word.from} to ${word.to}; run by ${word.operator}`,
  ],
])}`,
  );
}

function reference(ref: { ref: string; sha256?: string | undefined } | undefined): Markup | null {
  if (ref === undefined) return null;
  return html`<span>${ref.ref}<span class="small">${ref.sha256 === undefined ? `digest ${NOT_RECORDED}` : html`SHA-256 <code>${ref.sha256}</code>`}</span></span>`;
}

function criteria(dora: Dora | null): Markup | null {
  if (!dora?.criteriaSha256) return null;
  const when = dora.criteriaDeclared
    ? 'declared in intent.json before the run'
    : 'not shown to have been declared before the run';
  return html`<span>SHA-256 <code>${dora.criteriaSha256}</code><span class="small">${when}</span></span>`;
}

/** Who tested, declared before the run; who took part, entered after it. */
export function participantsSection(report: Report): Markup {
  const { dora } = report;
  const testers = dora?.declared?.testers;
  const participants = dora?.entered?.participants;
  return chapter(
    3,
    'participants',
    'Participants',
    html`<h3>Testers, declared before the run</h3>
${
  testers
    ? table(testers, [
        { head: 'Tester', kind: 'row', cell: ({ name }) => name },
        { head: 'Role', cell: ({ role }) => role },
        { head: 'Line', cell: ({ line }) => line },
      ])
    : isLeftOut(report, 'dora.declared')
      ? LEFT_OUT
      : html`<p>${notRecorded()}</p>`
}
<h3>Participants, entered after the run</h3>
${
  participants
    ? participants.length === 0
      ? html`<p>None, as entered.</p>`
      : table(participants, [
          { head: 'Participant', kind: 'row', cell: ({ name }) => name },
          { head: 'Role', cell: ({ role }) => role },
        ])
    : isLeftOut(report, 'dora.entered')
      ? LEFT_OUT
      : report.masked !== undefined
        ? html`<p>What people entered after the run is no part of this masked report.</p>`
        : html`<p>${notRecorded()}</p>`
}`,
  );
}
