import type { Outage } from '../check/outage-schema.ts';
import type { Report, RtoClock, View } from '../check/report-schema.ts';
import { formatDuration } from '../duration.ts';
import {
  durationOrUnknown,
  formatCount,
  formatInstant,
  formatInterval,
  formatOffset,
  formatPercent,
  formatPeriod,
  UNKNOWN,
} from './format.ts';
import { html, type Markup } from './markup.ts';
import { markOf } from './strip.ts';
import { badge, table } from './table.ts';
import { originOf } from './time-axis.ts';
import { KEPT_WORD, promisedWords, promiseWords, rtoWords, viewName } from './wording.ts';

/** The clocks of RTO of each service, each with a bar from the disaster's request. */
export function clocksSection(report: Report): Markup {
  const services = report.views.filter((view) => view.service !== '');
  const { originUs } = originOf(report);
  return html`<section><h2 id="clocks">The clocks of RTO</h2>
<p class="lead">From the disaster’s request to each step of the recovery. RTO runs from the last instant at which the fault was surely not yet in force to “SLO restored”; the true value lies within its bounds. A bar is solid up to the lower bound of its instant, hollow up to the upper one; » goes on beyond the scale.</p>
${services.length === 0 ? html`<p>No service was measured.</p>` : services.map((view) => clocksOf(view, originUs))}</section>`;
}

function clocksOf(view: View, originUs: number): Markup {
  const { rto } = view;
  const restored = ['requested', 'effective', 'detected', 'failover decided', 'first success', 'SLO restored'];
  const ends = view.clocks.flatMap((clock) =>
    clock.at !== null && restored.includes(clock.clock) ? [clock.at.notAfter_us - originUs] : [],
  );
  const scaleUs = Math.max(1, ...ends) * 1.04;
  const bounds =
    rto.bounds === null || rto.bounds.lower === rto.bounds.upper
      ? ''
      : `; the true value is ${formatInterval(rto.bounds, formatDuration)}`;
  return html`<h3>${viewName(view)}: RTO <span class="${rto.state === 'measured' || rto.state === 'none' ? '' : 'unknown'}">${rtoWords(rto)}</span><span class="small">${bounds}${rto.note === '' ? '' : `; ${rto.note}`}</span></h3>
${table(view.clocks, [
  { head: 'Clock', kind: 'row', cell: (clock) => clock.clock },
  {
    head: 'At',
    cell: (clock) =>
      clock.at === null
        ? clock.note === ''
          ? UNKNOWN
          : 'not reached or not known'
        : formatInstant(clock.at, originUs),
  },
  {
    head: `0 to ${formatDuration(Math.round(scaleUs))}`,
    kind: 'bar',
    cell: (clock) => bar(clock, originUs, scaleUs),
  },
  { head: 'Seen by', cell: (clock) => clock.observer },
  { head: 'Note', cell: (clock) => clock.note },
])}`;
}

function bar(clock: RtoClock, originUs: number, scaleUs: number): Markup {
  if (clock.at === null) return html``;
  const [from, to] = [clock.at.notBefore_us - originUs, clock.at.notAfter_us - originUs];
  const frame = { fromUs: 0, toUs: scaleUs };
  const label = `${clock.clock} at ${formatInstant(clock.at, originUs)}`;
  if (from > scaleUs) {
    return html`<svg height="18" role="img" aria-label="${label}"><title>${label}</title>${markOf({ fromUs: 0, toUs: scaleUs * 0.9, kind: 'plain' }, frame)}<text x="92%" y="14" font-size="14" fill="currentColor">\u00bb</text></svg>`;
  }
  return html`<svg height="18" role="img" aria-label="${label}"><title>${label}</title>${markOf({ fromUs: 0, toUs: Math.max(0, from), kind: 'solid' }, frame)}${to > from ? markOf({ fromUs: Math.max(0, from), toUs: to, kind: 'hollow' }, frame) : null}${to <= 0 ? markOf({ fromUs: 0, toUs: 0, kind: 'tick' }, frame) : null}</svg>`;
}

