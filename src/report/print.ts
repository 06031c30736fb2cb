/** What stands on every page of paper. */
export interface Sheet {
  readonly run: string;
  /** Absent: `manifest.json`. */
  readonly file?: string;
  /** Hex SHA-256 of that file; null: the run is not sealed. */
  readonly manifestSha256: string | null;
}

/** The run and the digest of its manifest on every page, and its number (CSS Paged Media, margin boxes). */
export function sheetStyle({ run, manifestSha256, file = 'manifest.json' }: Sheet): string {
  const seal = manifestSha256 === null ? 'not sealed' : `SHA-256 of ${file} ${manifestSha256}`;
  const box = 'font:7pt ui-monospace,monospace;color:#555;vertical-align:top;padding-top:3mm';
  return [
    '@page{margin:14mm 13mm 20mm;',
    `@bottom-left{content:"run ${cssText(run)}\\a ${cssText(seal)}";white-space:pre;${box}}`,
    `@bottom-right{content:counter(page) " of " counter(pages);${box}}}`,
    'html,body{background:#fff}',
  ].join('');
}

/** Text inside a CSS string: everything but letters, digits and a few signs as a code point. */
function cssText(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9 ._:-]/gu, (one) => `\\${(one.codePointAt(0) as number).toString(16)} `);
}
