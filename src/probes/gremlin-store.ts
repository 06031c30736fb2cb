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
 * may be wrong, and steps over ghosts. `body` finds `tx`, its `handle` to the store, the ids of the probe's types, `eachRow` and `indexKeyOf`, is
 * ended by a rollback unless it commits, and is not reached where the schema is not there: then the result is `none`.
 *
 * `eachRow` reads a table by ranges of tokens, through the session of JanusGraph's own: what was deleted is read over as well until Cassandra forgets it (ten days), and
 * a read that meets 100 000 deletions is refused (`tombstone_failure_threshold`), which JanusGraph's own scan of a whole table does after a few runs.
 */
export function storeScript(graph: string, { imports, none, transaction, body }: StoreScript): string {
  return `
import com.datastax.oss.driver.api.core.DefaultConsistencyLevel
import com.datastax.oss.driver.api.core.DriverTimeoutException
import com.datastax.oss.driver.api.core.cql.SimpleStatement
import com.datastax.oss.driver.api.core.servererrors.ReadFailureException
import com.datastax.oss.driver.api.core.servererrors.ReadTimeoutException
import org.janusgraph.diskstorage.util.BufferUtil
import org.janusgraph.diskstorage.util.HashingUtil
import org.janusgraph.diskstorage.util.StaticArrayBuffer
import org.janusgraph.diskstorage.util.StaticArrayEntry
import org.janusgraph.graphdb.database.idhandling.VariableLong
import org.janusgraph.graphdb.database.management.ManagementSystem
${imports.map((name) => `import ${name}`).join('\n')}

def tx = GRAPH.buildTransaction()${transaction}.start()
try {
  if (!tx.containsPropertyKey(keyName) || !tx.containsEdgeLabel(transacts)) return ${none}
  def keyId = tx.getPropertyKey(keyName).longId()
  def edgeType = tx.getEdgeLabel(transacts).longId()
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
  def manager = GRAPH.backend.storeManager
  while (!manager.hasProperty('session')) manager = manager.@backend
  // The rows of a range of tokens: [[key, cells], …]; a range of which too much was deleted is read in halves.
  def rowsBetween
  rowsBetween = { table, long from, long to, int halvings ->
    def cql = 'SELECT key, column1, value FROM "' + manager.keyspaceName + '".' + table + ' WHERE token(key) >= ? AND token(key) <= ?'
    def read = SimpleStatement.newInstance(cql, from, to).setConsistencyLevel(DefaultConsistencyLevel.LOCAL_QUORUM).setPageSize(500)
    def found = []
    try {
      manager.session.execute(read).each {
        def key = it.getByteBuffer(0)
        if (found.isEmpty() || found.last()[0] != key) found << [key, []]
        found.last()[1] << StaticArrayEntry.of(StaticArrayBuffer.of(it.getByteBuffer(1)), StaticArrayBuffer.of(it.getByteBuffer(2)))
      }
      return found
    } catch (ReadFailureException | ReadTimeoutException | DriverTimeoutException e) {
      if (halvings == 0) throw e
      long middle = (from >> 1) + (to >> 1)
      return rowsBetween(table, from, middle, halvings - 1) + rowsBetween(table, middle + 1, to, halvings - 1)
    }
  }
  def eachRow = { table, take ->
    long width = 1L << 58
    for (int part = 0; part < 64; part++) {
      long from = Long.MIN_VALUE + part * width
      rowsBetween(table, from, from + width - 1, 10).each { take(StaticArrayBuffer.of(it[0]), it[1]) }
    }
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
