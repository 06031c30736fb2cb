import type { Report, View } from '../check/report-schema.ts';
import { formatDuration } from '../duration.ts';
import { chartSvg } from './chart.ts';
import { durationOrUnknown, formatWall, plural, UNKNOWN } from './format.ts';
import { html, type Markup } from './markup.ts';
import { page } from './page.ts';
import { colour } from './palette.ts';
import { badge, table } from './table.ts';
import { oneLine, textTable, wrap } from './text-table.ts';
import { lossWords, overallRpo, rpoTimeWords, rtoWords, VERDICT_ICON, VERDICT_WORD } from './wording.ts';

/** Runs by scenario, each in the order in which they started. */
function byScenario(reports: readonly Report[]): [string, Report[]][] {
  const groups = Map.groupBy(reports, (report) => report.run.scenario);
  return [...groups]
    .map(([scenario, runs]): [string, Report[]] => [
      scenario,
      runs.toSorted((a, b) => compare(a.run.started, b.run.started) || compare(a.run.id, b.run.id)),
    ])
    .toSorted(([a], [b]) => compare(a, b));
}

/** By code unit, so that the order is the same whatever the machine's language. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function servicesOf(runs: readonly Report[]): string[] {
  return [...new Set(runs.flatMap((report) => report.views.map((view) => view.service)))].filter((name) => name !== '');
}

function viewOf(report: Report, service: string): View | undefined {
  return report.views.find((view) => view.service === service);
}

function rtoOf(report: Report, service: string): string {
  const view = viewOf(report, service);
  return view === undefined ? UNKNOWN : rtoWords(view.rto);
}

function p95Of(report: Report, service: string): string {
  return durationOrUnknown(viewOf(report, service)?.latency.after.response.p95 ?? null);
}

function rpoOf(report: Report): string {
  const rpo = overallRpo(report);
  return rpo === null || rpo.ledger === 0 ? UNKNOWN : rpoTimeWords(rpo.rpo_us);
}

function lostOf(report: Report): string {
  const rpo = overallRpo(report);
  return lossWords(rpo?.lost ?? null, rpo?.ledger ?? 0).large;
}

/** Every run of each scenario over time, for a terminal: one table for each service of it. */
export function renderHistory(reports: readonly Report[], options: { readonly width: number }): string {
  const width = Math.min(100, Math.max(40, options.width));
  if (reports.length === 0) return 'No run was found.\n';
  const heads = ['STARTED (UTC)', 'VERDICT', 'OUTCOME', 'RTO', 'RPO', 'LOST', 'P95 AFTER'].map((head, i) =>
    i < 3 ? { head } : { head, align: 'right' as const },
  );
  const blocks = byScenario(reports).map(([scenario, runs]) => {
    const tables = (servicesOf(runs).length === 0 ? [''] : servicesOf(runs)).map((service) => [
      ...(service === '' ? [] : wrap(service, width)),
      ...textTable(
        heads,
        runs.map((report) => [
          formatWall(report.run.started).replace(/ UTC$/, ''),
          `${VERDICT_ICON[report.verdict]} ${VERDICT_WORD[report.verdict]}`,
          report.run.outcome,
          rtoOf(report, service),
          rpoOf(report),
          lostOf(report),
          p95Of(report, service),
        ]),
        width,
      ),
    ]);
    return [
      ...wrap(`${scenario}: ${plural(runs.length, 'run')}; RPO and lost writes of all services, at failover`, width),
      '',
      ...tables.map((lines) => `${lines.join('\n')}\n`),
    ].join('\n');
  });
  return `${blocks.join('\n')}`;
}

/** Every run of each scenario over time as a page: a table and one plot for each. */
export function renderHistoryHtml(reports: readonly Report[]): string {
  const sections = byScenario(reports).map(([scenario, runs], i) => {
    const services = servicesOf(runs);
    return html`<section><h2>${scenario}</h2><p class="lead">${plural(runs.length, 'run')}, oldest first. RPO and lost writes are of all services together, at failover; P95 is that of the phase after.</p>
${historyPlot(runs, services, `h${i}`)}
${table(
  runs.map((report, n) => ({ report, n: n + 1 })),
  [
    { head: 'Run', kind: 'num', cell: ({ n }) => String(n) },
    { head: 'Started', kind: 'tight', cell: ({ report }) => formatWall(report.run.started) },
    { head: 'Verdict', kind: 'tight', cell: ({ report }) => badge(report.verdict) },
    { head: 'Outcome', cell: ({ report }) => report.run.outcome },
    ...services.map((service) => ({
      head: `RTO of ${service}`,
      cell: ({ report }: { report: Report }) => rtoOf(report, service),
    })),
    { head: 'RPO', kind: 'tight', cell: ({ report }) => rpoOf(report) },
    { head: 'Lost', cell: ({ report }) => lostOf(report) },
    ...services.map((service) => ({
      head: `P95 of ${service}`,
      cell: ({ report }: { report: Report }) => p95Of(report, service),
    })),
  ],
)}</section>`;
  });
  return page(
    `History: ${plural(reports.length, 'run')}`,
    html`<header><h1>History of runs</h1><p class="runline">${plural(reports.length, 'run')}, ${plural(sections.length, 'scenario')}</p></header>${sections.length === 0 ? html`<p>No run was found.</p>` : sections}`,
  );
}

