import { setTimeout as sleep } from 'node:timers/promises';
import { PlatformError } from '../errors.ts';
import type { GremlinClient } from './gremlin-client.ts';
import { ACCOUNT, KEY, SEQ, SUM, TRANSACTS } from './gremlin-traversals.ts';

/** What a probe needs in a graph: names alone, all of them the probe's own. */
export interface ProbeSchema {
  /** Property keys of one value each, by their type. */
  readonly texts: readonly string[];
  readonly integers: readonly string[];
  readonly decimals: readonly string[];
  readonly vertexLabels: readonly string[];
  readonly edgeLabels: readonly string[];
  /** Index → the property key by which it finds vertices, or edges. */
  readonly vertexIndexes: Readonly<Record<string, string>>;
  readonly edgeIndexes: Readonly<Record<string, string>>;
  /** Index → the property key that only one vertex may have each value of, which JanusGraph holds by locks; absent: none. */
  readonly uniqueIndexes?: Readonly<Record<string, string>>;
}

/** Of the probe's accounts and of its transactions, by key. */
export const ACCOUNT_INDEX = 'drillAccountByKey';
export const TRANSACTION_INDEX = 'drillTransactionByKey';

export const TRANSACTIONS: ProbeSchema = {
  texts: [KEY, SUM],
  integers: [SEQ],
  decimals: [],
  vertexLabels: [ACCOUNT],
  edgeLabels: [TRANSACTS],
  vertexIndexes: { [ACCOUNT_INDEX]: KEY },
  edgeIndexes: { [TRANSACTION_INDEX]: KEY },
};

const SCRIPT_MS = 60_000;
const POLL_MS = 250;

/**
 * What is not there yet, in one transaction: an index over a key that is made with it is enabled at once. Types are made one by one, because a
 * server that makes missing types by itself may have been faster.
 */
const MAKE = `
def mgmt = GRAPH.openManagement()
try {
  def one = org.janusgraph.core.Cardinality.SINGLE
  def property = { name, type ->
    mgmt.containsPropertyKey(name) ? mgmt.getPropertyKey(name) : mgmt.makePropertyKey(name).dataType(type).cardinality(one).make()
  }
  texts.each { property(it, String.class) }
  integers.each { property(it, Integer.class) }
  decimals.each { property(it, Double.class) }
  vertexLabels.each { if (!mgmt.containsVertexLabel(it)) mgmt.makeVertexLabel(it).make() }
  edgeLabels.each { if (!mgmt.containsEdgeLabel(it)) mgmt.makeEdgeLabel(it).multiplicity(org.janusgraph.core.Multiplicity.MULTI).make() }
  def index = { name, element, key ->
    if (!mgmt.containsGraphIndex(name)) mgmt.buildIndex(name, element).addKey(mgmt.getPropertyKey(key)).buildCompositeIndex()
  }
  vertexIndexes.collate(2).each { index(it[0], org.apache.tinkerpop.gremlin.structure.Vertex.class, it[1]) }
  edgeIndexes.collate(2).each { index(it[0], org.apache.tinkerpop.gremlin.structure.Edge.class, it[1]) }
  uniqueIndexes.collate(2).each {
    if (!mgmt.containsGraphIndex(it[0])) {
      def unique = mgmt.buildIndex(it[0], org.apache.tinkerpop.gremlin.structure.Vertex.class).addKey(mgmt.getPropertyKey(it[1])).unique().buildCompositeIndex()
      mgmt.setConsistency(unique, org.janusgraph.core.schema.ConsistencyModifier.LOCK)
    }
  }
  mgmt.commit()
} catch (Throwable problem) {
  if (mgmt.isOpen()) mgmt.rollback()
  throw problem
}
'made'`;

/** An index over a key that was there before waits for this. What was written before stays out of it: the keys of a run are its own. */
const ENABLE = `
def mgmt = GRAPH.openManagement()
indexes.each { name ->
  def index = mgmt.getGraphIndex(name)
  if (index.getIndexStatus(index.getFieldKeys()[0]).name() == 'REGISTERED') {
    mgmt.updateIndex(index, org.janusgraph.core.schema.SchemaAction.ENABLE_INDEX).get()
  }
}
mgmt.commit()
'asked'`;

const STATUS = `
def mgmt = GRAPH.openManagement()
try {
  return indexes.collect { name ->
    def index = mgmt.getGraphIndex(name)
    index == null ? 'MISSING' : index.getIndexStatus(index.getFieldKeys()[0]).name()
  }
} finally {
  mgmt.rollback()
}`;

/** Makes labels, property keys and indexes through `client`; idempotent. `graph` is what the server calls the graph. */
export async function makeSchema(client: GremlinClient, graph: string, schema: ProbeSchema): Promise<void> {
  const { vertexIndexes, edgeIndexes, uniqueIndexes = {} } = schema;
  const bindings = {
    ...schema,
    vertexIndexes: Object.entries(vertexIndexes).flat(),
    edgeIndexes: Object.entries(edgeIndexes).flat(),
    uniqueIndexes: Object.entries(uniqueIndexes).flat(),
  };
  await client.script(MAKE.replace('GRAPH', graph), bindings, 'the probe’s schema could not be made', SCRIPT_MS);
}

/** Resolves when the server behind `client` has every index enabled; a PlatformError when it has not until the signal aborts. */
export async function awaitSchema(
  client: GremlinClient,
  site: string,
  graph: string,
  schema: ProbeSchema,
  signal: AbortSignal,
): Promise<void> {
  const { vertexIndexes, edgeIndexes, uniqueIndexes = {} } = schema;
  const indexes = [vertexIndexes, edgeIndexes, uniqueIndexes].flatMap((one) => Object.keys(one));
  for (;;) {
    const answer = await client.script(
      STATUS.replace('GRAPH', graph),
      { indexes },
      `the probe’s schema could not be looked up in ${site}`,
      SCRIPT_MS,
    );
    const states = Array.isArray(answer) ? answer.map(String) : [];
    if (states.length === indexes.length && states.every((state) => state === 'ENABLED')) return;
    if (states.includes('REGISTERED')) {
      await client.script(
        ENABLE.replace('GRAPH', graph),
        { indexes },
        'the probe’s indexes could not be enabled',
        SCRIPT_MS,
      );
    }
    if (signal.aborted) {
      throw new PlatformError(
        `the indexes ${indexes.join(', ')} in ${site}: expected ENABLED, got ${states.join(', ')}`,
        {
          hint: 'an index stays INSTALLED while an instance of JanusGraph that is gone is still listed: see its getOpenInstances and forceCloseInstance',
        },
      );
    }
    await sleep(POLL_MS);
  }
}
