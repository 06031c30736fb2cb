import { html, type Markup } from './markup.ts';
import { table } from './table.ts';

/** What stands where people recorded nothing. */
export const NOT_RECORDED = 'not recorded';

export function notRecorded(): Markup {
  return html`<span class="unknown">${NOT_RECORDED}</span>`;
}

/** The text, or that it is not recorded. */
export function orNotRecorded(text: string | null | undefined): Markup | string {
  return text === null || text === undefined || text === '' ? notRecorded() : text;
}

/** Names with their values, a row each; null: not recorded. */
export function pairs(rows: readonly (readonly [string, Markup | string | null | undefined])[]): Markup {
  return table(
    rows,
    [
      { head: 'Field', kind: 'row', cell: ([name]) => name },
      {
        head: 'Recorded',
        cell: ([, value]) => (typeof value === 'object' && value !== null ? value : orNotRecorded(value)),
      },
    ],
    { stack: false },
  );
}
