import type { Report } from '../check/report-schema.ts';
import { formatWall } from './format.ts';
import { html, type Markup } from './markup.ts';
import { chapter } from './outline.ts';
import type { Seal } from './section-seal.ts';

/** The environment of the platform's configuration, as one of the three that an evidence report knows. */
export function environmentWords(environment: string): string {
  if (environment === 'production') return environment;
  if (environment === 'staging') return 'production-like (staging)';
  return environment === 'laboratory' ? environment : `laboratory (${environment})`;
}

/** What the run is, how it is verified, and what the report does not show. */
export function coverSection(report: Report, seal: Seal): Markup {
  const { keyId, manifestSha256 } = seal;
  const { run, dora } = report;
  const { masked } = report;
  const digest =
    masked !== undefined
      ? html`<code>masked.json</code> lists the page itself; of the run whose manifest has the SHA-256 <code>${masked.originalManifestSha256}</code>`
      : manifestSha256 === null
        ? html`not known to this page: <code>manifest.json</code> lists the page itself, and <code>drill verify</code> prints its digest`
        : html`SHA-256 <code>${manifestSha256}</code>`;
  const rows: [string, Markup | string][] = [
    ['Run, environment', html`<code>${run.id}</code>, <b>${environmentWords(run.environment)}</b>`],
    ['Manifest', digest],
    [
      'Verify',
      html`<code>npm run drill -- verify ${masked === undefined ? 'RUN_DIRECTORY' : 'DIRECTORY'}${keyId === null ? '' : ' --public-key FILE'}</code>`,
    ],
    ['Not shown', html`${notShown(report, seal).join('; ')}. <a href="#not-measured">Each with its reason</a>.`],
  ];
  const entered = dora?.entered;
  return chapter(
    0,
    'cover',
    'Cover',
    html`<dl class="terms cover-terms">${rows.map(([term, value]) => html`<dt>${term}</dt><dd>${value}</dd>`)}</dl>
${entered ? html`<p class="notice">This rendering holds entries of <b>${entered.by}</b>, made on ${formatWall(entered.at)} according to the entry, after the run. They come from a file with the SHA-256 <code>${entered.sha256}</code>, and are no part of what is sealed.</p>` : null}`,
  );
}

function notShown({ run, notMeasured }: Report, { timestamp }: Seal): readonly string[] {
  return [
    ...(environmentWords(run.environment).startsWith('laboratory') ? ['what the systems of an entity would do'] : []),
    'threat-led penetration testing (DORA 26 to 27)',
    // Whatever stands beside the manifest: a page checks no time stamp.
    `when it happened by any clock but the machine’s own${timestamp ? ', as far as this page can tell: verify checks the time stamp' : ''}`,
    'that the run was not selected among several',
    ...notMeasured.map(({ what }) => what),
  ];
}
