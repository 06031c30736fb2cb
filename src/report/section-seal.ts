import { html, type Markup } from './markup.ts';

/**
 * What a page can say of the seal on the run that it shows. `keyId`: the key that is to sign it, or whose envelope stands beside it; null: none. A page does
 * not check a signature, and never says that one holds.
 */
export function sealSection(keyId: string | null): Markup {
  return html`<section><h2 id="seal">Seal</h2>
${
  keyId === null
    ? html`<p><b>Unsigned</b> when this page was made: <code>manifest.json</code> shows damage, not forgery. Whether it was signed since:</p>`
    : html`<p>To be signed with the key <code>${keyId}</code>: <code>manifest.dsse.json</code> and <code>objectives.dsse.json</code>, beside <code>manifest.json</code>. This page cannot show that the signature holds; this does, offline, with the public key from somewhere else:</p>`
}
<p><code>npm run drill -- verify RUN_DIRECTORY --public-key FILE</code> or, without the harness, <code>node verify.mjs RUN_DIRECTORY --public-key FILE</code></p>
<p class="small">Trusted time: none. There is no anchor outside of this directory, so it cannot be excluded that this run was selected among several.</p></section>`;
}