/** What the plan of the platform promises beside the objectives, next to what was measured; nothing where it promises nothing. */
export function promisesSection({ promises = [] }: Report): Markup | null {
  if (promises.length === 0) return null;
  return html`<section><h2 id="promises">Promises</h2>
<p class="lead">What the plan of the platform promises beside the objectives. No part of the verdict. What a stand-in of ours detected is simulated, and keeps no promise.</p>
${table(promises, [
  { head: 'Promise', kind: 'row', cell: ({ promise }) => promise },
  { head: 'Promised', kind: 'num', cell: promisedWords },
  { head: 'Measured', kind: 'num', cell: promiseWords },
  { head: 'Kept', cell: ({ kept }) => KEPT_WORD[kept] },
  { head: 'Note', cell: ({ note }) => note },
])}</section>`;
}

interface OutageRow {
  readonly view: View;
  readonly outage: Outage;
}

/** Every outage of services and sites, with the bounds of its true start and end. */
export function outagesSection(report: Report): Markup {
  const { originUs } = originOf(report);
  const at = (us: number | null): string => (us === null ? UNKNOWN : formatOffset(us - originUs));
  const bounds = (of: { notBefore_us: number | null; notAfter_us: number | null }): string =>
    `${at(of.notBefore_us)} to ${at(of.notAfter_us)}`;
  const rows = report.views.flatMap((view) => view.outages.map((outage): OutageRow => ({ view, outage })));
  return html`<section><h2 id="outages">Outages</h2>
<p class="lead">As clients saw them: from the intended time of the first operation that was not ok to the completion of the one from which it was up again. The true start and end lie within the bounds.</p>
${
  rows.length === 0
    ? html`<p>${report.views.length === 0 ? 'Nothing was measured.' : 'No outage was seen by any service or site.'}</p>`
    : table(rows, [
        { head: 'Seen by', kind: 'row', cell: ({ view }) => viewName(view) },
        {
          head: 'Length',
          kind: 'tight',
          cell: ({ outage }) =>
            html`<b>${outage.length_us === null ? 'open at the end' : formatDuration(outage.length_us)}</b>`,
        },
        { head: 'Down', kind: 'tight', cell: ({ outage }) => at(outage.down_us) },
        { head: 'True start', cell: ({ outage }) => bounds(outage.start) },
        { head: 'Up', kind: 'tight', cell: ({ outage }) => (outage.up_us === null ? 'not seen' : at(outage.up_us)) },
        { head: 'True end', cell: ({ outage }) => (outage.end === null ? UNKNOWN : bounds(outage.end)) },
        {
          head: 'Not ok',
          cell: ({ outage }) =>
            html`<span>${formatCount(outage.notOk)} of ${formatCount(outage.operations)}<span class="small">${errorWords(outage.errors)}${outage.seenBy === 'window' ? ' (scattered)' : ''}</span></span>`,
        },
      ])
}</section>`;
}

export function errorWords(errors: Readonly<Record<string, number>>): string {
  return Object.entries(errors)
    .toSorted(([, a], [, b]) => b - a)
    .map(([code, n]) => `${code} ${formatCount(n)}`)
    .join(', ');
}

/** Every view's operations: services, and each site as its own probe saw it. */
export function viewsSection(report: Report): Markup {
  return html`<section><h2 id="views">Services, and sites as their own probes saw them</h2>
${
  report.views.length === 0
    ? html`<p>Nothing was measured.</p>`
    : table(report.views, [
        {
          head: 'View',
          kind: 'row',
          cell: (view) =>
            html`${viewName(view)}<span class="small">${view.service === '' ? '' : `${view.probe}, `}clients ${view.client}</span>`,
        },
        { head: 'Operations', kind: 'num', cell: (view) => formatCount(view.operations.total) },
        {
          head: 'Success',
          kind: 'num',
          cell: (view) => (view.successRatio === null ? UNKNOWN : formatPercent(view.successRatio)),
        },
        { head: 'Fail', kind: 'num', cell: (view) => formatCount(view.operations.fail) },
        { head: 'Info', kind: 'num', cell: (view) => formatCount(view.operations.info) },
        {
          head: 'Shed, gaps',
          kind: 'num',
          cell: (view) => `${formatCount(view.operations.shed)}, ${formatCount(view.operations.gaps)}`,
        },
        { head: 'Errors', cell: (view) => errorWords(view.errors) },
        { head: 'Sent to', cell: (view) => errorWords(view.bySite) },
        {
          head: 'Steady before',
          cell: (view) =>
            html`<span>${badge(view.steadyState.verdict)}<span class="small">${view.steadyState.note}</span></span>`,
        },
      ])
}</section>`;
}

