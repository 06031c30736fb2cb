import type { Dora } from '../check/dora-schema.ts';
import type { Report } from '../check/report-schema.ts';
import { formatDuration } from '../duration.ts';
import { formatInterval, UNKNOWN } from './format.ts';
import { isLeftOut, LEFT_OUT } from './left-out.ts';
import { html, type Markup } from './markup.ts';
import { chapter } from './outline.ts';
import { notRecorded } from './pairs.ts';
import { table } from './table.ts';

type Criterion = Dora['classification']['criteria'][number];

const CONCLUSION: Readonly<Record<Dora['classification']['conclusion'], string>> = {
  'would be': 'Hypothetical: by these thresholds it would be a major incident.',
  'would not be': 'Hypothetical: by these thresholds it would not be a major incident.',
  unknown: 'Hypothetical: unknown whether it would be a major incident.',
};

/** What the thresholds of (EU) 2024/1772 would say of it, had it been an incident. */
export function classificationSection(report: Report): Markup {
  const { dora } = report;
  const lead = html`<p class="lead">Hypothetical: a planned drill is no incident. These are the thresholds of (EU) 2024/1772 on what was measured and declared, had the faults been an incident that lasted as long as the run held them.</p>`;
  if (!dora) return chapter(8, 'classification', 'Hypothetical classification', html`${lead}<p>${notRecorded()}</p>`);
  const { criteria, conclusion, why, downtime_us, duration_us } = dora.classification;
  if (isLeftOut(report, 'dora.classification.criteria'))
    return chapter(
      8,
      'classification',
      'Hypothetical classification',
      html`${lead}${LEFT_OUT}
<p>It rests on what people declared. Measured: downtime ${formatInterval(downtime_us, formatDuration)}, duration ${formatInterval(duration_us, formatDuration)}.</p>`,
    );
  return chapter(
    8,
    'classification',
    'Hypothetical classification',
    html`${lead}
<p><b>${CONCLUSION[conclusion]}</b> Why: ${why}.</p>
${table(criteria, [
  { head: 'Criterion', kind: 'row', cell: ({ criterion }) => criterion },
  { head: 'Threshold', cell: ({ threshold }) => threshold },
  { head: 'Measured, or declared', cell: ({ measured }) => measured },
  { head: 'Reached', kind: 'tight', cell: reachedWords },
  { head: 'Note', cell: ({ note }) => note },
])}`,
  );
}

function reachedWords({ reached }: Criterion): Markup {
  if (reached === null) return html`<span class="unknown">? ${UNKNOWN}</span>`;
  return html`<b>${reached ? 'reached' : 'not reached'}</b>`;
}
