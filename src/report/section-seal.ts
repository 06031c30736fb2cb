import { ANCHOR_FACT } from '../check/facts.ts';
import type { Report } from '../check/report-schema.ts';
import type { HumanStatement } from '../evidence/human-statement.ts';
import { formatCount, formatWall } from './format.ts';
import { html, type Markup } from './markup.ts';
import { table } from './table.ts';

/** What stands over the manifest of a run, or is to: as it says of itself. A page does not check a signature, and never says that one holds. */
export interface Seal {
  /** The key that is to sign it, or whose envelope stands beside it; null: none. */
  readonly keyId: string | null;
  /** Of the manifest; null: the page is made before the run is sealed. */
  readonly manifestSha256: string | null;
  /** A time stamp stands beside it, or is to. */
  readonly timestamp: boolean;
  /** What people signed since. */
  readonly statements: readonly SignedWord[];
}

export interface SignedWord {
  readonly said: HumanStatement;
  /** The key that its envelope names. */
  readonly keyId: string;
}

export const UNSEALED: Seal = { keyId: null, manifestSha256: null, timestamp: false, statements: [] };

/** What a page can say of the seal on the run that it shows. */
export function sealSection(
  { keyId, timestamp, statements }: Seal,
  { facts, masked }: Pick<Report, 'facts' | 'masked'>,
): Markup {
  if (masked !== undefined) return maskedSeal(keyId, masked);
  return html`<section><h2 id="seal">Seal</h2>
${
  keyId === null
    ? html`<p><b>Unsigned</b> when this page was made: <code>manifest.json</code> shows damage, not forgery. Whether it was signed since:</p>`
    : html`<p>To be signed with the key <code>${keyId}</code>: <code>manifest.dsse.json</code> and <code>objectives.dsse.json</code>, beside <code>manifest.json</code>. This page cannot show that the signature holds; this does, offline, with the public key from somewhere else:</p>`
}
<p><code>npm run drill -- verify RUN_DIRECTORY --public-key FILE</code> or, without the harness, <code>node verify.mjs RUN_DIRECTORY --public-key FILE</code></p>
${statementsPart(statements)}
<p class="small">${
    timestamp
      ? html`A time stamp (RFC 3161) over the manifest stands beside it, or is to: <code>manifest.tsr</code>. This page cannot show that it holds; <code>verify</code> does with <code>--tsa-ca FILE</code>.`
      : 'Trusted time: none, when this page was made.'
  } ${anchorWords(facts)}</p></section>`;
}

/** The same for an exercise, in a paragraph. */
export function exerciseSeal(keyId: string | null): Markup {
  return keyId === null
    ? html`<p>This record was not signed when this page was made; <code>manifest.json</code> beside it shows damage, not forgery.</p>`
    : html`<p>To be signed with the key <code>${keyId}</code>: <code>manifest.dsse.json</code>, beside <code>manifest.json</code>. This page cannot show that the signature holds; <code>verify</code> does.</p>`;
}

function anchorWords(facts: Report['facts']): Markup {
  const anchors = facts.filter(({ fact }) => fact === ANCHOR_FACT).map(({ value }) => value);
  const list = anchors.join('; ');
  if (anchors.some((value) => value.startsWith('tag ')))
    return html`Anchor before the fault: ${list}. Which runs are there and not here: <code>verify --all DIRECTORY --anchor REMOTE</code>. Whoever keeps the remote can remove what is in it, and a run that was begun without it is not there.`;
  const cannot = 'so it cannot be excluded that this run was selected among several';
  if (anchors.length === 0) return html`There is no anchor outside of this directory from before the fault, ${cannot}.`;
  return html`Anchor before the fault: ${list}. It does not list the runs that were begun, ${cannot}.`;
}

function statementsPart(statements: readonly SignedWord[]): Markup {
  if (statements.length === 0)
    return html`<p>Nobody had signed the result off, and nothing was amended, when this page was made.</p>`;
  return html`<h3>Signed since, by people</h3>
<p>As each says of itself; <code>verify</code> checks them with <code>--public-key ROLE=FILE</code>. Nothing that was sealed changed. If the last of them were taken away, it would not show here.</p>
${table(statements, [
  { head: 'No.', kind: 'num', cell: ({ said }) => formatCount(said.number) },
  { head: 'What', kind: 'row', cell: ({ said }) => (said.kind === 'sign-off' ? said.decision : 'amendment') },
  { head: 'By', cell: ({ said }) => html`<div>${said.by.name}<span class="small">${said.by.role}</span></div>` },
  { head: 'When, by the signer’s clock', cell: ({ said }) => formatWall(said.stated) },
  { head: 'Words', cell: ({ said }) => wordsOf(said) },
  { head: 'Key', cell: ({ keyId }) => html`<code>${keyId}</code>` },
])}`;
}

function wordsOf(said: HumanStatement): Markup | string {
  if (said.kind === 'sign-off') return said.note;
  if (said.attachment === null) return said.reason;
  const { name, text } = said.attachment;
  return html`<div>${said.reason}<details><summary>${name}</summary><pre>${text}</pre></details></div>`;
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
