import type { Report, Rpo } from '../check/report-schema.ts';
import { formatCount, formatInterval, formatOffset, UNKNOWN } from './format.ts';
import { html, type Markup } from './markup.ts';
import { errorWords } from './section-recovery.ts';
import { type Column, table } from './table.ts';
import { originOf } from './time-axis.ts';
import { lossWords, lostSentence, rpoTimeWords } from './wording.ts';

interface Figure {
  readonly name: string;
  readonly of: (row: Rpo) => string;
}

const counted = (value: number | null): string => (value === null ? UNKNOWN : formatCount(value));
const noneOrCount = (value: number): string => (value === 0 ? 'none' : formatCount(value));

function figures(originUs: number): Figure[] {
  return [
    { name: 'Ledger: writes acknowledged before the fault was in force', of: (row) => formatCount(row.ledger) },
    {
      name: 'Lost writes, at failover',
      of: (row) => (row.ledger === 0 ? 'unknown: none was acknowledged' : lossWords(row.lost, row.ledger).large),
    },
    { name: 'RPO in time, at failover', of: (row) => (row.ledger === 0 ? UNKNOWN : rpoTimeWords(row.rpo_us)) },
    {
      name: 'Recovery point: nothing is missing up to',
      of: (row) => (row.recoveryPoint_us === null ? UNKNOWN : formatOffset(row.recoveryPoint_us - originUs)),
    },
    { name: 'States at failover', of: (row) => errorWords(row.byState) || UNKNOWN },
    { name: 'Missing after recovery (hints), anywhere', of: (row) => formatInterval(row.afterRecovery, noneOrCount) },
    { name: 'Missing after repair, anywhere', of: (row) => formatInterval(row.afterRepair, noneOrCount) },
    {
      name: 'Stranded: acknowledged by the lost site while the fault held',
      of: (row) => formatCount(row.stranded.total),
    },
    { name: 'Stranded and found', of: (row) => counted(row.stranded.found) },
    { name: 'Stranded and missing', of: (row) => formatInterval(row.stranded.missing, noneOrCount) },
    {
      name: 'Lost in all',
      of: (row) =>
        row.ledger + row.stranded.total === 0
          ? UNKNOWN
          : lossWords(row.lostInAll, row.ledger + row.stranded.total).large,
    },
    { name: 'Lost in all, in time', of: (row) => rpoTimeWords(row.lostInAll_us) },
    { name: 'Indeterminate (info) writes', of: (row) => formatCount(row.indeterminate.total) },
    {
      name: 'Indeterminate: found, not found',
      of: (row) => `${counted(row.indeterminate.found)}, ${counted(row.indeterminate.notFound)}`,
    },
    { name: 'Phantoms', of: (row) => counted(row.phantom) },
    {
      name: 'Failback: written by the survivor, found, missing at the first site',
      of: (row) =>
        row.failback === null
          ? 'not measured'
          : `${formatCount(row.failback.asked)}, ${counted(row.failback.found)}, ${formatInterval(row.failback.missing, formatCount)}`,
    },
    { name: 'Note', of: (row) => row.note },
  ];
}

/** Every figure of RPO, all services together and each; the lost writes by name; the read-back's stages. */
export function lossSection(report: Report): Markup {
  const { originUs } = originOf(report);
  const columns: Column<Figure>[] = [
    { head: 'Figure', kind: 'row', cell: (figure) => figure.name },
    ...report.rpo.map((row): Column<Figure> => ({ head: row.service ?? 'all', cell: (figure) => figure.of(row) })),
  ];
  const rows = figures(originUs).filter(
    (figure) => figure.name !== 'Note' || report.rpo.some((row) => row.note !== ''),
  );
  return html`<section><h2 id="rpo">RPO: what was acknowledged and lost</h2>
<p class="lead">Every acknowledged write was to be read back, not a sample. A write that could not be read makes a range: lost, to lost and unreadable.</p>
${report.rpo.length === 0 ? html`<p class="notice">Not measured: no write was read back.</p>` : table(rows, columns)}
${report.rpo.filter((row) => row.service !== null || report.rpo.length === 1).map((row) => lostKeys(row, originUs))}
<h3>Stages of the read-back</h3>
${
  report.readBack.length === 0
    ? html`<p>No stage was done.</p>`
    : table(report.readBack, [
        { head: 'Stage', kind: 'row', cell: (row) => row.stage },
        { head: 'Fault', cell: (row) => row.fault },
        { head: 'Site', cell: (row) => row.site },
        { head: 'Probe', cell: (row) => row.probe },
        { head: 'Keys', kind: 'num', cell: (row) => formatCount(row.rows) },
        { head: 'Found', cell: (row) => errorWords(row.counts) },
      ])
}</section>`;
}

function lostKeys(row: Rpo, originUs: number): Markup | null {
  if (row.lostKeys.length === 0) return null;
  const omitted =
    row.lostKeysOmitted === 0
      ? ''
      : ` (${formatCount(row.lostKeysOmitted)} more are in the run directory’s read-back.csv)`;
  return html`<details><summary>${row.service ?? 'All services'}: ${lostSentence(row.lost, row.ledger)}; the first ${formatCount(row.lostKeys.length)} by name${omitted}</summary>
${table(
  row.lostKeys,
  [
    { head: 'Key', cell: (key) => html`<code>${key.key}</code>` },
    { head: 'Acknowledged', kind: 'tight', cell: (key) => formatOffset(key.acknowledged_us - originUs) },
    { head: 'By', cell: (key) => `${key.site}, ${key.probe}` },
    { head: 'State', cell: (key) => key.state },
  ],
  { stack: false },
)}</details>`;
}
