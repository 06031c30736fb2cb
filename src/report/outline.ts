import { html, type Markup, trusted } from './markup.ts';

/** A numbered section of the outline: `5 Results`, with its parts as `5.1`, `5.2`, whose own headings go one level down. Parts that are null are left out. */
export function chapter(
  number: number | null,
  id: string,
  title: string,
  lead: Markup | null,
  parts: readonly (Markup | null)[] = [],
): Markup {
  let part = 0;
  const lower = ({ markup }: Markup): Markup =>
    trusted(
      markup
        .replaceAll(/<(\/?)h3\b/g, '<$1h4')
        .replaceAll(/<h2( id="[a-z-]+")?>/g, (_, named = '') => {
          part += 1;
          return `<h3 class="part"${named}>${number === null ? '' : `${number}.${part}\u2002`}`;
        })
        .replaceAll('</h2>', '</h3>'),
    );
  const inside = parts.flatMap((one) => (one === null ? [] : [lower(one), '\n']));
  return html`<section class="chapter"><h2 id="${id}">${number === null ? '' : `${number}\u2002`}${title}</h2>
${lead}
${inside}</section>`;
}

const HEADING = /<h([23])(?: class="part")? id="([a-z-]+)">([^<]+)<\/h\1>/g;

/** A table of contents of what follows, in two levels, from its own headings. On a screen the first alone is shown. */
export function contentsOf(...bodies: readonly Markup[]): Markup {
  const headings = bodies.flatMap(({ markup }) => [...markup.matchAll(HEADING)]);
  const links = headings.map(([, level, id = '', title = '']) => {
    return html`<li class="level${level ?? ''}"><a href="#${id}">${{ markup: title }}</a></li>\n`;
  });
  return html`<nav class="contents" aria-label="Contents"><ol>${links}</ol></nav>`;
}
