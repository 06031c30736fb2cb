import type { CensusEntry } from '../history/census.ts';
import { checksum } from '../history/checksum.ts';

/**
 * What can be wrong with a graph on an eventually consistent store. Of one site: an edge that only one of its vertices knows; one whose other vertex is
 * not there; halves that say different things; a row with parts of a vertex that is none; a vertex that nobody can find; an index entry that
 * leads nowhere, or to something else; an element that its index does not know; two elements under a key that only one may have; one id
 * that two elements got; a value that nobody wrote; a cell that cannot be read; a transaction of which only a part is there; a purse that does not
 * hold what its transfers say; a sum of all purses that is another than it was; a number that several customers have, although a unique index lets only
 * one have it; a customer whom that index does not find. Of all sites together: what is not the same everywhere; an acknowledged
 * transaction of which nothing is anywhere.
 */
export const ANOMALIES = [
  'one-ended-edge',
  'dangling-edge',
  'unequal-halves',
  'ghost-vertex',
  'vertex-without-key',
  'index-without-element',
  'element-without-index',
  'duplicate-key',
  'shared-id',
  'wrong-checksum',
  'unreadable-cell',
  'partial-transaction',
  'unbalanced-purse',
  'total-not-conserved',
  'number-twice',
  'hidden-customer',
  'absent-transaction',
  'sites-differ',
] as const;
export type AnomalyKind = (typeof ANOMALIES)[number];

export interface Anomaly {
  readonly kind: AnomalyKind;
  /** Ids of vertices and edges, as the store has them. */
  readonly elements: readonly string[];
  /** The key of the transaction that it belongs to; empty where nothing says so. */
  readonly key: string;
  readonly note: string;
}

export interface Integrity {
  readonly vertices: number;
  readonly edges: number;
  readonly transactions: number;
  /** Transactions all of whose seven parts are there. */
  readonly whole: number;
  /** Accounts that all transfers share. */
  readonly purses: number;
  /** That all enrolments share. */
  readonly customers: number;
  readonly anomalies: readonly Anomaly[];
}

/** An edge as its halves tell of it: the id of its relation, and both of its vertices. */
interface Edge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly out: CensusEntry | null;
  readonly in: CensusEntry | null;
}

const FROM = '#from';
const TO = '#to';
const PARTS = ['from', 'to', 'out', 'in', 'from in the index', 'to in the index', 'edge in the index'] as const;

/** Everything that is wrong with what one site has. Each entry of `entries` is there once. */
export function inspect(entries: readonly CensusEntry[]): Integrity {
  const of = (kind: CensusEntry['kind']): readonly CensusEntry[] => entries.filter((entry) => entry.kind === kind);
  const vertices = new Map(of('vertex').map((vertex) => [vertex.element, vertex]));
  const edges = edgesOf(of('out'), of('in'));
  const anomalies = [
    ...of('unreadable').map((cell) => anomaly('unreadable-cell', [cell.element], '', 'a cell of its row')),
    ...of('ghost').map((ghost) =>
      anomaly('ghost-vertex', [ghost.element], ghost.key, 'a row of its parts, not marked as a vertex'),
    ),
    ...[...vertices.values()]
      .filter(({ key }) => key === '')
      .map(({ element }) => anomaly('vertex-without-key', [element], '', 'no index can know it')),
    ...edges.flatMap((edge) => edgeAnomalies(edge, vertices)),
    ...indexAnomalies(of('vertex-index'), [...vertices.values()].map(accountOf), 'vertex'),
    ...indexAnomalies(of('edge-index').map(edgeEntry), edges.map(edgeOf), 'edge'),
    ...reusedRelations(edges),
    ...purseAnomalies(of('purse')),
    ...customerAnomalies(of('customer')),
  ];
  const transactions = partsOf(entries);
  const partial = [...transactions].filter(([, parts]) => parts.size < PARTS.length);
  return {
    vertices: vertices.size,
    edges: edges.length,
    transactions: transactions.size,
    whole: transactions.size - partial.length,
    purses: of('purse').length,
    customers: of('customer').length,
    anomalies: [
      ...anomalies,
      ...partial.map(([key, parts]) => {
        const missing = PARTS.filter((part) => !parts.has(part));
        return anomaly('partial-transaction', [], key, `missing: ${missing.join(', ')}`);
      }),
    ],
  };
}

