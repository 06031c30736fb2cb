import { sitesOf } from '../check/faults.ts';
import type { FaultReport, Report, Series, View } from '../check/report-schema.ts';
import { formatDuration } from '../duration.ts';
import { totalOf } from './buckets.ts';
import { durationOrUnknown, formatCount, formatOffset, formatPercent, plural } from './format.ts';
import { html, type Markup, trusted } from './markup.ts';
import { lossPlot } from './plot-loss.ts';
import { NARROW, viewPlot, WIDE } from './plot-view.ts';
import { trafficFigures } from './section-traffic.ts';
import { phaseSpans } from './service-phases.ts';
import { type Mark, type StripRow, strip } from './strip.ts';
import { table } from './table.ts';
import { plotFrame, runFrame } from './time-axis.ts';
import { lostSentence, objectiveTarget, overallRpo, viewName } from './wording.ts';

/** What happened, in order: the run's phases, the faults, the outages and the events on one axis. */
export function sequenceSection(report: Report): Markup {
  const frame = runFrame(report);
  if (report.timeline.phases.length === 0 && report.faults.length === 0) {
    return html`<section><h2 id="sequence">What happened</h2><p>Nothing was recorded.</p></section>`;
  }
  const length = (fromUs: number, toUs: number): string => formatDuration(toUs - fromUs);
  const offset = (us: number): string => formatOffset(us - frame.originUs);
  const phases = report.timeline.phases.map(
    (phase): StripRow => ({
      name: phase.phase,
      marks: [{ fromUs: phase.from_us, toUs: phase.to_us, kind: 'plain' }],
      length: length(phase.from_us, phase.to_us),
      description: `Phase ${phase.phase} from ${offset(phase.from_us)}, for ${length(phase.from_us, phase.to_us)}`,
    }),
  );
  const faults = report.faults.map((fault) => faultRow(fault, frame.toUs, offset));
  const outages = report.views
    .filter((view) => view.outages.length > 0)
    .map(
      (view): StripRow => ({
        name: viewName(view),
        marks: view.outages.map((outage) => ({
          fromUs: outage.down_us,
          toUs: outage.up_us ?? frame.toUs,
          kind: 'outage',
        })),
        length: view.outages.some((outage) => outage.up_us === null)
          ? 'open'
          : formatDuration(view.outages.reduce((sum, outage) => sum + (outage.length_us ?? 0), 0)),
        description: `${viewName(view)}: ${view.outages.map((outage) => `down at ${offset(outage.down_us)}, ${outage.up_us === null ? 'open at the end' : `up at ${offset(outage.up_us)}`}`).join('; ')}`,
      }),
    );
  const events = [...Map.groupBy(report.timeline.events, (event) => event.type)].map(
    ([type, of]): StripRow => ({
      name: type,
      marks: of.map((event) => ({ fromUs: event.at_us, toUs: event.at_us, kind: 'tick' })),
      length: of.length === 1 ? offset(of[0]?.at_us ?? 0) : `${of.length} times`,
      description: `${type}: ${of.map((event) => `${event.text} at ${offset(event.at_us)}`).join('; ')}`,
    }),
  );
  return html`<section><h2 id="sequence">What happened</h2>
<p class="lead">Minutes and seconds from ${frame.originName}, which is 0 in this whole report. A fault’s bar is hollow from its request until it is seen to be in force, solid while it is, and hollow again from its release until it is seen to be gone.</p>
${strip(
  [
    { head: 'Phases of the run', rows: phases },
    { head: 'Faults', rows: faults },
    { head: 'Outages, as clients saw them', rows: outages },
    { head: 'Events', rows: events },
  ],
  frame,
)}
${
  report.timeline.events.length === 0
    ? null
    : html`<h3>Events</h3>${table(
        report.timeline.events,
        [
          { head: 'At', kind: 'tight', cell: (event) => offset(event.at_us) },
          { head: 'Event', cell: (event) => event.type },
          { head: 'What', cell: (event) => event.text },
        ],
        { stack: false },
      )}`
}</section>`;
}

