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
 * Everything in one transaction of its own, before there is data: then JanusGraph enables the indexes at once. Runs once for all sites; where all
 * of it is there already it changes nothing.
 */
const MAKE = `
mgmt = GRAPH.openManagement()
try {
  if (mgmt.containsGraphIndex(edgeIndex)) { mgmt.rollback(); return 'there' }
  key = mgmt.makePropertyKey(keyName).dataType(String.class).cardinality(org.janusgraph.core.Cardinality.SINGLE).make()
  mgmt.makePropertyKey(seqName).dataType(Integer.class).cardinality(org.janusgraph.core.Cardinality.SINGLE).make()
  mgmt.makePropertyKey(sumName).dataType(String.class).cardinality(org.janusgraph.core.Cardinality.SINGLE).make()
  mgmt.makeVertexLabel(account).make()
  mgmt.makeEdgeLabel(transacts).multiplicity(org.janusgraph.core.Multiplicity.MULTI).make()
  mgmt.buildIndex(accountIndex, org.apache.tinkerpop.gremlin.structure.Vertex.class).addKey(key).buildCompositeIndex()
  mgmt.buildIndex(edgeIndex, org.apache.tinkerpop.gremlin.structure.Edge.class).addKey(key).buildCompositeIndex()
  mgmt.commit()
  return 'made'
} catch (Throwable problem) {
  if (mgmt.isOpen()) mgmt.rollback()
  throw problem
}`;

const STATUS = `
mgmt = GRAPH.openManagement()
try {
  return [accountIndex, edgeIndex].collect { name ->
    index = mgmt.getGraphIndex(name)
    index == null ? 'MISSING' : index.getIndexStatus(index.getFieldKeys()[0]).name()
  }
} finally {
  mgmt.rollback()
}`;

/** Makes labels, property keys and indexes through `client`; idempotent. `graph` is what the server calls the graph. */
export async function makeSchema(client: GremlinClient, graph: string): Promise<void> {
  await client.must(scriptFrame(MAKE.replace('GRAPH', graph), names()), 'the probe’s schema could not be made', SCRIPT_MS);
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
    if (signal.aborted) {
      throw new PlatformError(
        `the indexes ${INDEXES.join(', ')} in ${site}: expected ENABLED, got ${states.join(', ')}`,
        { hint: 'an index that was registered after its data needs a reindex; see JanusGraph’s index management' },
      );
    }
    await sleep(POLL_MS);
  }
}

function names(): Readonly<Record<string, string>> {
  const [accountIndex = '', edgeIndex = ''] = INDEXES;
  return { keyName: KEY, seqName: SEQ, sumName: SUM, account: ACCOUNT, transacts: TRANSACTS, accountIndex, edgeIndex };
}
