import { sitesOf } from '../check/faults.ts';
import type { FaultReport, Report } from '../check/report-schema.ts';
import { formatDuration } from '../duration.ts';
import {
  durationOrUnknown,
  formatCount,
  formatInstant,
  formatInterval,
  formatOffset,
  formatPercent,
  plural,
  UNKNOWN,
} from './format.ts';
import { html, type Markup } from './markup.ts';
import { badge, table } from './table.ts';
import { TERMS } from './terms.ts';
import { originOf } from './time-axis.ts';

/** Each fault with the proof of its effect and of its end. */
export function faultsSection(report: Report): Markup {
  const { originUs } = originOf(report);
  return html`<section><h2 id="faults">Faults, and the proof of their effect</h2>
<p class="lead">Observed by something other than the request’s own answer and other than the probes. Each instant lies between the last look before it and the one that saw it.</p>
${
  report.faults.length === 0
    ? html`<p>No fault was requested.</p>`
    : table(report.faults, [
        {
          head: 'Fault',
          kind: 'row',
          cell: (fault) =>
            html`${fault.id}<span class="small">${fault.type} on ${sitesOf(fault)}${fault.disaster ? ', the disaster' : ''}</span>`,
        },
        { head: 'Requested', kind: 'tight', cell: (fault) => formatInstant(fault.requested, originUs) },
        {
          head: 'Effective',
          cell: (fault) => proof(fault.effective, fault.observed.effective, 'not seen to be in force', originUs),
        },
        { head: 'While it held', cell: (fault) => held(fault, originUs) },
        {
          head: 'Release requested',
          cell: (fault) => (fault.releaseRequested === null ? 'no' : formatInstant(fault.releaseRequested, originUs)),
        },
        { head: 'Gone', cell: (fault) => proof(fault.gone, fault.observed.gone, 'not seen to be gone', originUs) },
      ])
}</section>`;
}

function proof(instant: FaultReport['gone'], observed: string, missing: string, originUs: number): Markup {
  const seen =
    instant === null ? html`<b class="fail">\u2715 ${missing}</b>` : html`${formatInstant(instant, originUs)}`;
  return html`<span>${seen}<span class="small">${observed}</span></span>`;
}

function held(fault: FaultReport, originUs: number): Markup {
  const lapses = fault.lapsed.map((lapse) => formatInstant(lapse, originUs)).join('; ');
  return html`<span>observed ${plural(fault.observations, 'time')}${lapses === '' ? ', no lapse seen' : html`<b class="fail"> \u2715 lapsed ${lapses}</b>`}</span>`;
}

/** The instrument's proof of itself, apart from the results. */
export function canarySection(report: Report): Markup {
  const { canary } = report;
  return html`<section><h2 id="canary">The instrument’s proof of itself</h2>
<p class="lead">Not a result of the platform. Before the fault the harness deletes rows of its own behind its own back and refuses its own operations for a known time; it must find exactly these. ${badge(canary.verdict)}</p>
${
  canary.proofs.length === 0
    ? html`<p class="notice">There was none.</p>`
    : table(canary.proofs, [
        {
          head: 'Probe',
          kind: 'row',
          cell: (row) => html`${row.probe}<span class="small">clients ${row.client}</span>`,
        },
        { head: 'Rows deleted', kind: 'num', cell: (row) => formatCount(row.loss.deleted) },
        { head: 'found lost', kind: 'num', cell: (row) => formatCount(row.loss.found) },
        { head: 'wrongly lost', kind: 'num', cell: (row) => formatCount(row.loss.wrong) },
        { head: 'Outage made', cell: (row) => formatInterval(row.outage.truth, formatDuration) },
        { head: 'measured', cell: (row) => formatInterval(row.outage.measured, formatDuration) },
        { head: 'error', kind: 'num', cell: (row) => durationOrUnknown(row.outage.error_us) },
        {
          head: 'Verdict',
          cell: (row) => html`<span>${badge(row.verdict)}<span class="small">${row.note}</span></span>`,
        },
      ])
}</section>`;
}

