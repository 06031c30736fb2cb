import type { AnomalyKind } from '../check/integrity.ts';
import type { IntegrityReport } from '../check/integrity-schema.ts';
import type { Report } from '../check/report-schema.ts';
import { formatCount } from './format.ts';
import { html, type Markup } from './markup.ts';
import { type Column, table } from './table.ts';
import { ANOMALY_WORD, integritySentence } from './wording-integrity.ts';

type Place = IntegrityReport['places'][number];
type Found = IntegrityReport['found'][number];

/** Of what is found, shown; all of it is in report.json, and what it was found in is in graph.csv. */
const SHOWN = 100;

const PLACES: readonly Column<Place>[] = [
  { head: 'When', kind: 'row', cell: ({ stage }) => (stage === 'during' ? 'during the fault' : `${stage} the run`) },
  { head: 'Site', cell: ({ site }) => site },
  { head: 'Vertices', kind: 'num', cell: (place) => seen(place, place.vertices) },
  { head: 'Edges', kind: 'num', cell: (place) => seen(place, place.edges) },
  { head: 'Transactions', kind: 'num', cell: (place) => seen(place, place.transactions) },
  { head: 'Whole', kind: 'num', cell: (place) => seen(place, place.whole) },
  { head: 'Accounts', kind: 'num', cell: (place) => seen(place, place.purses) },
  { head: 'Found', cell: (place) => (place.complete ? kindsOf(place) : `unknown: ${place.note || 'not to the end'}`) },
];

/** Where there are any. */
const CUSTOMERS: Column<Place> = {
  head: 'Customers',
  kind: 'num',
  cell: (place) => seen(place, place.customers ?? 0),
};

const FOUND: readonly Column<Found>[] = [
  { head: 'What', kind: 'row', cell: ({ kind }) => ANOMALY_WORD[kind] },
  { head: 'Site', cell: ({ site }) => site || 'all together' },
  { head: 'Ids', cell: ({ elements }) => html`<code>${elements.join(' ')}</code>` },
  { head: 'Key', cell: ({ key }) => html`<code>${key}</code>` },
  { head: 'Acknowledged', cell: acknowledgedWord },
  { head: 'Note', cell: ({ note }) => note },
];

/** The graph as a whole, by site, before the run and after it; everything that is wrong with it by id. Nothing where it was not asked for. */
export function integritySection({ integrity }: Report): Markup | null {
  if (!integrity) return null;
  const { places, found, omitted, old } = integrity;
  const shown = found.slice(0, SHOWN);
  const more = found.length - shown.length + omitted;
  return html`<section><h2 id="integrity">Integrity of the graph</h2>
<p class="lead">Every row and every index entry of transactions, read from the store of each site, whether or not a query would find it; accounts and customers that services share, by their keys. While the service goes on, what is under way is among what is found. No part of the verdict.</p>
<p class="${integrity.state === 'damaged' ? 'notice fail' : ''}">${integritySentence(integrity)}</p>
${table(places, places.some(({ customers = 0 }) => customers > 0) ? PLACES.toSpliced(-1, 0, CUSTOMERS) : PLACES)}
${old === 0 ? null : html`<p>${formatCount(old)} of what is wrong was there before the run; it is not listed.</p>`}
${
  found.length === 0
    ? null
    : html`<details><summary>What is wrong since the run began, by id: the first ${formatCount(shown.length)}${more === 0 ? '' : ` (${formatCount(more)} more are in report.json, or follow from graph.csv)`}</summary>
${table(shown, FOUND, { stack: false })}</details>`
}</section>`;
}

/** What shared accounts and customers are, is nobody's write alone. */
const NO_WRITES: ReadonlySet<AnomalyKind> = new Set([
  'unbalanced-purse',
  'total-not-conserved',
  'number-twice',
  'hidden-customer',
]);

function acknowledgedWord({ kind, acknowledged }: Found): string {
  return NO_WRITES.has(kind) ? '' : acknowledged ? 'yes' : 'no';
}

function seen({ complete }: Place, value: number): string {
  return complete ? formatCount(value) : '';
}

function kindsOf({ anomalies }: Place): string {
  const words = Object.entries(anomalies).map(([kind, n]) => `${ANOMALY_WORD[kind as AnomalyKind]}: ${formatCount(n)}`);
  return words.join(', ') || 'nothing wrong';
}