/** Transactions that are not the same at every site: which parts each has and under which ids. */
export function compareSites(bySite: ReadonlyMap<string, readonly CensusEntry[]>): readonly Anomaly[] {
  const sites = [...bySite].map(([site, entries]) => ({ site, said: transcripts(entries) }));
  const keys = new Set(sites.flatMap(({ said }) => [...said.keys()]));
  return [...keys].flatMap((key) => {
    const versions = Map.groupBy(sites, ({ said }) => said.get(key) ?? '');
    if (versions.size === 1) return [];
    const groups = [...versions].map(([said, where]) => {
      const names = where.map(({ site }) => site).join(' and ');
      return said === '' ? `${names}: nothing` : `${names}: ${said.split('\n').length} parts`;
    });
    return [anomaly('sites-differ', [], key, groups.join('; '))];
  });
}

/** The key of the transaction to which an element with this key belongs. */
export function transactionOf(key: string): string {
  for (const end of [FROM, TO]) if (key.endsWith(end)) return key.slice(0, -end.length);
  return key;
}

function anomaly(kind: AnomalyKind, elements: readonly string[], key: string, note: string): Anomaly {
  return { kind, elements, key: transactionOf(key), note };
}

function edgesOf(leaving: readonly CensusEntry[], arriving: readonly CensusEntry[]): readonly Edge[] {
  const name = (id: string, from: string, to: string): string => [id, from, to].join(' ');
  const out = new Map(leaving.map((half) => [name(half.element, half.vertex, half.other), half]));
  const into = new Map(arriving.map((half) => [name(half.element, half.other, half.vertex), half]));
  return [...new Set([...out.keys(), ...into.keys()])].map((edge) => {
    const [id = '', from = '', to = ''] = edge.split(' ');
    return { id, from, to, out: out.get(edge) ?? null, in: into.get(edge) ?? null };
  });
}

function edgeAnomalies(edge: Edge, vertices: ReadonlyMap<string, CensusEntry>): readonly Anomaly[] {
  const { id, from, to } = edge;
  const half = edge.out ?? edge.in;
  const key = half?.key ?? '';
  const elements = [id, from, to];
  const found: Anomaly[] = [];
  const missing = [
    { end: from, seen: edge.out !== null },
    { end: to, seen: edge.in !== null },
  ].filter(({ end, seen }) => !seen || !vertices.has(end));
  for (const { end, seen } of missing) {
    if (!vertices.has(end)) found.push(anomaly('dangling-edge', elements, key, `there is no vertex ${end}`));
    else if (!seen) found.push(anomaly('one-ended-edge', elements, key, `vertex ${end} does not know it`));
  }
  if (edge.out && edge.in && (edge.out.key !== edge.in.key || edge.out.value !== edge.in.value)) {
    const said = [edge.out, edge.in].map((one) => `${one.key} ${one.value}`).join(' against ');
    found.push(anomaly('unequal-halves', elements, key, said));
  }
  const wrong = [edge.out, edge.in].find((one) => one !== null && !isRight(one));
  if (wrong) found.push(anomaly('wrong-checksum', elements, key, `${wrong.kind}: ${wrong.value}`));
  return found;
}

function isRight({ key, value }: CensusEntry): boolean {
  const [seq = '', sum = ''] = value.split(' ');
  return seq !== '' && sum === checksum(key, Number(seq));
}

/** Something that an index is to know: its own id, and its key. */
interface Indexed {
  readonly element: string;
  readonly key: string;
}

const accountOf = ({ element, key }: CensusEntry): Indexed => ({ element, key });
const edgeOf = ({ id, from, to, out, in: into }: Edge): Indexed => ({
  element: [id, from, to].join(' '),
  key: (out ?? into)?.key ?? '',
});
const edgeEntry = ({ element, vertex, other, key }: CensusEntry): Indexed => ({
  element: [element, vertex, other].join(' '),
  key,
});

function indexAnomalies(
  entries: readonly Indexed[],
  elements: readonly Indexed[],
  what: 'vertex' | 'edge',
): readonly Anomaly[] {
  const keysOf = Map.groupBy(entries, ({ element }) => element);
  const known = new Set(entries.map(({ element, key }) => `${element} ${key}`));
  const keyOf = new Map(elements.map(({ element, key }) => [element, key]));
  const ids = (element: string): readonly string[] => element.split(' ');
  const shared = [...keysOf].filter(([, leading]) => new Set(leading.map(({ key }) => key)).size > 1);
  const sharedIds = new Set(shared.map(([element]) => element));
  const stale = entries.filter(({ element, key }) => keyOf.get(element) !== key && !sharedIds.has(element));
  const unknown = elements.filter(({ element, key }) => key !== '' && !known.has(`${element} ${key}`));
  const doubled = [...Map.groupBy(elements, ({ key }) => key)].filter(([key, same]) => key !== '' && same.length > 1);
  return [
    // Each of the keys has lost its own: all of them are named.
    ...shared.flatMap(([element, leading]) => {
      const keys = [...new Set(leading.map(({ key }) => key))];
      return keys.map((key) => {
        const others = keys.filter((other) => other !== key).join(', ');
        return anomaly('shared-id', ids(element), key, `the same ${what} is ${others} as well`);
      });
    }),
    ...stale.map(({ element, key }) => {
      const there = keyOf.get(element);
      const instead = there === undefined ? `there is no such ${what}` : `that ${what} is ${there || 'without a key'}`;
      return anomaly('index-without-element', ids(element), key, instead);
    }),
    ...unknown.map(({ element, key }) =>
      anomaly('element-without-index', ids(element), key, `the index of the ${what} does not lead to it`),
    ),
    ...doubled.map(([key, same]) =>
      anomaly(
        'duplicate-key',
        same.flatMap(({ element }) => ids(element)),
        key,
        `${same.length} elements have it`,
      ),
    ),
  ];
}