/** Availability, downtime, and what of the budget the run consumed. */
export function availabilitySection(report: Report): Markup {
  const budgets = report.objectives.filter((result) => result.objective.metric === 'availability');
  return html`<section><h2 id="availability">Availability and downtime</h2>
<p class="lead">Downtime is the sum of the outages that clients saw and of the windows outside them that missed the objective. It is not RTO.</p>
${
  report.views.length === 0
    ? html`<p>Nothing was measured.</p>`
    : table(report.views, [
        { head: 'View', kind: 'row', cell: viewName },
        {
          head: 'Downtime',
          cell: (view) =>
            view.downtime_us.lower === 0 && view.downtime_us.upper === 0
              ? 'none seen'
              : formatInterval(view.downtime_us, formatDuration),
        },
        {
          head: 'Ok, share of operations',
          cell: (view) => (view.successRatio === null ? UNKNOWN : formatPercent(view.successRatio)),
        },
        {
          head: 'Violating windows outside outages',
          cell: (view) =>
            view.violatingWindows.length === 0
              ? 'none'
              : `${formatCount(view.violatingWindows.length)}, ${formatDuration(view.violatingWindows.reduce((sum, w) => sum + w.to_us - w.from_us, 0))}`,
        },
      ])
}
${budgets.map((result) => (result.objective.metric === 'availability' ? html`<p>Of the budget of <b>${result.objective.service}</b>, ${formatDuration(Math.round((1 - result.objective.target) * result.objective.over_us))} in ${formatPeriod(result.objective.over_us)}, this run consumed <b>${formatInterval(result.measured, formatPercent)}</b>.</p>` : null))}
<p>Backlog cleared (the read-back complete at every site): <b>${report.backlogCleared_us === null ? 'not measured' : formatOffset(report.backlogCleared_us - originOf(report).originUs)}</b></p></section>`;
}

/** Latency in each phase: response of ok operations, of all, and service time. */
export function latencySection(report: Report): Markup {
  const services = report.views.filter((view) => view.service !== '');
  const shown = services.length > 0 ? services : report.views;
  const rows = (
    view: View,
  ): { phase: string; kind: string; q: View['latency']['before']['response']; operations: number; ok: number }[] =>
    (['before', 'outage', 'failed-over', 'after'] as const).flatMap((phase) => {
      const of = view.latency[phase];
      return (['response', 'all', 'service'] as const).map((kind) => ({
        phase,
        kind,
        q: of[kind],
        operations: of.operations,
        ok: of.ok,
      }));
    });
  const words: Record<string, string> = { response: 'response, ok', all: 'response, all', service: 'service time, ok' };
  return html`<section><h2 id="latency">Latency before, in the outage, failed over and after</h2>
<p class="lead">Exact values, nearest rank. “Response, all” counts an operation that was not ok with the larger of its elapsed time and its timeout. “Service time” leaves out the wait for a late harness.</p>
${shown.map(
  (view) =>
    html`<h3>${viewName(view)}</h3>${table(
      rows(view),
      [
        { head: 'Phase', kind: 'row', cell: (row) => row.phase },
        { head: 'Of', cell: (row) => words[row.kind] ?? row.kind },
        { head: 'n', kind: 'num', cell: (row) => formatCount(row.q.n) },
        { head: 'P50', kind: 'num', cell: (row) => durationOrUnknown(row.q.p50) },
        { head: 'P90', kind: 'num', cell: (row) => durationOrUnknown(row.q.p90) },
        { head: 'P95', kind: 'num', cell: (row) => html`<b>${durationOrUnknown(row.q.p95)}</b>` },
        { head: 'P99', kind: 'num', cell: (row) => durationOrUnknown(row.q.p99) },
        { head: 'P99.9', kind: 'num', cell: (row) => durationOrUnknown(row.q.p999) },
        { head: 'Max', kind: 'num', cell: (row) => durationOrUnknown(row.q.max) },
      ],
      { tiles: true },
    )}`,
)}</section>`;
}
