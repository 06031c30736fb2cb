// biome-ignore lint/correctness/noUnresolvedImports: a CommonJS module, which has its exports on its default export only
import gremlin from 'gremlin';
import { checksum } from './checksum.ts';
import type { GremlinRequest } from './gremlin-transport.ts';
import type { ExpectedWrite } from './probe.ts';

const { process: traversals, structure } = gremlin;
const { Graph, io } = structure;
const { P, statics, traversal } = traversals;
const g = traversal().withGraph(new Graph());
const writer = new io.GraphSONWriter();
const reader = new io.GraphSONReader();

/** Labels and property keys of their own: nothing else is ever written. */
export const VERTEX = 'DrillAccount';
export const EDGE = 'DRILL_TRANSACTS_WITH';
export const KEY = 'drillKey';
const SEQ = 'drillSeq';
const SUM = 'drillSum';
/** The composite index on `drillKey` of accounts. */
const INDEX = 'drillAccountByKey';

function bytecode(steps: { getBytecode(): unknown }): GremlinRequest {
  const args = {
    '@type': 'g:Map',
    '@value': [
      'gremlin',
      writer.adaptObject(steps.getBytecode()),
      'aliases',
      { '@type': 'g:Map', '@value': ['g', 'g'] },
    ],
  };
  return { op: 'bytecode', args };
}

function script(text: string): GremlinRequest {
  return { op: 'eval', args: { '@type': 'g:Map', '@value': ['gremlin', text, 'language', 'gremlin-groovy'] } };
}

/** A transaction between two accounts: both vertices and the edge, in one request, which is one transaction. */
export function writeTransaction({ key, seq }: ExpectedWrite): GremlinRequest {
  return bytecode(
    g
      .addV(VERTEX)
      .property(KEY, `${key}#from`)
      .as('from')
      .addV(VERTEX)
      .property(KEY, `${key}#to`)
      .as('to')
      .addE(EDGE)
      .from_('from')
      .to('to')
      .property(SEQ, seq)
      .property(SUM, checksum(key, seq))
      .values(SUM),
  );
}

/** Every account of these keys, each with the checksums of the edges that it sees: one edge must be seen from both its ends. */
export function readTransactions(keys: readonly string[]): GremlinRequest {
  const accounts = keys.flatMap((key) => [`${key}#from`, `${key}#to`]);
  return bytecode(
    g.V().has(KEY, P.within(accounts)).project('key', 'sums').by(KEY).by(statics.bothE(EDGE).values(SUM).fold()),
  );
}

export function deleteTransactions(keys: readonly string[]): GremlinRequest {
  const accounts = keys.flatMap((key) => [`${key}#from`, `${key}#to`]);
  return bytecode(g.V().has(KEY, P.within(accounts)).drop());
}

/** Makes keys, labels and the index where they are missing, in one management transaction, before there is data: so the index is enabled at once. */
export const MAKE_SCHEMA = script(`
  m = graph.openManagement()
  try {
    if (m.getPropertyKey('${KEY}') == null) {
      k = m.makePropertyKey('${KEY}').dataType(String.class).make()
      m.makePropertyKey('${SEQ}').dataType(Integer.class).make()
      m.makePropertyKey('${SUM}').dataType(String.class).make()
      m.makeVertexLabel('${VERTEX}').make()
      m.makeEdgeLabel('${EDGE}').make()
      m.buildIndex('${INDEX}', Vertex.class).addKey(k).buildCompositeIndex()
      m.commit()
    } else { m.rollback() }
  } catch (Throwable t) { m.rollback(); throw t }
  'made'`);

/** The status of the index as this server sees it: it must be `ENABLED`. */
export const INDEX_STATUS = script(`
  m = graph.openManagement()
  try {
    i = m.getGraphIndex('${INDEX}')
    i == null ? 'MISSING' : i.getIndexStatus(m.getPropertyKey('${KEY}')).toString()
  } finally { m.rollback() }`);

/** One account as it was found. */
export interface FoundAccount {
  readonly key: string;
  readonly sums: readonly string[];
}

/** The values of an answer, out of their traversers. */
export function values(data: readonly unknown[]): readonly unknown[] {
  return data.flatMap((part) => {
    const list: unknown = reader.read(part as never);
    return Array.isArray(list) ? list.map((item) => (isTraverser(item) ? item.object : item)) : [];
  });
}

function isTraverser(item: unknown): item is { object: unknown } {
  return item instanceof traversals.Traverser;
}

export function accounts(data: readonly unknown[]): readonly FoundAccount[] {
  return values(data).map((item) => {
    const map = item as Map<string, unknown>;
    return { key: String(map.get('key')), sums: map.get('sums') as string[] };
  });
}
