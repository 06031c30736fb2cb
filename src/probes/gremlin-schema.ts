import { setTimeout as sleep } from 'node:timers/promises';
import { PlatformError } from '../errors.ts';
import type { GremlinClient } from './gremlin-client.ts';
import { scriptFrame } from './gremlin-frames.ts';
import { ACCOUNT, KEY, SEQ, SUM, TRANSACTS } from './gremlin-traversals.ts';

/** The indexes by which a key is found, of vertices and of edges. */
const INDEXES = ['drillAccountByKey', 'drillTransactionByKey'];
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
  def key = property(keyName, String.class)
  property(seqName, Integer.class)
  property(sumName, String.class)
  if (!mgmt.containsVertexLabel(account)) mgmt.makeVertexLabel(account).make()
  if (!mgmt.containsEdgeLabel(transacts)) mgmt.makeEdgeLabel(transacts).multiplicity(org.janusgraph.core.Multiplicity.MULTI).make()
  [(accountIndex): org.apache.tinkerpop.gremlin.structure.Vertex.class, (edgeIndex): org.apache.tinkerpop.gremlin.structure.Edge.class].each { name, element ->
    if (!mgmt.containsGraphIndex(name)) mgmt.buildIndex(name, element).addKey(key).buildCompositeIndex()
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
[accountIndex, edgeIndex].each { name ->
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
  return [accountIndex, edgeIndex].collect { name ->
    def index = mgmt.getGraphIndex(name)
    index == null ? 'MISSING' : index.getIndexStatus(index.getFieldKeys()[0]).name()
  }
} finally {
  mgmt.rollback()
}`;

/** Makes labels, property keys and indexes through `client`; idempotent. `graph` is what the server calls the graph. */
export async function makeSchema(client: GremlinClient, graph: string): Promise<void> {
  await client.must(
    scriptFrame(MAKE.replace('GRAPH', graph), names()),
    'the probe’s schema could not be made',
    SCRIPT_MS,
  );
}

/** Resolves when the server behind `client` has both indexes enabled; a PlatformError when it has not until the signal aborts. */
export async function awaitSchema(
  client: GremlinClient,
  site: string,
  graph: string,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const answer = await client.must(
      scriptFrame(STATUS.replace('GRAPH', graph), names()),
      `the probe’s schema could not be looked up in ${site}`,
      SCRIPT_MS,
    );
    const states = Array.isArray(answer) ? answer.map(String) : [];
    if (states.length === INDEXES.length && states.every((state) => state === 'ENABLED')) return;
    if (states.includes('REGISTERED')) {
      await client.must(
        scriptFrame(ENABLE.replace('GRAPH', graph), names()),
        'the probe’s indexes could not be enabled',
        SCRIPT_MS,
      );
    }
    if (signal.aborted) {
      throw new PlatformError(
        `the indexes ${INDEXES.join(', ')} in ${site}: expected ENABLED, got ${states.join(', ')}`,
        {
          hint: 'an index stays INSTALLED while an instance of JanusGraph that is gone is still listed: see its getOpenInstances and forceCloseInstance',
        },
      );
    }
    await sleep(POLL_MS);
  }
}

function names(): Readonly<Record<string, string>> {
  const [accountIndex = '', edgeIndex = ''] = INDEXES;
  return { keyName: KEY, seqName: SEQ, sumName: SUM, account: ACCOUNT, transacts: TRANSACTS, accountIndex, edgeIndex };
}