function faultRow(fault: FaultReport, endUs: number, offset: (us: number) => string): StripRow {
  const { requested, effective, releaseRequested, gone } = fault;
  const marks: Mark[] = [];
  const over = gone?.notAfter_us ?? endUs;
  const inForce = effective?.notAfter_us;
  if (requested) marks.push({ fromUs: requested.notBefore_us, toUs: inForce ?? over, kind: 'hollow' });
  if (inForce !== undefined)
    marks.push({ fromUs: inForce, toUs: releaseRequested?.notBefore_us ?? over, kind: 'solid' });
  if (inForce !== undefined && releaseRequested)
    marks.push({ fromUs: releaseRequested.notBefore_us, toUs: over, kind: 'hollow' });
  const say = (what: string, instant: { notAfter_us: number } | null): string =>
    instant === null ? `never ${what}` : `${what} ${offset(instant.notAfter_us)}`;
  return {
    name: `${fault.id} on ${sitesOf(fault)}`,
    marks,
    length:
      effective === null
        ? 'not seen'
        : gone === null
          ? 'not gone'
          : formatDuration(gone.notAfter_us - effective.notBefore_us),
    description: `Fault ${fault.id} on ${sitesOf(fault)}: ${[say('requested', requested), say('effective', effective), say('release requested', releaseRequested), say('gone', gone)].join(', ')}`,
  };
}

const LEGEND: readonly [string, string][] = [
  ['<line x1="0" x2="30" y1="7" y2="7" stroke="#1d4f91" stroke-width="2.2"/>', 'success; P95'],
  [
    '<line x1="0" x2="30" y1="7" y2="7" stroke="#66707c" stroke-width="1.6" stroke-dasharray="1.5 2.5"/>',
    'P50; shed and gaps (ours)',
  ],
  [
    '<line x1="0" x2="30" y1="7" y2="7" stroke="#6b3fa0" stroke-width="1.6" stroke-dasharray="5 2.5"/>',
    'P99; info (perhaps applied)',
  ],
  [
    '<circle cx="6" cy="9" r="1.6" fill="#66707c"/><circle cx="15" cy="4" r="1.6" fill="#66707c"/><circle cx="24" cy="8" r="1.6" fill="#66707c"/>',
    'maximum',
  ],
  ['<line x1="0" x2="30" y1="7" y2="7" stroke="#b3251b" stroke-width="2"/>', 'fail (certainly not applied)'],
  ['<line x1="0" x2="30" y1="7" y2="7" stroke="#1a1d21" stroke-width="1.4" stroke-dasharray="8 3 2 3"/>', 'target'],
  ['<rect width="30" height="14" fill="#f4d6d2"/>', 'outage'],
  ['<rect width="30" height="14" fill="#ececf1"/>', 'fault in force'],
  ['<line x1="15" x2="15" y1="0" y2="14" stroke="#1a1d21" stroke-width="1.4"/>', 'fault requested'],
  ['<line x1="15" x2="15" y1="0" y2="14" stroke="#1a1d21" stroke-width="1.4" stroke-dasharray="2 3"/>', 'fault gone'],
];

/** Success, errors and latency over time: services large, the sites' own probes as small multiples of the same. */
export function plotsSection(report: Report): Markup {
  const frame = plotFrame(report);
  const { series, bucket_us } = report.timeline;
  const range = latencyRange(report);
  const figures = series.map((one, i) => {
    const view =
      report.views.find(
        (v) => v.probe === one.probe && v.service === one.service && v.site === one.site && v.client === one.client,
      ) ?? null;
    const targets = report.objectives.flatMap(({ objective }) =>
      objective.metric === 'latency' && objective.service === one.service
        ? [
            {
              us: objective.target_us,
              label: `P${objective.quantile * 100} ${objectiveTarget(objective)}, ${objective.phase}`,
            },
          ]
        : [],
    );
    const plot = {
      series: one,
      view,
      bucketUs: bucket_us,
      frame,
      faults: report.faults,
      phases: view === null ? [] : phaseSpans(report, view, frame.toUs),
      targets: distinct(targets),
      latencyRange: range,
    };
    const text = {
      title: `${viewName(one)}: success, errors a second and latency over time`,
      description: describe(one, view),
    };
    const caption = html`<figcaption><b>${viewName(one)}</b> ${view === null ? '' : `${view.rate} operations a second, clients ${view.client}`}</figcaption>`;
    if (one.service === '')
      return {
        site: true,
        figure: html`<figure>${caption}${viewPlot(plot, NARROW, { id: `p${i}`, ...text })}</figure>`,
      };
    return {
      site: false,
      figure: html`<figure>${caption}<div class="wide">${viewPlot(plot, WIDE, { id: `p${i}w`, ...text })}</div><div class="narrow">${viewPlot(plot, NARROW, { id: `p${i}n`, ...text })}</div></figure>`,
    };
  });
  if (figures.length === 0)
    return html`<section><h2 id="plots">Over time</h2><p>No operation was recorded.</p></section>`;
  const sites = figures.filter((one) => one.site);
  return html`<section><h2 id="plots">Over time</h2>
<p class="lead">By intended time, in steps of ${formatDuration(bucket_us)} or, where there is no room, of several: then counts are added and the worst percentile is drawn. Latency is on a logarithmic axis, the same for all.</p>
<ul class="legend">${LEGEND.map(([shape, label]) => html`<li><svg aria-hidden="true">${trusted(shape)}</svg>${label}</li>`)}</ul>
${figures.filter((one) => !one.site).map((one) => one.figure)}
${lostOverTime(report)}
${trafficFigures(report)}
${sites.length === 0 ? null : html`<h3>Each site, as its own probe saw it</h3><div class="grid">${sites.map((one) => one.figure)}</div>`}</section>`;
}

