import { ACCOUNT_INDEX, TRANSACTION_INDEX } from './gremlin-schema.ts';
import { KEY, TRANSACTS } from './gremlin-traversals.ts';

/** What every such script is told of the probe's schema. */
export const STORE_NAMES = {
  keyName: KEY,
  transacts: TRANSACTS,
  accountIndex: ACCOUNT_INDEX,
  edgeIndex: TRANSACTION_INDEX,
} as const;

/** A whole scan of two tables, in ms. */
export const SCAN_MS = 300_000;

/**
 * A script that reads the rows under the graph and under its indexes, in JanusGraph's own encoding: what a traversal would hide, which asks an index that
 * may be wrong, and steps over ghosts. `body` finds `tx`, its `handle` to the store, the ids of the probe's types, `everything` and `indexKeyOf`, is
 * ended by a rollback unless it commits, and is not reached where the schema is not there: then the result is `none`.
 */
export function storeScript(graph: string, { imports, none, transaction, body }: StoreScript): string {
  return `
import org.janusgraph.diskstorage.keycolumnvalue.SliceQuery
import org.janusgraph.diskstorage.util.BufferUtil
import org.janusgraph.diskstorage.util.HashingUtil
import org.janusgraph.graphdb.database.idhandling.VariableLong
import org.janusgraph.graphdb.database.management.ManagementSystem
${imports.map((name) => `import ${name}`).join('\n')}

def tx = GRAPH.buildTransaction()${transaction}.start()
try {
  if (!tx.containsPropertyKey(keyName) || !tx.containsEdgeLabel(transacts)) return ${none}
  def keyId = tx.getPropertyKey(keyName).longId()
  def edgeType = tx.getEdgeLabel(transacts).longId()
  def everything = new SliceQuery(BufferUtil.zeroBuffer(1), BufferUtil.oneBuffer(4))
  def handle = tx.txHandle
  def ids = GRAPH.IDManager
  def relations = GRAPH.edgeSerializer
  def serializer = GRAPH.indexSerializer
  def indexOf = { name -> ManagementSystem.getGraphIndexDirect(name, tx)?.longId() }
  def accounts = indexOf(accountIndex)
  def edges = indexOf(edgeIndex)
  // The index that a row of the store of indexes belongs to, and the probe's key in it; null: not the probe's.
  def indexKeyOf = { raw ->
    def inKey = (serializer.isHashKeys() ? HashingUtil.getKey(serializer.hashLength, raw) : raw).asReadBuffer()
    def index = VariableLong.readPositive(inKey)
    index == accounts || index == edges ? [index, GRAPH.dataSerializer.readObjectNotNull(inKey, String)] : null
  }
${body}
} finally {
  if (tx.isOpen()) tx.rollback()
}`.replaceAll('GRAPH', graph);
}

interface StoreScript {
  /** Classes beside those that every such script needs. */
  readonly imports: readonly string[];
  /** How the transaction is built, as `.readOnly()`. */
  readonly transaction: string;
  readonly none: string;
  readonly body: string;
}
