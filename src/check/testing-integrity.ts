import type { CensusEntry } from '../history/census.ts';
import { checksum } from '../history/checksum.ts';

export interface Named {
  readonly kind: string;
  readonly elements: readonly string[];
  readonly key: string;
}

/** The definitions of integrity.ts, each by looking through everything again. */
export function slowInspect(entries: readonly CensusEntry[]): {
  anomalies: readonly Named[];
  transactions: number;
  whole: number;
} {
  const anomalies: Named[] = [];
  const add = (kind: string, elements: readonly string[], key: string): void => {
    anomalies.push({ kind, elements, key: key.replace(/#(from|to)$/, '') });
  };
  const isVertex = (id: string): boolean => entries.some(({ kind, element }) => kind === 'vertex' && element === id);
  const ends = ({ kind, vertex, other }: CensusEntry): [string, string] =>
    kind === 'in' ? [other, vertex] : [vertex, other];
  const isHalf = ({ kind }: CensusEntry): boolean => kind === 'out' || kind === 'in';
  const sameEdge = (a: CensusEntry, b: CensusEntry): boolean =>
    a.element === b.element && ends(a).join() === ends(b).join();
  const halves = entries.filter(isHalf);
  // One of each edge, its leaving half where there is one.
  const edges = halves.filter(
    (half) => half.kind === 'out' || !halves.some((other) => other.kind === 'out' && sameEdge(half, other)),
  );
  for (const one of entries) {
    if (one.kind === 'unreadable') add('unreadable-cell', [one.element], '');
    if (one.kind === 'ghost') add('ghost-vertex', [one.element], one.key);
    if (one.kind === 'vertex' && one.key === '') add('vertex-without-key', [one.element], '');
  }
  for (const edge of edges) {
    const [from, to] = ends(edge);
    const both = halves.filter((half) => sameEdge(half, edge));
    const name = [edge.element, from, to];
    if (!isVertex(from)) add('dangling-edge', name, edge.key);
    else if (!both.some(({ kind }) => kind === 'out')) add('one-ended-edge', name, edge.key);
    if (!isVertex(to)) add('dangling-edge', name, edge.key);
    else if (!both.some(({ kind }) => kind === 'in')) add('one-ended-edge', name, edge.key);
    if (both.some(({ key, value }) => key !== edge.key || value !== edge.value)) add('unequal-halves', name, edge.key);
    const right = both.every(({ key, value }) => {
      const seq = value.split(' ')[0] ?? '';
      return seq !== '' && value === `${seq} ${checksum(key, Number(seq))}`;
    });
    if (!right) add('wrong-checksum', name, edge.key);
    if (edges.some((other) => other.element === edge.element && !sameEdge(other, edge)))
      add('shared-id', name, edge.key);
  }
  const indexes = [
    { index: 'vertex-index', elements: entries.filter(({ kind }) => kind === 'vertex'), same: sameId, ids: idOf },
    { index: 'edge-index', elements: edges, same: sameEdge, ids: (edge: CensusEntry) => [edge.element, ...ends(edge)] },
  ];
  for (const { index, elements, same, ids } of indexes) {
    const leading = entries.filter(({ kind }) => kind === index);
    for (const one of leading) {
      const shared = leading.some((other) => same(one, other) && other.key !== one.key);
      if (shared) add('shared-id', ids(one), one.key);
      else if (!elements.some((element) => same(one, element) && element.key === one.key))
        add('index-without-element', ids(one), one.key);
    }
    for (const element of elements.filter(({ key }) => key !== '')) {
      if (!leading.some((one) => same(one, element) && one.key === element.key))
        add('element-without-index', ids(element), element.key);
      const doubles = elements.filter(({ key }) => key === element.key);
      if (doubles.length > 1 && doubles[0] === element) add('duplicate-key', doubles.flatMap(ids), element.key);
    }
  }
  const keys = new Set(
    entries.filter(({ kind, key }) => kind !== 'ghost' && key !== '').map(({ key }) => key.replace(/#(from|to)$/, '')),
  );
  let whole = 0;
  for (const key of keys) {
    const has = (kind: string, end = ''): boolean => entries.some((one) => one.kind === kind && one.key === key + end);
    const parts = [
      has('vertex', '#from'),
      has('vertex', '#to'),
      has('out'),
      has('in'),
      has('vertex-index', '#from'),
      has('vertex-index', '#to'),
      has('edge-index'),
    ];
    if (parts.every(Boolean)) whole += 1;
    else add('partial-transaction', [], key);
  }
  return { anomalies, transactions: keys.size, whole };
}

function sameId(a: CensusEntry, b: CensusEntry): boolean {
  return a.element === b.element;
}

function idOf({ element }: CensusEntry): readonly string[] {
  return [element];
}