const SYMBOL = { pass: 'circle', fail: 'diamond', unknown: 'emptyTriangle' } as const;
const STYLES = ['main', 'second', 'third'] as const;

/** RTO, RPO and P95 of each run beside each other, each on a logarithmic axis; what is none or unknown has no point. */
function historyPlot(runs: readonly Report[], services: readonly string[], id: string): Markup {
  type Pick = (report: Report) => number | null;
  const panels: { title: string; lines: { name: string; pick: Pick }[] }[] = [
    {
      title: 'RTO',
      lines: services.map((name) => ({
        name,
        pick: (report) => viewOf(report, name)?.rto.value_us ?? null,
      })),
    },
    {
      title: 'RPO at failover, worst end',
      lines: [{ name: 'all', pick: (report) => overallRpo(report)?.rpo_us?.upper ?? null }],
    },
    {
      title: 'P95 after',
      lines: services.map((name) => ({
        name,
        pick: (report) => viewOf(report, name)?.latency.after.response.p95 ?? null,
      })),
    },
  ];
  const font = { color: colour('muted'), fontSize: 12 };
  const every = Math.ceil(runs.length / 12);
  const legend = services
    .map((name, i) => `${['\u2500\u2500', '\u2504\u2504', '\u00b7\u00b7'][i % 3]} ${oneLine(name)}`)
    .join('   ');
  const series = panels.flatMap((panel, p) =>
    panel.lines.map((line, l) => ({
      type: 'line',
      xAxisIndex: p,
      yAxisIndex: p,
      silent: true,
      showSymbol: true,
      showAllSymbol: true,
      symbolSize: 8,
      connectNulls: false,
      lineStyle: { color: colour(STYLES[l % 3] ?? 'main'), width: 1.2, type: ['solid', [6, 3], [2, 3]][l % 3] },
      itemStyle: { color: colour(STYLES[l % 3] ?? 'main') },
      data: runs.map((report) => ({ value: positive(line.pick(report)), symbol: SYMBOL[report.verdict] })),
    })),
  );
  const option = {
    grid: panels.map((_, p) => ({ left: 70, right: 16, top: 34 + p * 130, height: 84 })),
    title: panels.map((panel, p) => ({
      text: p === 1 ? panel.title : `${panel.title}   ${legend}`,
      left: 65,
      top: 8 + p * 130,
      padding: 5,
      textStyle: { ...font, fontWeight: 'normal' },
    })),
    xAxis: panels.map((_, p) => ({
      type: 'category',
      gridIndex: p,
      data: runs.map((_run, n) => String(n + 1)),
      axisLine: { onZero: false, lineStyle: { color: colour('muted') } },
      axisTick: { show: false },
      axisLabel: { show: p === 2, interval: (n: number) => n % every === 0, ...font },
    })),
    yAxis: panels.map((panel, p) => ({
      type: 'log',
      gridIndex: p,
      ...decades(panel.lines.flatMap(({ pick }) => runs.map(pick))),
      axisLabel: { formatter: (us: number) => formatDuration(Math.round(us)), ...font },
      splitLine: { lineStyle: { color: colour('grid') } },
    })),
    series,
  };
  const description = runs
    .map(
      (report, n) =>
        `Run ${n + 1}, ${VERDICT_WORD[report.verdict]}: ${services.map((name) => `RTO of ${name} ${rtoOf(report, name)}, P95 ${p95Of(report, name)}`).join('; ')}; RPO ${rpoOf(report)}`,
    )
    .join('. ');
  return html`<figure><figcaption>By run, oldest first: filled circle PASS, diamond FAIL, hollow triangle UNKNOWN. A service that was not restored stands at the time so far; no outage, none lost and unknown have no point.</figcaption>${chartSvg(option, 860, 410, { id, title: 'RTO, RPO and P95 of every run', description })}</figure>`;
}

function positive(value: number | null): number | null {
  return value === null || value <= 0 ? null : value;
}

function decades(values: readonly (number | null)[]): { min: number; max: number } {
  const known = values.filter((value) => value !== null && value > 0) as number[];
  if (known.length === 0) return { min: 1_000, max: 1_000_000 };
  const low = known.reduce((a, b) => Math.min(a, b));
  const high = known.reduce((a, b) => Math.max(a, b));
  const min = 10 ** Math.floor(Math.log10(low));
  return { min, max: Math.max(min * 10, 10 ** Math.ceil(Math.log10(high))) };
}
