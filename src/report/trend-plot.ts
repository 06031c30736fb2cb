import type { Verdict } from '../check/report-schema.ts';
import { formatDuration } from '../duration.ts';
import type { Figure } from '../trend/run-record.ts';
import type { Series, Step } from '../trend/series.ts';
import { formatWall } from './format.ts';
import { html, type Markup } from './markup.ts';
import { colour } from './palette.ts';
import { figureWords, targetWords } from './trend-words.ts';

const WIDTH = 340;
const LEFT = 56;
const RIGHT = 12;
const TOP = 14;
const BOTTOM = 104;
/** What has no place on a logarithmic axis: none at all, and unknown. */
const NONE = 120;
const UNKNOWN_AT = 138;
const HEIGHT = 148;
/** So many points can still be told apart. */
const MOST = 40;

interface Point {
  readonly x: number;
  readonly figure: Figure | null;
  readonly verdict: Verdict | null;
  readonly broken: boolean;
}

/** One figure of the newest runs of a scenario as a small plot: bounds, target, breaks; what is unknown has a row of its own. */
export function trendPlot(steps: readonly Step[], series: Series, id: string): Markup {
  const from = Math.max(0, steps.length - MOST);
  const shown = steps.slice(from);
  const gap = (WIDTH - LEFT - RIGHT) / shown.length;
  const points = shown.map((step, i): Point => {
    const figure = series.figures[from + i] ?? null;
    return {
      x: round(LEFT + gap * (i + 0.5)),
      figure,
      verdict: figure?.target?.verdict ?? null,
      broken: i > 0 && step.breaks.length > 0,
    };
  });
  const target = points.findLast(({ figure }) => figure?.target)?.figure?.target?.target_us ?? null;
  const y = axisOf(points, target);
  const omitted = from === 0 ? '' : `; the newest ${shown.length} of ${steps.length} runs`;
  const last = points.findLast(({ figure }) => figure !== null)?.figure ?? null;
  const asked = last === null ? '' : targetWords(last);
  const described = shown
    .map(({ run }, i) => `${formatWall(run.started)}: ${figureWords(points[i]?.figure ?? null)}`)
    .join('. ');
  return html`<figure><figcaption><b>${series.name}</b>${asked === '' ? 'no objective' : `target ${asked}`}${omitted}</figcaption><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="${id}-t ${id}-d" xmlns="http://www.w3.org/2000/svg"><title id="${id}-t">${series.name} of each run</title><desc id="${id}-d">${described}</desc>${y.decades.map(
    (us) => gridLine(y.at(us), formatDuration(us)),
  )}${label(NONE, 'none')}${label(UNKNOWN_AT, 'unknown')}${
    target === null || target <= 0 ? null : targetLine(y.at(target))
  }${points.filter(({ broken }) => broken).map(({ x }) => breakLine(round(x - gap / 2)))}${lineOf(points, y.at)}${points.map((point) => mark(point, y.at))}</svg></figure>`;
}

interface Axis {
  readonly decades: readonly number[];
  at(us: number): number;
}

/** Whole decades around everything that is above zero. */
function axisOf(points: readonly Point[], target: number | null): Axis {
  const all = points.flatMap(({ figure }) => {
    const { lower, upper } = figure?.measured_us ?? { lower: 0, upper: null };
    return [lower, upper ?? 0];
  });
  const known = [...all, target ?? 0].filter((us) => us >= 1);
  const low = Math.floor(Math.log10(known.reduce((a, b) => Math.min(a, b), known[0] ?? 1_000)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(known.reduce((a, b) => Math.max(a, b), known[0] ?? 1_000_000))));
  const every = Math.ceil((high - low) / 4);
  return {
    decades: Array.from({ length: Math.floor((high - low) / every) + 1 }, (_, i) => 10 ** (low + i * every)),
    at: (us) => {
      if (us < 1) return NONE;
      const share = (Math.log10(us) - low) / (high - low);
      return round(BOTTOM - Math.min(1, Math.max(0, share)) * (BOTTOM - TOP));
    },
  };
}

function gridLine(y: number, text: string): Markup {
  return html`<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}" stroke="${colour('grid')}"/>${label(y, text)}`;
}

function label(y: number, text: string): Markup {
  return html`<text x="${LEFT - 6}" y="${y + 4}" text-anchor="end" font-size="11" fill="${colour('muted')}">${text}</text>`;
}

function targetLine(y: number): Markup {
  return html`<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}" stroke="${colour('fail')}" stroke-dasharray="5 3"/><text x="${WIDTH - RIGHT}" y="${y - 3}" text-anchor="end" font-size="11" fill="${colour('fail')}">target</text>`;
}

function breakLine(x: number): Markup {
  return html`<line x1="${x}" x2="${x}" y1="${TOP - 6}" y2="${UNKNOWN_AT + 6}" stroke="${colour('muted')}" stroke-dasharray="2 3"/>`;
}

/** Joins neighbours that are comparable: neither over a break, nor over what is unknown or without a bound. */
function lineOf(points: readonly Point[], at: Axis['at']): Markup {
  const pieces: string[] = [];
  let open = false;
  for (const { x, figure, broken } of points) {
    const upper = figure?.measured_us?.upper ?? null;
    if (upper === null) open = false;
    else {
      pieces.push(`${open && !broken ? 'L' : 'M'}${x} ${at(upper)}`);
      open = true;
    }
  }
  return html`<path d="${pieces.join('')}" fill="none" stroke="${colour('main')}" stroke-width="1.2"/>`;
}

/** The judged end of the bounds: filled circle met, diamond missed, ring not judged; `?` in its own row where it is unknown. */
function mark({ x, figure, verdict }: Point, at: Axis['at']): Markup {
  const measured = figure?.measured_us ?? null;
  if (measured === null) return questionMark(x);
  const low = at(measured.lower);
  const top = measured.upper === null ? TOP : at(measured.upper);
  const bounds =
    low === top
      ? null
      : html`<line x1="${x}" x2="${x}" y1="${low}" y2="${top}" stroke="${colour('main')}" stroke-width="2.4"/>`;
  const arrow =
    measured.upper === null
      ? html`<path d="M${x - 4} ${TOP + 2}L${x} ${TOP - 6}L${x + 4} ${TOP + 2}Z" fill="${colour('main')}"/>`
      : symbol(x, top, verdict);
  return html`${bounds}${arrow}${verdict === 'unknown' ? questionMark(x) : null}`;
}

function symbol(x: number, y: number, verdict: Verdict | null): Markup {
  if (verdict === 'fail')
    return html`<path d="M${x} ${y - 5}L${x + 5} ${y}L${x} ${y + 5}L${x - 5} ${y}Z" fill="${colour('fail')}"/>`;
  if (verdict === 'unknown')
    return html`<circle cx="${x}" cy="${y}" r="3.6" fill="${colour('paper')}" stroke="${colour('unknown')}" stroke-width="1.6"/>`;
  return html`<circle cx="${x}" cy="${y}" r="3.4" fill="${colour(verdict === null ? 'second' : 'pass')}"/>`;
}

function questionMark(x: number): Markup {
  return html`<text x="${x}" y="${UNKNOWN_AT + 4}" text-anchor="middle" font-size="12" font-weight="700" fill="${colour('unknown')}">?</text>`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
