import { PlatformError } from '../errors.ts';
import { CENSUS_KINDS, type CensusEntry, isOneOf } from '../history/census.ts';
import type { GremlinClient } from './gremlin-client.ts';
import { ACCOUNT_INDEX, TRANSACTION_INDEX } from './gremlin-schema.ts';
import { ACCOUNT, KEY, SEQ, SUM, TRANSACTS } from './gremlin-traversals.ts';

/** A whole scan of two tables. */
const SCAN_MS = 300_000;

/**
 * Reads every row of the store under the graph, and of its indexes, once, in JanusGraph's own encoding, and returns what belongs to the probe: blocks of
 * lines, fields apart by tabs. A traversal would hide what is to be found: it asks an index that may be wrong, and steps over ghosts.
 */
const SCAN = `
import org.janusgraph.diskstorage.keycolumnvalue.SliceQuery
import org.janusgraph.diskstorage.util.BufferUtil
import org.janusgraph.diskstorage.util.HashingUtil
import org.janusgraph.graphdb.database.idhandling.IDHandler
import org.janusgraph.graphdb.database.idhandling.VariableLong
import org.janusgraph.graphdb.database.management.ManagementSystem
import org.janusgraph.graphdb.database.util.IndexRecordUtil
import org.janusgraph.graphdb.types.system.BaseKey
import org.janusgraph.graphdb.types.system.BaseLabel

def tx = GRAPH.buildTransaction().readOnly().start()
try {
  if (!tx.containsPropertyKey(keyName) || !tx.containsEdgeLabel(transacts)) return []
  def keyId = tx.getPropertyKey(keyName).longId()
  def seqId = tx.getPropertyKey(seqName).longId()
  def sumId = tx.getPropertyKey(sumName).longId()
  def edgeType = tx.getEdgeLabel(transacts).longId()
  def existsType = BaseKey.VertexExists.longId()
  def labelType = BaseLabel.VertexLabelEdge.longId()
  def everything = new SliceQuery(BufferUtil.zeroBuffer(1), BufferUtil.oneBuffer(4))
  def handle = tx.txHandle
  def ids = GRAPH.IDManager
  def relations = GRAPH.edgeSerializer
  def labels = [:]
  def labelOf = { id -> labels.computeIfAbsent(id) { tx.getInternalVertex(it).name() } }
  def plain = { it == null ? '' : it.toString().replaceAll(/[\\p{Cntrl}]/, '?') }
  def blocks = []
  def lines = []
  def put = { fields ->
    lines << fields.collect(plain).join('\\t')
    if (lines.size() == 500) { blocks << lines.join('\\n'); lines = [] }
  }

  def rows = handle.edgeStoreKeys(everything)
  while (rows.hasNext()) {
    def id = ids.getKeyID(rows.next())
    def exists = false, label = '', keys = [], halves = [], bad = 0
    def cells = rows.entries
    while (cells.hasNext()) {
      def cell = cells.next()
      if (!ids.isUserVertexId(id)) continue
      def relation
      try { relation = relations.parseRelation(cell, false, tx) } catch (Exception e) { bad++; continue }
      if (relation.typeId == existsType) exists = true
      else if (relation.typeId == labelType) label = labelOf(relation.otherVertexId)
      else if (relation.typeId == keyId) keys << relation.value
      else if (relation.typeId == edgeType) {
        halves << [relation.direction.name().toLowerCase(), relation.relationId, id, relation.otherVertexId,
          relation.get(keyId), plain(relation.get(seqId)) + ' ' + plain(relation.get(sumId))]
      }
    }
    if (keys.isEmpty() && halves.isEmpty() && label != account && bad == 0) continue
    put([exists ? 'vertex' : 'ghost', id, '', label, keys.isEmpty() ? '' : keys[0], ''])
    halves.each { put(it) }
    bad.times { put(['unreadable', id, '', '', '', '']) }
  }

  def serializer = GRAPH.indexSerializer
  def indexOf = { name -> ManagementSystem.getGraphIndexDirect(name, tx)?.longId() }
  def accounts = indexOf(accountIndex)
  def edges = indexOf(edgeIndex)
  def entries = handle.@indexStore.getKeys(everything, handle.storeTransaction)
  while (entries.hasNext()) {
    def raw = entries.next()
    def inKey = (serializer.isHashKeys() ? HashingUtil.getKey(serializer.hashLength, raw) : raw).asReadBuffer()
    def index = VariableLong.readPositive(inKey)
    def key = index == accounts || index == edges ? GRAPH.dataSerializer.readObjectNotNull(inKey, String) : null
    def cells = entries.entries
    while (cells.hasNext()) {
      def cell = cells.next()
      if (key == null) continue
      def value = cell.asReadBuffer()
      value.movePositionTo(cell.valuePosition)
      if (index == accounts) put(['vertex-index', IDHandler.readVertexId(value, true), '', '', key, ''])
      else {
        def edge = IndexRecordUtil.bytebuffer2RelationId(value)
        put(['edge-index', edge.relationId, edge.outVertexId, edge.inVertexId, key, ''])
      }
    }
  }
  if (!lines.isEmpty()) blocks << lines.join('\\n')
  return blocks
} finally {
  tx.rollback()
}`;

/** Everything of the probe that stands in the graph and in its indexes, as the site of `client` has it. A PlatformError when it cannot be read. */
export async function takeCensus(client: GremlinClient, graph: string): Promise<readonly CensusEntry[]> {
  const names = { keyName: KEY, seqName: SEQ, sumName: SUM, account: ACCOUNT, transacts: TRANSACTS };
  const bindings = { ...names, accountIndex: ACCOUNT_INDEX, edgeIndex: TRANSACTION_INDEX };
  const script = SCAN.replaceAll('GRAPH', graph);
  const blocks = await client.script(script, bindings, 'the graph could not be looked over', SCAN_MS);
  if (!Array.isArray(blocks)) throw new PlatformError('the graph could not be looked over: expected lines of text');
  return blocks.flatMap((block) => String(block).split('\n').map(parseEntry));
}

function parseEntry(line: string): CensusEntry {
  const [kind = '', element = '', vertex = '', other = '', key = '', value = ''] = line.split('\t');
  if (!isOneOf(CENSUS_KINDS, kind)) throw new PlatformError(`the graph could not be looked over: unexpected ${kind}`);
  return { kind, element, vertex, other, key, value };
}
