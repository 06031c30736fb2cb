import { html, type Markup } from './markup.ts';

/** A link to a file below or beside the page, whatever its name holds: every part is encoded, so that it is a path and nothing else. */
export function fileLink(path: string, text: string): Markup {
  const parts = path.split('/').map((part) => (part === '..' ? part : encodeURIComponent(part.toWellFormed())));
  return html`<a href="./${parts.join('/')}">${text}</a>`;
}
