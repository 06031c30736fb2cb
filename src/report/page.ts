import { html, type Markup, trusted } from './markup.ts';
import { styleSheet } from './styles.ts';

/** A whole document around a body. Its policy forbids scripts and everything from elsewhere, whatever the body holds. `style`: beside the one style sheet. */
export function page(title: string, body: Markup, style = ''): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${trusted(styleSheet() + style)}</style>
</head>
<body>
<main>
${body}
</main>
<footer><p class="small">\u00a0</p></footer>
</body>
</html>
`.markup;
}
