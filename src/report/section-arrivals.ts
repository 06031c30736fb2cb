import type { ArrivalsReport } from '../check/arrivals-schema.ts';
import type { Report } from '../check/report-schema.ts';
import { formatDuration } from '../duration.ts';
import { SERVICE_PHASES } from '../scenario/plan.ts';
import { durationOrUnknown, formatCount } from './format.ts';
import { html, type Markup } from './markup.ts';
import { table } from './table.ts';

type Row = ArrivalsReport['phases']['before'] & { readonly phase: string };

/** How long events were on their way; nothing where no service sends any. */
export function arrivalsSection({ arrivals = [], later }: Report): Markup | null {
  if (arrivals.length === 0) return null;
  return html`<section><h2 id="arrivals">Events on their way: from when they were to be sent until they were seen</h2>
<p class="lead">Of each event that a read awaited, by the phase in which it was to be sent. It arrived no later than it was seen: a read looks for it first when its own turn has come, which is named below, and then again and again, after a fifth of the time for which it has been awaited. What no read saw within its timeout arrived later, or not at all: whether what was acknowledged${later ? '' : ' before the disaster'} is there in the end is said where the loss of data is. Reads that could not look are not counted. No part of the verdict: the same reads are, as operations.</p>
${arrivals.map(
  ({ service, firstLook_us: firstLookUs, phases }) =>
    html`<h3>${service}</h3><p>Looked for ${formatDuration(firstLookUs)} after it was to be sent at the earliest: what arrived sooner is not told apart from that.</p>${table(
      SERVICE_PHASES.map((phase): Row => ({ phase, ...phases[phase] })),
      [
        { head: 'Sent', kind: 'row', cell: ({ phase }) => phase },
        { head: 'Awaited', kind: 'num', cell: ({ awaited }) => formatCount(awaited) },
        { head: 'Not seen in time', kind: 'num', cell: ({ notSeen }) => formatCount(notSeen) },
        {
          head: 'of these awaited at most',
          kind: 'num',
          cell: ({ longestAwaited_us: us }) => (us === null ? '–' : durationOrUnknown(us)),
        },
        { head: 'P50 of those seen', kind: 'num', cell: ({ elapsed }) => durationOrUnknown(elapsed.p50) },
        { head: 'P95', kind: 'num', cell: ({ elapsed }) => html`<b>${durationOrUnknown(elapsed.p95)}</b>` },
        { head: 'P99', kind: 'num', cell: ({ elapsed }) => durationOrUnknown(elapsed.p99) },
        { head: 'Max', kind: 'num', cell: ({ elapsed }) => durationOrUnknown(elapsed.max) },
      ],
      { tiles: true },
    )}`,
)}</section>`;
}
