import type { LaterWrites } from '../check/later-schema.ts';
import type { Report } from '../check/report-schema.ts';
import { formatDuration } from '../duration.ts';
import { formatCount, formatInterval, formatOffset } from './format.ts';
import { html, type Markup } from './markup.ts';
import { errorWords } from './section-recovery.ts';
import { table } from './table.ts';
import { originOf } from './time-axis.ts';

const noneOrCount = (value: number): string => (value === 0 ? 'none' : formatCount(value));

/** What was acknowledged since the disaster, and what of it is missing; nothing of a run that did not look. */
export function laterSection(report: Report): Markup | null {
  const { later } = report;
  if (!later) return null;
  const { originUs } = originOf(report);
  return html`<section><h2 id="later">What was acknowledged since the disaster</h2>
<p class="lead">By sites that no failover left: while the disaster was in force, and after it. It is in no ledger and not stranded, so the figures of RPO above do not count it. It was looked for at every site at the end of the run; what was missing at one was read once more when hints had had their time, and is missing if it was then (later.csv). What is there more than once at a site is not lost: an attempt that was given up may have been applied as well. An objective of no loss is missed when any of it is lost; another objective of RPO, when what is missing, from the earliest that was lost before the disaster on, reaches over more time than it allows.</p>
${table(later.writes, [
  { head: 'Service', kind: 'row', cell: ({ service }) => service ?? 'all' },
  { head: 'While in force', kind: 'num', cell: ({ during }) => formatCount(during.acknowledged) },
  { head: 'missing', kind: 'num', cell: ({ during }) => formatInterval(during.missing, noneOrCount) },
  { head: 'After it', kind: 'num', cell: ({ after }) => formatCount(after.acknowledged) },
  { head: 'missing', kind: 'num', cell: ({ after }) => formatInterval(after.missing, noneOrCount) },
  { head: 'More than once', kind: 'num', cell: ({ repeated }) => noneOrCount(repeated) },
  {
    head: 'Missing over',
    kind: 'num',
    cell: ({ missing_us: us, byState }) => (isWhole(byState) ? '\u2013' : formatInterval(us, formatDuration)),
  },
])}
${later.writes.filter(({ service }) => service === null).map((all) => missingKeys(all, originUs))}
${table(later.places, [
  { head: 'Site', kind: 'row', cell: ({ site }) => site },
  { head: 'Probe', cell: ({ probe }) => probe },
  { head: 'Keys', kind: 'num', cell: ({ asked }) => formatCount(asked) },
  { head: 'Read twice', kind: 'num', cell: ({ again }) => formatCount(again) },
  {
    head: 'Found',
    cell: ({ counts, settled, complete }) =>
      `${errorWords(counts) || '\u2013'}${settled === false ? '; hints were not seen to be delivered before' : ''}${complete ? '' : '; given up before the end'}`,
  },
])}</section>`;
}

function isWhole(byState: LaterWrites['byState']): boolean {
  return Object.keys(byState).every((state) => state === 'present');
}

function missingKeys({ missingKeys: keys }: LaterWrites, originUs: number): Markup | null {
  if (keys.length === 0) return null;
  return html`<details><summary>The first ${formatCount(keys.length)} that are missing, by name</summary>
${table(
  keys,
  [
    { head: 'Key', cell: ({ key }) => html`<code>${key}</code>` },
    { head: 'Acknowledged', kind: 'tight', cell: (key) => formatOffset(key.acknowledged_us - originUs) },
    { head: 'By', cell: ({ site, probe }) => `${site}, ${probe}` },
    { head: 'State', cell: ({ state }) => state },
  ],
  { stack: false },
)}</details>`;
}
