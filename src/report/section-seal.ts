import type { Report } from '../check/report-schema.ts';
import { formatCount } from './format.ts';
import { html, type Markup } from './markup.ts';

/**
 * What a page can say of the seal on the run that it shows. `keyId`: the key that is to sign it, or whose envelope stands beside it; null: none. A page does
 * not check a signature, and never says that one holds.
 */
export function sealSection(keyId: string | null, masked?: Report['masked']): Markup {
  if (masked !== undefined) return maskedSeal(keyId, masked);
  return html`<section><h2 id="seal">Seal</h2>
${
  keyId === null
    ? html`<p><b>Unsigned</b> when this page was made: <code>manifest.json</code> shows damage, not forgery. Whether it was signed since:</p>`
    : html`<p>To be signed with the key <code>${keyId}</code>: <code>manifest.dsse.json</code> and <code>objectives.dsse.json</code>, beside <code>manifest.json</code>. This page cannot show that the signature holds; this does, offline, with the public key from somewhere else:</p>`
}
<p><code>npm run drill -- verify RUN_DIRECTORY --public-key FILE</code> or, without the harness, <code>node verify.mjs RUN_DIRECTORY --public-key FILE</code></p>
<p class="small">Trusted time: none. There is no anchor outside of this directory, so it cannot be excluded that this run was selected among several.</p></section>`;
}

/** The same for a report whose names are masked. */
function maskedSeal(keyId: string | null, masked: NonNullable<Report['masked']>): Markup {
  return html`<section><h2 id="seal">Seal, and what is masked</h2>
<p>This is the report of a sealed run with its names masked: ${formatCount(masked.names)} names, addresses and words that no text of the harness has; the same has the same mask everywhere here. Every figure, instant and verdict is that of the run.${masked.withheld.length === 0 ? '' : ` Left out as a whole: ${masked.withheld.join(', ')}.`}</p>
<p class="small">SHA-256 of the run’s <code>manifest.json</code>: <code>${masked.originalManifestSha256}</code>; of the names with their masks and a salt: <code>${masked.maskSha256}</code>. The owner of both can show that this report was made of them; without them the figures cannot be computed again.</p>
<p>${keyId === null ? html`<b>Unsigned</b> when this page was made.` : html`To be signed with the key <code>${keyId}</code>: <code>masked.dsse.json</code>, beside <code>masked.json</code>. This page cannot show that the signature holds; this does, offline:`}</p>
<p><code>npm run drill -- verify DIRECTORY --public-key FILE</code></p>
<p class="small">Trusted time: none.</p></section>`;
}

/** On the first screen, so that nobody takes a mask for a name. */
export function maskedNotice({ masked }: Report): Markup | null {
  if (masked === undefined) return null;
  return html`<p class="notice"><b>Names are masked</b> in this report; every figure is the run’s own. <a href="#seal">What is masked, and of which run this is</a></p>`;
}