function distinct(targets: readonly { us: number; label: string }[]): { us: number; label: string }[] {
  return [...new Map(targets.map((target) => [target.us, target])).values()];
}

/** The decades that hold every latency and target of the report. */
function latencyRange(report: Report): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, 0];
  const take = (us: number | null): void => {
    if (us === null) return;
    low = Math.min(low, Math.max(1, us));
    high = Math.max(high, us);
  };
  for (const { buckets } of report.timeline.series)
    for (const bucket of buckets) for (const us of [bucket.p50, bucket.p95, bucket.p99, bucket.max]) take(us);
  for (const { objective } of report.objectives) if (objective.metric === 'latency') take(objective.target_us);
  if (low > high) return [1_000, 1_000_000];
  const from = 10 ** Math.floor(Math.log10(low));
  return [from, Math.max(from * 10, 10 ** Math.ceil(Math.log10(high)))];
}

function describe(series: Series, view: View | null): string {
  const total = series.buckets.reduce((sum, bucket) => sum + totalOf(bucket), 0);
  const ok = series.buckets.reduce((sum, bucket) => sum + bucket.ok, 0);
  const worst = (pick: 'p95' | 'max'): number | null =>
    series.buckets.reduce<number | null>(
      (top, bucket) => (bucket[pick] === null ? top : Math.max(top ?? 0, bucket[pick])),
      null,
    );
  const outages =
    view === null || view.outages.length === 0
      ? 'No outage.'
      : `${plural(view.outages.length, 'outage')}, ${view.outages.map((outage) => (outage.length_us === null ? 'open at the end' : formatDuration(outage.length_us))).join(', ')}.`;
  const share =
    total === 0
      ? 'No operation.'
      : `${formatCount(ok)} of ${plural(total, 'operation')} ok (${formatPercent(ok / total)}).`;
  return `${share} ${outages} Highest P95 of one step ${durationOrUnknown(worst('p95'))}, highest response time ${durationOrUnknown(worst('max'))}.`;
}

function lostOverTime(report: Report): Markup {
  const rpo = overallRpo(report);
  const words = lostSentence(rpo?.lost ?? null, rpo?.ledger ?? 0);
  const caption = html`<figcaption><b>Lost writes over time</b> by their acknowledgement, as read back at failover: ${words}</figcaption>`;
  if (report.timeline.lost.length === 0)
    return html`<figure>${caption}<p>Not measured: the writes were not read back.</p></figure>`;
  const frame = plotFrame(report);
  const text = {
    title: 'Lost writes over time',
    description: `Acknowledged and lost writes a step of ${formatDuration(report.timeline.bucket_us)}: ${words}.`,
  };
  return html`<figure>${caption}<div class="wide">${lossPlot(report, frame, 860, { id: 'losswide', ...text })}</div><div class="narrow">${lossPlot(report, frame, 420, { id: 'lossnarrow', ...text })}</div></figure>`;
}