/** Edges between different vertices that have one id. */
function reusedRelations(edges: readonly Edge[]): readonly Anomaly[] {
  return [...Map.groupBy(edges, ({ id }) => id)].flatMap(([id, same]) => {
    if (same.length < 2) return [];
    return same.map((edge) =>
      anomaly('shared-id', [id, edge.from, edge.to], edgeOf(edge).key, 'another edge has its id'),
    );
  });
}

/** Money is neither made nor lost by a transfer: what a purse holds is what it held, less what it paid, and what it got. */
function purseAnomalies(purses: readonly CensusEntry[]): readonly Anomaly[] {
  const read = purses.map((purse) => {
    const [balance = Number.NaN, first = Number.NaN, paid = Number.NaN, got = Number.NaN] = purse.value
      .split(' ')
      .map(Number);
    return { ...purse, balance, first, paid, got };
  });
  const total = read.reduce((sum, { balance }) => sum + balance, 0);
  const expected = read.reduce((sum, { first }) => sum + first, 0);
  return [
    ...read
      .filter(({ balance, first, paid, got }) => balance !== first - paid + got)
      .map(({ element, key, balance, first, paid, got }) =>
        anomaly('unbalanced-purse', [element], key, `it holds ${balance}: ${first} at first, ${paid} paid, ${got} got`),
      ),
    ...(total === expected ? [] : [anomaly('total-not-conserved', [], '', `${total} in all, ${expected} at first`)]),
  ];
}

/** A unique index keeps one entry a number: of two customers who have it the one who was written last is found, and the other by nobody who asks for the number. */
function customerAnomalies(customers: readonly CensusEntry[]): readonly Anomaly[] {
  const twice = [...Map.groupBy(customers, ({ key }) => key)].filter(([, same]) => same.length > 1);
  return [
    ...twice.map(([key, same]) => {
      const ids = same.map(({ element }) => element);
      return anomaly('number-twice', ids, key, `${same.length} customers have it`);
    }),
    ...customers
      .filter(({ value }) => value !== 'found')
      .map(({ element, key, value }) =>
        anomaly(
          'hidden-customer',
          [element],
          key,
          value === 'hidden' ? 'the unique index does not find it' : 'nothing but the unique index finds it',
        ),
      ),
  ];
}

/** Which parts of each transaction are there, whether or not they are right. */
function partsOf(entries: readonly CensusEntry[]): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const { kind, key } of entries) {
    const transaction = transactionOf(key);
    const part = partOf(kind, key);
    if (key === '' || part === null) continue;
    const parts = found.get(transaction) ?? new Set();
    found.set(transaction, parts.add(part));
  }
  return found;
}

function partOf(kind: CensusEntry['kind'], key: string): (typeof PARTS)[number] | null {
  const end = key.endsWith(FROM) ? 'from' : key.endsWith(TO) ? 'to' : null;
  switch (kind) {
    case 'vertex':
      return end;
    case 'vertex-index':
      return end && `${end} in the index`;
    case 'out':
    case 'in':
      return kind;
    case 'edge-index':
      return 'edge in the index';
    case 'ghost':
    case 'unreadable':
    case 'purse':
    case 'customer':
      return null;
  }
}

/** Everything that a site says of each transaction, in an order of its own. */
function transcripts(entries: readonly CensusEntry[]): ReadonlyMap<string, string> {
  const lines = Map.groupBy(
    entries.filter(({ key }) => key !== ''),
    ({ key }) => transactionOf(key),
  );
  return new Map(
    [...lines].map(([key, same]) => [
      key,
      same
        .map((entry) => [entry.kind, entry.element, entry.vertex, entry.other, entry.key, entry.value].join(' '))
        .sort()
        .join('\n'),
    ]),
  );
}
