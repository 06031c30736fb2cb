import type { Verdict } from '../check/report-schema.ts';
import { html, type Markup } from './markup.ts';
import { VERDICT_ICON, VERDICT_WORD } from './wording.ts';

export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => Markup | string;
  /** `num`: right-aligned figures. `tight`: never wrapped. `row`: names the row. `bar`: a drawing. */
  readonly kind?: 'num' | 'tight' | 'row' | 'bar';
}

export interface TableOptions {
  readonly caption?: string;
  /** Rows become blocks with labels on a phone; otherwise the table scrolls sideways there. */
  readonly stack?: boolean;
  /** The blocks on a phone are laid out as tiles, four a line, below the names in the first two columns: for many figures. */
  readonly tiles?: boolean;
}

/** Rows of a table that is never cut by a page's end. */
const FITS_A_PAGE = 18;

/** Columns of a table that is never too wide for a tablet. */
const FITS_A_TABLET = 6;

/** A table with a header row; every cell carries its column's name for the phone's layout. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], options: TableOptions = {}): Markup {
  const names = [
    options.stack === false ? '' : 'stack',
    options.tiles ? 'tiles' : '',
    rows.length <= FITS_A_PAGE ? 'whole' : '',
  ].filter((name) => name !== '');
  const head = columns.map(
    (column) =>
      html`<th scope="col"${classOf(column.kind === 'num' || column.kind === 'bar' ? CLASS[column.kind] : '')}>${column.head}</th>`,
  );
  const body = rows.map((row) => html`<tr>${columns.map((column) => cell(column, row))}</tr>\n`);
  // What is not stacked, or has many columns, scrolls sideways where it is too wide, and then by the keyboard as well.
  const focus =
    options.stack === false || columns.length > FITS_A_TABLET
      ? html` tabindex="0" role="region" aria-label="${options.caption ?? `table: ${columns.map((one) => one.head).join(', ')}`}"`
      : null;
  return html`<div class="scroll"${focus}><table${classOf(names.join(' '))}>${
    options.caption === undefined ? null : html`<caption>${options.caption}</caption>`
  }<thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function cell<Row>(column: Column<Row>, row: Row): Markup {
  const content = column.cell(row);
  if (column.kind === 'row') return html`<th scope="row">${content}</th>`;
  return html`<td data-label="${column.head}"${classOf(column.kind === undefined ? '' : CLASS[column.kind])}>${content}</td>`;
}

const CLASS = { num: 'num', tight: 'tight', row: '', bar: 'barcell' } as const;

function classOf(name: string): Markup {
  return name === '' ? html`` : html` class="${name}"`;
}

/** A verdict as icon, word and colour. */
export function badge(verdict: Verdict): Markup {
  return html`<span class="badge ${verdict}"><span class="icon" aria-hidden="true">${VERDICT_ICON[verdict]}</span>${VERDICT_WORD[verdict]}</span>`;
}
