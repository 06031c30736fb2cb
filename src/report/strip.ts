import { formatAxisTime } from './format.ts';
import { html, type Markup } from './markup.ts';
import { type ColourName, colour } from './palette.ts';
import { type TimeFrame, timeTicks } from './time-axis.ts';

/** Something with a length, drawn on a row; `kind` sets colour and shape together. */
export interface Mark {
  readonly fromUs: number;
  readonly toUs: number;
  /** `solid` in force; `hollow` on its way in or out; `outage`; `plain` a phase of the run; `tick` an instant. */
  readonly kind: 'solid' | 'hollow' | 'outage' | 'plain' | 'tick';
}

export interface StripRow {
  readonly name: string;
  readonly marks: readonly Mark[];
  /** What the row says in words, to its right. */
  readonly length: string;
  /** For those who do not see it. */
  readonly description: string;
}

const STYLE: Readonly<Record<Mark['kind'], { fill: ColourName; stroke: ColourName; height: number }>> = {
  solid: { fill: 'ink', stroke: 'ink', height: 10 },
  hollow: { fill: 'paper', stroke: 'ink', height: 10 },
  outage: { fill: 'fail', stroke: 'fail', height: 10 },
  plain: { fill: 'third', stroke: 'third', height: 6 },
  tick: { fill: 'ink', stroke: 'ink', height: 14 },
};

const HEIGHT = 18;

/** Rows of bars on one time axis. Widths are percentages, so that it fits any page without scaling its text. */
export function strip(
  groups: readonly { readonly head: string; readonly rows: readonly StripRow[] }[],
  frame: TimeFrame,
): Markup {
  const filled = groups.filter((group) => group.rows.length > 0);
  return html`<div class="strip">${filled.map((group) => html`<div class="head">${group.head}</div>${group.rows.map((row) => rowOf(row, frame))}`)}<div></div>${axis(frame)}<div></div></div>`;
}

function rowOf(row: StripRow, frame: TimeFrame): Markup {
  return html`<div class="name">${row.name}</div><svg height="${HEIGHT}" role="img" aria-label="${row.description}"><title>${row.description}</title><line x1="0" x2="100%" y1="9.5" y2="9.5" stroke="${colour('grid')}"/>${row.marks.map((mark) => markOf(mark, frame))}</svg><div class="len">${row.length}</div>\n`;
}

/** One mark as a shape in per cent of its row. */
export function markOf(mark: Mark, frame: Pick<TimeFrame, 'fromUs' | 'toUs'>): Markup {
  const place = (us: number): number =>
    (100 * (Math.min(Math.max(us, frame.fromUs), frame.toUs) - frame.fromUs)) / (frame.toUs - frame.fromUs);
  const { fill, stroke, height } = STYLE[mark.kind];
  const [x, y] = [place(mark.fromUs), (HEIGHT - height) / 2 + 0.5];
  if (mark.kind === 'tick')
    return html`<line x1="${percent(x)}" x2="${percent(x)}" y1="2" y2="16" stroke="${colour(stroke)}" stroke-width="1.6"/>`;
  const width = place(mark.toUs) - x;
  const bar = html`<rect x="${percent(x)}" y="${y}" width="${percent(width)}" height="${height}" fill="${colour(fill)}" stroke="${colour(stroke)}" stroke-width="1"/>`;
  return bar;
}

function percent(value: number): string {
  return `${Number(value.toFixed(3))}%`;
}

function axis(frame: TimeFrame): Markup {
  const place = (us: number): number => (100 * (us - frame.fromUs)) / (frame.toUs - frame.fromUs);
  const labels = timeTicks(frame, frame.toUs - frame.fromUs > 3_600_000_000 ? 5 : 7).map((us, i) => {
    const x = place(us);
    const anchor = x < 9 ? 'start' : x > 91 ? 'end' : 'middle';
    return html`<line x1="${percent(x)}" x2="${percent(x)}" y1="0" y2="5" stroke="${colour('muted')}"/><text${i % 2 === 1 ? html` class="roomy"` : null} x="${percent(x)}" y="18" text-anchor="${anchor}" font-size="12" fill="${colour('muted')}">${formatAxisTime(us - frame.originUs)}</text>`;
  });
  return html`<svg height="22" role="img" aria-label="time axis, minutes and seconds"><line x1="0" x2="100%" y1="0.5" y2="0.5" stroke="${colour('muted')}"/>${labels}</svg>`;
}