/** How well the harness itself could measure. */
export function qualitySection(report: Report): Markup {
  const { quality } = report;
  const { originUs } = originOf(report);
  const facts = [
    {
      fact: 'Machine suspended',
      value: quality.suspended_us === 0 ? 'not suspended' : formatDuration(quality.suspended_us),
    },
    { fact: 'Wall clock against the run’s clock', value: clockWords(quality.clockOffset_us) },
    {
      fact: 'CPU stolen by other machines',
      value: quality.machine === null ? 'not measured' : formatPercent(quality.machine.steal),
    },
    { fact: 'CPU busy', value: quality.machine === null ? 'not measured' : formatPercent(quality.machine.busy) },
    { fact: 'Load (1 minute)', value: quality.machine === null ? 'not measured' : String(quality.machine.load1) },
  ];
  const tail = (q: { n: number; p50: number; p99: number; max: number }): string =>
    q.n === 0 ? 'not measured' : `${formatDuration(q.p50)}, ${formatDuration(q.p99)}, ${formatDuration(q.max)}`;
  return html`<section><h2 id="quality">Quality of the measurement</h2>
<p class="lead">What the harness measured of itself. An objective that a stall of the harness overlaps is unknown.</p>
${
  quality.clients.length === 0
    ? html`<p>The client processes left no record of themselves.</p>`
    : table(quality.clients, [
        { head: 'Clients', kind: 'row', cell: (row) => row.client },
        { head: 'Operations', kind: 'num', cell: (row) => formatCount(row.operations) },
        { head: 'Lateness P50, P99, max', cell: (row) => tail(row.lateness_us) },
        { head: 'Event-loop delay P50, P99, max', cell: (row) => tail(row.loop_us) },
        { head: 'GC in all', kind: 'num', cell: (row) => formatDuration(row.gc_us) },
        { head: 'CPU', kind: 'num', cell: (row) => formatDuration(row.cpu_us) },
        { head: 'Priority', cell: (row) => priorityOf(row.nice) },
      ])
}
${
  quality.stalls.length === 0
    ? html`<p>No stall of the harness was recorded.</p>`
    : html`<h3>Stalls of the harness</h3>${table(quality.stalls, [
        { head: 'Clients', kind: 'row', cell: (row) => row.client },
        { head: 'From', cell: (row) => formatOffset(row.from_us - originUs) },
        { head: 'Length', cell: (row) => formatDuration(row.to_us - row.from_us) },
        { head: 'Cause', cell: (row) => row.cause },
      ])}`
}
${factTable(facts)}</section>`;
}

/** Between the two clocks lies an epoch, which says nothing: what counts is how well the one is known by the other. */
function clockWords(offset: Report['quality']['clockOffset_us']): string {
  if (offset === null || offset.upper === null) return UNKNOWN;
  return `known to within \u00b1\u00a0${formatDuration(Math.ceil((offset.upper - offset.lower) / 2))}`;
}

function factTable(facts: readonly { fact: string; value: string }[]): Markup {
  return table(
    facts,
    [
      { head: 'Fact', kind: 'row', cell: (row) => row.fact },
      { head: 'Value', cell: (row) => row.value },
    ],
    { stack: false },
  );
}

/** What the platform was, and what this run did not measure. */
export function factsSection(report: Report): Markup {
  return html`<section><h2 id="facts">Facts</h2>
${factTable([{ fact: 'environment', value: report.run.environment }, { fact: 'harness', value: report.harness }, ...report.facts])}
<h2 id="not-measured">Not measured</h2>
${
  report.notMeasured.length === 0
    ? html`<p>The record names nothing that was not measured.</p>`
    : table(report.notMeasured, [
        { head: 'What', kind: 'row', cell: (row) => row.what },
        { head: 'Why', cell: (row) => row.why },
      ])
}</section>`;
}

function again({ masked }: Report): Markup {
  if (masked !== undefined)
    return html`<p>Every figure is computed from the records of the run, which its owner has, and which are not here. The owner, with the mask, makes this report again and compares it to the byte:</p>
<p><code>npm run drill -- verify DIRECTORY --original RUN_DIRECTORY --mask FILE</code></p>`;
  return html`<p>Every figure is computed from the records in this file’s directory, and from nothing else:</p>
<p><code>npm run drill -- check RUN_DIRECTORY</code></p>`;
}

/** How to compute all this again, and what the words mean. */
export function closingSection(report: Report): Markup {
  return html`<section><h2 id="again">Check this again</h2>
${again(report)}
<p class="small">Run ${report.run.id}, harness ${report.harness}; the journal’s last whole event has the hash <code>${report.run.journalHead}</code>. The same version of the harness gives the same report.json to the byte.</p>
<h2 id="terms">Terms</h2>
<dl class="terms">${TERMS.map(([term, meaning]) => html`<dt>${term}</dt><dd>${meaning}</dd>`)}</dl></section>`;
}

function priorityOf(nice: number | undefined): string {
  if (nice === undefined) return 'not recorded';
  return nice < 0 ? `before others (nice ${nice})` : `as others (nice ${nice})`;
}
