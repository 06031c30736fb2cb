import type { Report, Series, View } from '../check/report-schema.ts';
import { formatCount, formatOffset, plural } from './format.ts';
import { html, type Markup } from './markup.ts';
import { trafficPlot } from './plot-traffic.ts';
import { plotFrame, type TimeFrame } from './time-axis.ts';
import { viewName } from './wording.ts';

/** More sites than these are drawn as the busiest of them; all stand in the table of the views. */
const MOST_SITES = 8;

/** Where each service's operations went over time, and how many waited; nothing where no service was measured. */
export function trafficFigures(report: Report): Markup | null {
  const services = report.timeline.series.filter(({ service }) => service !== '');
  if (services.length === 0) return null;
  const frame = plotFrame(report);
  return html`<h3 id="traffic">Traffic of each site, and backlog</h3>
<p class="lead">By intended time. An operation waits from the instant at which it is due until it has an answer, or until its timeout; one that was not ok is not tried again by the harness, and waits no longer.</p>
${services.map((series, i) => figure(report, series, frame, `traffic${i}`))}`;
}

function figure(report: Report, series: Series, frame: TimeFrame, id: string): Markup {
  const view =
    report.views.find(
      (one) => one.probe === series.probe && one.service === series.service && one.client === series.client,
    ) ?? null;
  const caption = (words: string): Markup => html`<figcaption><b>${viewName(series)}</b> ${words}</figcaption>`;
  if (!series.buckets.some((bucket) => bucket.bySite !== undefined && bucket.waiting !== undefined))
    return html`<figure>${caption('Not in this report: it was made before traffic and backlog were in it, or nothing was measured.')}</figure>`;
  const sites = sitesOf(series);
  const shown = sites.slice(0, MOST_SITES);
  const words = `${trafficWords(series, sites, frame)} ${waitingWords(series, view, report.timeline.bucket_us, frame)}`;
  const plot = {
    series,
    bucketUs: report.timeline.bucket_us,
    frame,
    faults: report.faults,
    view,
    sites: shown.map(([site]) => site),
  };
  const text = {
    title: `${viewName(series)}: operations sent to each site, and operations that waited, over time`,
    description: words,
  };
  return html`<figure>${caption(words)}<div class="wide">${trafficPlot(plot, 860, { id: `${id}w`, ...text })}</div><div class="narrow">${trafficPlot(plot, 420, { id: `${id}n`, ...text })}</div></figure>`;
}

/** Every site with its operations, the busiest first. */
function sitesOf({ buckets }: Series): [string, number][] {
  const counts = new Map<string, number>();
  for (const { bySite = {} } of buckets)
    for (const [site, n] of Object.entries(bySite)) counts.set(site, (counts.get(site) ?? 0) + n);
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
}

function trafficWords({ buckets }: Series, sites: readonly [string, number][], frame: TimeFrame): string {
  if (sites.length === 0) return 'No operation was sent.';
  const offset = (us: number): string => formatOffset(us - frame.originUs);
  const all = sites.map(([site, n]) => {
    const used = buckets.filter(({ bySite = {} }) => (bySite[site] ?? 0) > 0);
    return `${site} ${formatCount(n)}, first in the step at ${offset(used[0]?.t_us ?? 0)}, last at ${offset(used.at(-1)?.t_us ?? 0)}`;
  });
  return `Operations sent to ${all.join('; ')}.`;
}

function waitingWords({ buckets }: Series, view: View | null, bucketUs: number, frame: TimeFrame): string {
  const most = buckets.reduce(
    (top, bucket) => ((bucket.waiting ?? 0) > (top?.waiting ?? 0) ? bucket : top),
    buckets[0],
  );
  const unserved =
    view === null
      ? ''
      : ` ${formatCount(view.operations.total - view.operations.ok)} of ${plural(view.operations.total, 'operation')} in all not ok, and not tried again.`;
  if (most === undefined || (most.waiting ?? 0) === 0) return `None waited at the end of any step.${unserved}`;
  const at = formatOffset(most.t_us + bucketUs - frame.originUs);
  const last = buckets.at(-1)?.waiting ?? 0;
  return `Most that waited: ${formatCount(most.waiting ?? 0)}, at ${at}; at the end ${last === 0 ? 'none' : formatCount(last)}.${unserved}`;
}
