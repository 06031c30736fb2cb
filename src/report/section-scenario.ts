import type { Dora } from '../check/dora-schema.ts';
import type { Report } from '../check/report-schema.ts';
import { formatOffset } from './format.ts';
import { absent, isLeftOut } from './left-out.ts';
import { html, type Markup } from './markup.ts';
import { chapter } from './outline.ts';
import { notRecorded } from './pairs.ts';
import { faultsSection } from './section-evidence.ts';
import { table } from './table.ts';
import { originOf } from './time-axis.ts';

/** What was expected, what was done, how far it reached, and what went otherwise. */
export function scenarioSection(report: Report): Markup {
  const { run, dora } = report;
  const assumption = dora?.declared?.assumption;
  const lead = html`<p><b>Hypothesis:</b> ${run.hypothesis === '' ? absent(report, 'run.hypothesis') : run.hypothesis}</p>
<p><b>Assumption challenged:</b> ${assumption ?? absent(report, 'dora.declared')}</p>`;
  return chapter(4, 'scenario', 'Scenario', lead, [
    faultsSection(report),
    ...(dora ? [blastSection(dora), stopSection(report, dora), familiesSection(dora)] : []),
    deviationsSection(report),
  ]);
}

function blastSection({ blastRadius }: Dora): Markup {
  const { struck, untouched, services, beyond } = blastRadius;
  return html`<section><h2 id="blast-radius">Blast radius</h2>
<p>Sites that a fault of the plan strikes: <b>${struck.join(', ') || 'none'}</b>; not struck: <b>${untouched.join(', ') || 'none'}</b>.${
    beyond.length === 0
      ? ' No site beyond these had an outage that its own probe saw.'
      : html` <b class="fail">Beyond it: ${beyond.join(', ')} had an outage of its own.</b>`
  }</p>
${table(services, [
  { head: 'Service', kind: 'row', cell: ({ service }) => service },
  { head: 'Its sites, in order', cell: ({ sites }) => sites.join(', ') },
  { head: 'Not struck', cell: ({ left }) => left.join(', ') || 'none' },
])}</section>`;
}

function stopSection(report: Report, { stopConditions, stopped }: Dora): Markup {
  const { originUs } = originOf(report);
  return html`<section><h2 id="stop-conditions">Stop conditions</h2>
${table(stopConditions, [
  { head: 'Condition', kind: 'row', cell: ({ condition }) => condition },
  { head: 'Limit', cell: ({ limit }) => (limit === '' ? absent(report, 'dora.stopConditions.limit') : limit) },
])}
${
  stopped.length === 0
    ? html`<p>None was met.</p>`
    : html`<h3>Met</h3>${table(stopped, [
        { head: 'At', kind: 'tight', cell: ({ at_us }) => formatOffset(at_us - originUs) },
        { head: 'Condition', cell: ({ condition }) => condition },
        { head: 'Observed', cell: ({ observed }) => observed },
      ])}`
}</section>`;
}

function familiesSection({ families }: Dora): Markup {
  return html`<section><h2 id="families">Families of scenario</h2>
<p class="lead">The nine of RTS 26(2), paraphrased. Simulated: what clients would see of it. Where, says the environment on the cover.</p>
${table(families, [
  { head: 'Family', kind: 'row', cell: ({ letter, family }) => `(${letter}) ${family}` },
  {
    head: 'State',
    kind: 'tight',
    cell: ({ state }) =>
      state === 'not exercised' ? html`<span class="muted">${state}</span>` : html`<b>${state}</b>`,
  },
  { head: 'By', cell: ({ by }) => by },
])}</section>`;
}

function enteredNowhere(report: Report): Markup {
  if (report.masked === undefined || isLeftOut(report, 'dora.entered')) return absent(report, 'dora.entered');
  return html`no part of this masked report`;
}

function deviationsSection(report: Report): Markup {
  const { dora } = report;
  const entered = dora?.entered?.deviations;
  const list = (texts: readonly string[]): Markup => html`<ul>${texts.map((text) => html`<li>${text}</li>`)}</ul>`;
  const recorded = dora === undefined ? notRecorded() : dora.deviations.length === 0 ? html`none in the record` : null;
  const people = entered === undefined ? enteredNowhere(report) : entered.length === 0 ? html`none, as entered` : null;
  return html`<section><h2 id="deviations">Deviations from the plan</h2>
<p><b>As the record shows them:</b> ${recorded}</p>${recorded === null ? list(dora?.deviations ?? []) : null}
<p><b>As people entered them:</b> ${people}</p>${people === null ? list(entered ?? []) : null}</section>`;
}
