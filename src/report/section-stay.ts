import type { Dora } from '../check/dora-schema.ts';
import type { Interval, Report } from '../check/report-schema.ts';
import { formatDuration } from '../duration.ts';
import { durationOrUnknown, formatCount, formatInterval, formatPercent, UNKNOWN } from './format.ts';
import { absent, isLeftOut } from './left-out.ts';
import { html, type Markup } from './markup.ts';
import { type Column, table } from './table.ts';

type Masked = Pick<Report, 'masked'>;

const met = (value: boolean | null, words: readonly [string, string] = ['yes', 'no']): Markup =>
  value === null
    ? html`<span class="unknown">? ${UNKNOWN}</span>`
    : value
      ? html`<span class="pass">\u2713 ${words[0]}</span>`
      : html`<span class="fail">\u2715 ${words[1]}</span>`;

const dwellColumns = (report: Masked): readonly Column<Dora['dwell'][number]>[] => [
  { head: 'Service', kind: 'row', cell: ({ service }) => service },
  { head: 'Served at', cell: ({ sites }) => sites.join(', ') || 'its first site only' },
  {
    head: 'With its level for',
    cell: ({ sites, reached_us }) => (sites.length === 0 ? 'none' : formatInterval(reached_us, formatDuration)),
  },
  {
    head: 'Required',
    cell: ({ required_us }) =>
      required_us === null ? absent(report, 'dora.dwell.required_us') : formatDuration(required_us),
  },
  {
    head: 'Reached',
    cell: ({ required_us, met: reached }) => {
      if (isLeftOut(report, 'dora.dwell.met')) return absent(report, 'dora.dwell.met');
      return required_us === null ? '' : met(reached);
    },
  },
  { head: 'Level meanwhile', cell: ({ meanwhile }) => meanwhileWords(meanwhile) },
  { head: 'Note', cell: ({ note }) => note },
];

function meanwhileWords(meanwhile: Dora['dwell'][number]['meanwhile']): string {
  if (meanwhile === null) return 'none';
  const { operations, ok, outages, violatingWindows, worstP95_us } = meanwhile;
  const share =
    operations === 0
      ? 'no whole step'
      : `${formatCount(ok)} of ${formatCount(operations)} ok (${formatPercent(ok / operations)})`;
  return `${share}; outages ${formatCount(outages)}, windows that violate ${formatCount(violatingWindows)}; highest P95 of one step ${durationOrUnknown(worstP95_us)}`;
}

const FAILBACK: readonly Column<Dora['failback'][number]>[] = [
  { head: 'Service', kind: 'row', cell: ({ service }) => service },
  { head: 'From the decision to its level at the first site', cell: ({ length_us }) => failbackWords(length_us) },
  {
    head: 'Acknowledged by the alternate, read back there',
    cell: ({ asked }) => (asked === null ? UNKNOWN : formatCount(asked)),
  },
  { head: 'Missing', cell: ({ missing }) => formatInterval(missing, (n) => (n === 0 ? 'none' : formatCount(n))) },
  { head: 'Note', cell: ({ note }) => note },
];

function failbackWords(length: Interval | null): string {
  return length?.upper === 0 ? 'at once: no window missed it' : formatInterval(length, formatDuration);
}

/** Time on the alternate, and the way back (RTS 25(2)). */
export function staySection({ dwell, failback }: Dora, report: Masked): Markup {
  return html`<section><h2 id="dwell">Time on the alternate, and the way back</h2>
<p class="lead">The longest stay of each service away from its first site, from SLO restored (lower bound) or the failover (upper bound) to the failback.</p>
${dwell.length === 0 ? html`<p>No service was measured.</p>` : html`${table(dwell, dwellColumns(report))}<h3>Failback</h3>${table(failback, FAILBACK)}`}</section>`;
}

function shareWords(share: number | null, report: Masked): Markup | string {
  if (share !== null) return formatPercent(share);
  return isLeftOut(report, 'dora.load.share') ? absent(report, 'dora.load.share') : UNKNOWN;
}

/** The load that was offered, against the declared peak. */
export function loadSection({ load }: Dora, report: Masked): Markup {
  return html`<section><h2 id="load">Load against the peak</h2>
<p class="lead">Headroom beyond what was offered was not measured.</p>
${
  load.length === 0
    ? html`<p>No service was measured.</p>`
    : table(load, [
        { head: 'Service', kind: 'row', cell: ({ service }) => service },
        { head: 'Offered', kind: 'num', cell: ({ offered }) => `${offered}/s` },
        { head: 'Declared peak', cell: ({ peak }) => (peak === null ? absent(report, 'dora.load.peak') : `${peak}/s`) },
        { head: 'Share of the peak', cell: ({ share }) => shareWords(share, report) },
        { head: 'Borne with a site less', cell: ({ heldWithoutSite }) => met(heldWithoutSite) },
      ])
}</section>`;
}

/** Time to the alert, of each detector. */
export function detectionSection({ detection }: Dora): Markup {
  return html`<section><h2 id="detection">Detection</h2>
${
  detection.length === 0
    ? html`<p>No detector raised an alarm, or none looked.</p>`
    : table(detection, [
        { head: 'Detector', kind: 'row', cell: ({ detector }) => detector },
        { head: 'Fault', cell: ({ fault }) => fault },
        { head: 'From the effect to the alarm', cell: ({ elapsed_us }) => formatInterval(elapsed_us, formatDuration) },
        { head: 'Of', cell: ({ simulated }) => (simulated ? 'a stand-in (simulated)' : 'the platform') },
        { head: 'Note', cell: ({ note }) => note },
      ])
}</section>`;
}

const some = (value: number | null): string =>
  value === null ? 'not looked for' : value === 0 ? 'none' : formatCount(value);

/** What was held against what; and that nothing was restored. */
export function reconciliationSection({ reconciliation, twoHours }: Dora): Markup {
  return html`<section><h2 id="reconciliation">Reconciliation</h2>
${
  reconciliation.length === 0
    ? html`<p>Nothing was read back.</p>`
    : table(reconciliation, [
        { head: 'What', kind: 'row', cell: ({ what }) => what },
        { head: 'Checked', kind: 'num', cell: ({ checked }) => formatCount(checked) },
        {
          head: 'Missing',
          cell: ({ missing }) =>
            missing === null ? 'not looked for' : formatInterval(missing, (n) => (n === 0 ? 'none' : formatCount(n))),
        },
        { head: 'Twice, or never written', cell: ({ duplicate }) => some(duplicate) },
        { head: 'Another value', cell: ({ diverged }) => some(diverged) },
        { head: 'Note', cell: ({ note }) => note },
      ])
}
<p>Restore from a backup: <b>not exercised</b> by this run.</p>
${
  twoHours === null
    ? null
    : html`<h3>Two hours (RTS 24(2) to (4))</h3>${table(twoHours, [
        { head: 'Service', kind: 'row', cell: ({ service }) => service },
        { head: 'RTO', cell: ({ rto_us }) => formatInterval(rto_us, formatDuration) },
        { head: 'Within two hours', cell: ({ within }) => met(within) },
      ])}`
}</section>`;
}
