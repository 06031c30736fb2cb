import type { LastWriteWinsReport } from '../check/overwrites-schema.ts';
import type { Report } from '../check/report-schema.ts';
import { formatCount, formatOffset } from './format.ts';
import { html, type Markup } from './markup.ts';
import { table } from './table.ts';
import { originOf } from './time-axis.ts';
import { undoneWords } from './wording.ts';

/** What last-write-wins did to acknowledged overwrites; nothing where nobody overwrote anything. */
export function overwritesSection(report: Report): Markup | null {
  const { lastWriteWins: probes = [] } = report;
  if (probes.length === 0) return null;
  const { originUs } = originOf(report);
  const span = ({ undoneFrom_us: from, undoneTo_us: to }: LastWriteWinsReport): string =>
    from === null || to === null ? 'none' : `${formatOffset(from - originUs)} to ${formatOffset(to - originUs)}`;
  return html`<section><h2 id="overwrites">Overwrites: what last-write-wins undid</h2>
<p class="lead">Clients of every site overwrite the same registers. An acknowledged overwrite is undone when an older one, which was over before it began, is read in its place afterwards, at the site that acknowledged it. RPO counts the row of its own that each write has beside it: this is no part of RPO, nor of the verdict.</p>
${table(probes, [
  { head: 'Probe', kind: 'row', cell: ({ probe }) => probe },
  { head: 'Registers', kind: 'num', cell: ({ registers }) => formatCount(registers) },
  { head: 'Acknowledged', kind: 'num', cell: ({ acknowledged }) => formatCount(acknowledged) },
  { head: 'Undone, at least', kind: 'num', cell: ({ undone }) => formatCount(undone) },
  { head: 'Found', kind: 'num', cell: ({ kept }) => formatCount(kept) },
  { head: 'Not looked at in time', kind: 'num', cell: ({ unproven }) => formatCount(unproven) },
  { head: 'Undone ones acknowledged', cell: span },
  { head: 'Wrong in the end, at least', kind: 'num', cell: ({ wrongInTheEnd }) => formatCount(wrongInTheEnd) },
])}
${probes.map((probe) => undoneOf(probe, originUs))}</section>`;
}

function undoneOf(row: LastWriteWinsReport, originUs: number): Markup | null {
  if (row.undone === 0) return null;
  const omitted = row.omitted === 0 ? '' : ` (${formatCount(row.omitted)} more are not listed)`;
  return html`<details><summary>${row.probe}: ${undoneWords(row)}; the first ${formatCount(row.list.length)} by name${omitted}</summary>
${table(row.sites, [
  { head: 'Acknowledged by', kind: 'row', cell: ({ site }) => site },
  { head: 'Overwrites', kind: 'num', cell: ({ acknowledged }) => formatCount(acknowledged) },
  { head: 'Undone, at least', kind: 'num', cell: ({ undone }) => formatCount(undone) },
])}
${table(
  row.list,
  [
    { head: 'Key', cell: ({ key }) => html`<code>${key}</code>` },
    { head: 'Register', kind: 'num', cell: ({ register }) => formatCount(register) },
    { head: 'Acknowledged', kind: 'tight', cell: (one) => formatOffset(one.acknowledged_us - originUs) },
    { head: 'By', cell: ({ site }) => site },
    { head: 'The older one', cell: ({ winner }) => html`<code>${winner.key}</code>` },
    { head: 'Acknowledged', kind: 'tight', cell: ({ winner }) => formatOffset(winner.acknowledged_us - originUs) },
    { head: 'By', cell: ({ winner }) => winner.site },
  ],
  { stack: false },
)}</details>`;
}
