import type { Dora, Reach } from '../check/dora-schema.ts';
import type { Report } from '../check/report-schema.ts';
import { isLeftOut } from './left-out.ts';
import { html, type Markup } from './markup.ts';
import { chapter } from './outline.ts';
import { notRecorded } from './pairs.ts';
import { table } from './table.ts';

const SHOWN: Readonly<Record<Reach, { readonly icon: string; readonly colour: string }>> = {
  supports: { icon: '\u25cf', colour: 'pass' },
  partial: { icon: '\u25d0', colour: 'unknown' },
  'not covered': { icon: '\u25cb', colour: 'muted' },
};

/** Each provision with what of the record bears on it, and where that stands. */
export function provisionsSection(report: Report): Markup {
  const { dora, masked } = report;
  const lead = html`<p class="lead">How far this record reaches into what a provision asks for. “Supports”: the record holds what the row names, whether a target was met or missed. It is no statement that anything is met in law; that is for people to judge. DORA: (EU) 2022/2554; RTS: (EU) 2024/1774.</p>`;
  if (!dora) return chapter(11, 'map', 'Map from provision to evidence', html`${lead}<p>${notRecorded()}</p>`);
  const of = (reach: Reach): number => dora.provisions.filter((row) => row.reach === reach).length;
  return chapter(
    11,
    'map',
    'Map from provision to evidence',
    html`${lead}
<p>${String(of('supports'))} supports, ${String(of('partial'))} partial, ${String(of('not covered'))} not covered. Paths are of the run directory${dora.entered ? ', but for the drill file whose digest is on the cover' : masked ? ', which its owner has' : ''}; what follows # is a JSON pointer.</p>
${isLeftOut(report, 'dora.provisions') ? html`<p>Rows that rest on what people declared or entered are left out of this masked report.</p>` : null}
${table(dora.provisions, [
  {
    head: 'Provision',
    kind: 'row',
    cell: ({ provision, records }) => html`${provision}<span class="small">${records}</span>`,
  },
  { head: 'Reach', kind: 'tight', cell: reachCell },
  { head: 'Why', cell: ({ why }) => why },
  {
    head: 'Evidence',
    cell: ({ evidence }) =>
      html`<span>${evidence.map((path) => html`<code class="path">${breakable(path)}</code>`)}</span>`,
  },
])}`,
  );
}

/** May be broken after what parts its names, and not within one. */
function breakable(path: string): readonly Markup[] {
  return path.split(/(?<=[/#])/).map((part, i) => html`${i === 0 ? null : html`<wbr>`}${part}`);
}

function reachCell({ reach }: Dora['provisions'][number]): Markup {
  const { icon, colour } = SHOWN[reach];
  return html`<span class="badge ${colour}"><span class="icon" aria-hidden="true">${icon}</span>${reach}</span>`;
}
