import type { Backups } from '../check/backups-schema.ts';
import type { Report } from '../check/report-schema.ts';
import { formatDuration } from '../duration.ts';
import { formatBytes, formatCount, formatInterval, plural, UNKNOWN } from './format.ts';
import { html, type Markup } from './markup.ts';
import { table } from './table.ts';

type Taken = Backups['taken'][number];
type Restored = Backups['restored'][number];
type Tested = Backups['tested'][number];

/** The backups that a run took, and each step of what it restored from them; nothing where its plan has none. */
export function backupsSection({ backups }: Report): Markup | null {
  if (!backups) return null;
  const { taken, notTaken, tested, notTested, restored } = backups;
  return html`<section><h2 id="backups">Backups and restores</h2>
${notTaken.length === 0 ? null : html`<p class="unknown">Not taken, or not whole: ${notTaken.join(', ')}.</p>`}
${taken.map(takenTable)}
${notTested.length === 0 ? null : html`<p class="unknown">Not restored beside the platform: ${notTested.join(', ')}.</p>`}
${tested.map(testedTable)}
${restored.map(restoredTable)}
${restored.length + tested.length > 0 ? null : html`<p>Nothing was restored from a backup.</p>`}</section>`;
}

function takenTable({ backup, of, mode, tool, from_us, to_us, nodes, age_us }: Taken): Markup {
  const age =
    age_us === null ? '' : ` It was ${formatDuration(age_us)} old at most when the disaster became effective.`;
  const whole =
    of === 'opensearch'
      ? `of every site at once: ${formatDuration(to_us - from_us)} until each of its indexes had been restored beside itself, under another name.`
      : `of every node at once: ${formatDuration(to_us - from_us)} until each of its files had been read again and was what its manifest says.`;
  return html`<h3>Backup ${backup}</h3>
<p class="lead">A ${mode} one, by ${tool}, ${whole}${age}</p>
${table(nodes, [
  { head: of === 'opensearch' ? 'Cluster' : 'Node', kind: 'row', cell: nodeOf(of) },
  { head: 'Files', kind: 'num', cell: ({ files }) => formatCount(files) },
  { head: 'Size', kind: 'num', cell: ({ bytes }) => formatBytes(bytes) },
  { head: 'Taken in', kind: 'num', cell: ({ took_us }) => formatDuration(took_us) },
  { head: 'Throughput', kind: 'num', cell: ({ bytes, took_us }) => rate(bytes, took_us) },
])}`;
}

function testedTable({ backup, site, served_us, graph_us, nodes, ledger, missing, missingKeys }: Tested): Markup {
  const there = `${formatCount(ledger - missing.upper)} of ${plural(ledger, 'write')} that were acknowledged before it began are in it`;
  const not = missing.upper === 0 ? '' : `; missing ${formatInterval(missing, formatCount)}`;
  return html`<h3>Restore test of ${backup}, of ${site}</h3>
<p class="lead">Restored into a network of its own, from which nothing leads to the platform or back, while the platform went on: everything served after ${formatDuration(served_us)}, JanusGraph ${formatDuration(graph_us)} after Cassandra. <strong>${there}${not}</strong>, as the probe that had written each read it there (restore-test.csv).</p>
${nodeTable(nodes, undefined)}
${missingKeys.length === 0 ? null : html`<p>The first of what is missing: ${missingKeys.map(({ key, state }) => `${key} (${state})`).join(', ')}.</p>`}`;
}

function restoredTable({ fault, backup, of, nodes, all_us }: Restored): Markup {
  const all = all_us === null ? UNKNOWN : formatInterval(all_us, formatDuration);
  const until =
    of === 'opensearch'
      ? `until every copy of the index was there again and, where its site is probed by itself, a write and a read were served: ${all}.`
      : `to a write and a read being served again where everything was lost: ${all}. Nodes are restored beside each other, on one machine.`;
  return html`<h3>Restore from ${backup}, after ${fault}</h3>
<p class="lead">From the request ${until}</p>
${nodeTable(nodes, of)}`;
}

function nodeTable(nodes: Restored['nodes'], of: Restored['of']): Markup {
  return table(nodes, [
    { head: of === 'opensearch' ? 'Cluster' : 'Node', kind: 'row', cell: nodeOf(of) },
    { head: 'Files', kind: 'num', cell: ({ files }) => formatCount(files) },
    { head: 'Size', kind: 'num', cell: ({ bytes }) => formatBytes(bytes) },
    {
      head: of === 'opensearch' ? 'Restored in' : 'Read again and copied in',
      kind: 'num',
      cell: ({ copied_us }) => formatDuration(copied_us),
    },
    { head: 'Throughput', kind: 'num', cell: ({ bytes, copied_us }) => rate(bytes, copied_us) },
    {
      head: of === 'opensearch' ? 'Every copy is there after' : 'Cassandra serves after',
      kind: 'num',
      cell: ({ started_us }) => formatDuration(started_us),
    },
  ]);
}

function nodeOf(of: Taken['of']): (one: { readonly site: string; readonly node: number }) => string {
  return ({ site, node }) => (of === 'opensearch' ? `${site} opensearch` : `${site} cassandra/${node}`);
}

function rate(bytes: number, us: number): string {
  return us === 0 ? UNKNOWN : `${formatBytes((bytes * 1e6) / us)}/s`;
}
