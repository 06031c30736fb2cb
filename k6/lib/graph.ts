import gremlin from 'k6/x/gremlin';
import { graphAt } from './graph-at.ts';
import { writeKey } from './keys.ts';
import { ACCOUNT, ACCOUNT_INDEX, KEY, SEQ, SUM, TRANSACTION_INDEX, TRANSACTS } from './names.ts';
import { doneOf, type Service } from './service.ts';
import { login, needed, security, whole } from './settings.ts';

/** Transactions that are deleted in one request. */
const BATCH = 50;
const BULK_MS = 60_000;

/** What is missing of the probe's schema, in one transaction: an index over a key that is made with it is enabled at once. */
const MAKE = `
def mgmt = graph.openManagement()
try {
  def one = org.janusgraph.core.Cardinality.SINGLE
  def property = { name, type -> mgmt.getPropertyKey(name) ?: mgmt.makePropertyKey(name).dataType(type).cardinality(one).make() }
  [keyName, sumName].each { property(it, String.class) }
  property(seqName, Integer.class)
  if (!mgmt.containsVertexLabel(account)) mgmt.makeVertexLabel(account).make()
  if (!mgmt.containsEdgeLabel(transacts)) mgmt.makeEdgeLabel(transacts).multiplicity(org.janusgraph.core.Multiplicity.MULTI).make()
  def index = { name, element ->
    if (!mgmt.containsGraphIndex(name)) mgmt.buildIndex(name, element).addKey(mgmt.getPropertyKey(keyName)).buildCompositeIndex()
  }
  index(accountIndex, org.apache.tinkerpop.gremlin.structure.Vertex.class)
  index(edgeIndex, org.apache.tinkerpop.gremlin.structure.Edge.class)
  def states = [accountIndex, edgeIndex].collect { mgmt.getGraphIndex(it).getIndexStatus(mgmt.getPropertyKey(keyName)).name() }
  mgmt.commit()
  states
} catch (Throwable problem) {
  if (mgmt.isOpen()) mgmt.rollback()
  throw problem
}`;

/** In a transaction without locks: the keys are the run's own. */
const DROP = `
def tx = graph.buildTransaction().consistencyChecks(false).start()
try {
  tx.traversal().V().has(keyName, org.apache.tinkerpop.gremlin.process.traversal.P.within(ends)).drop().iterate()
  tx.commit()
} catch (Throwable problem) {
  if (tx.isOpen()) tx.rollback()
  throw problem
}
'dropped'`;

/** Accounts and transactions through JanusGraph. GREMLIN_URL. */
export function graph(): Service {
  const timeoutMs = whole('TIMEOUT_MS', 2000, 1, 60_000);
  const options = {
    url: needed('GREMLIN_URL', 'ws://HOST:PORT/gremlin'),
    site: __ENV.SITE ?? '',
    timeoutMs,
    connections: whole('GREMLIN_CONNECTIONS', 4, 1, 1000),
    ...login('GREMLIN'),
    ...security('GREMLIN'),
  };
  const client = gremlin.connect(options);
  const store = graphAt(options);
  const must = (script: string, bindings: Record<string, string | string[]>): unknown[] => {
    const answer = client.submit(script, { bindings, operation: 'prepare', timeoutMs: BULK_MS });
    if (!answer.ok) throw new Error(`${answer.error}: ${answer.message}`);
    return answer.data();
  };
  return {
    metric: 'gremlin',
    timeoutMs,
    prepare(make = true) {
      client.open();
      if (!make) return;
      const names = { keyName: KEY, sumName: SUM, seqName: SEQ, account: ACCOUNT, transacts: TRANSACTS };
      const states = must(MAKE, { ...names, accountIndex: ACCOUNT_INDEX, edgeIndex: TRANSACTION_INDEX });
      const other = states.filter((state) => state !== 'ENABLED' && state !== 'INSTALLED');
      if (other.length > 0) throw new Error(`the indexes of the graph: expected ENABLED, got ${states.join(', ')}`);
    },
    write: (seq) => doneOf(store.write(writeKey('graph', seq), seq)),
    read: (seq) => doneOf(store.read(writeKey('graph', seq), seq)),
    remove(end) {
      for (let from = 0; from < end; from += BATCH) {
        const keys = Array.from({ length: Math.min(BATCH, end - from) }, (_, n) => writeKey('graph', from + n));
        must(DROP, { keyName: KEY, ends: keys.flatMap((key) => [`${key}#from`, `${key}#to`]) });
      }
    },
  };
}
