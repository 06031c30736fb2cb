import { PlatformError } from '../errors.ts';
import { CENSUS_KINDS, type CensusEntry, isOneOf } from '../history/census.ts';
import type { GremlinClient } from './gremlin-client.ts';
import { SCAN_MS, STORE_NAMES, storeScript } from './gremlin-store.ts';
import { ACCOUNT, SEQ, SUM } from './gremlin-traversals.ts';

/** Reads every row of the store once, and returns what belongs to the probe: blocks of lines, fields apart by tabs. */
const SCAN = {
  imports: [
    'org.janusgraph.graphdb.database.idhandling.IDHandler',
    'org.janusgraph.graphdb.database.util.IndexRecordUtil',
    'org.janusgraph.graphdb.types.system.BaseKey',
    'org.janusgraph.graphdb.types.system.BaseLabel',
  ],
  transaction: '.readOnly()',
  none: '[]',
  body: `
  def seqId = tx.getPropertyKey(seqName).longId()
  def sumId = tx.getPropertyKey(sumName).longId()
  def existsType = BaseKey.VertexExists.longId()
  def labelType = BaseLabel.VertexLabelEdge.longId()
  def labels = [:]
  def labelOf = { id -> labels.computeIfAbsent(id) { tx.getInternalVertex(it).name() } }
  def plain = { it == null ? '' : it.toString().replaceAll(/[\\p{Cntrl}]/, '?') }
  def blocks = []
  def lines = []
  def put = { fields ->
    lines << fields.collect(plain).join('\\t')
    if (lines.size() == 500) { blocks << lines.join('\\n'); lines = [] }
  }

  eachRow('edgestore') { row, cells ->
    def id = ids.getKeyID(row)
    if (!ids.isUserVertexId(id)) return
    def exists = false, label = '', keys = [], halves = [], bad = 0
    for (cell in cells) {
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
    if (keys.isEmpty() && halves.isEmpty() && label != account && bad == 0) return
    put([exists ? 'vertex' : 'ghost', id, '', label, keys.isEmpty() ? '' : keys[0], ''])
    halves.each { put(it) }
    bad.times { put(['unreadable', id, '', '', '', '']) }
  }

  eachRow('graphindex') { row, cells ->
    def found = indexKeyOf(row)
    if (found == null) return
    def (index, key) = found
    for (cell in cells) {
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
  return blocks`,
};

/** Everything of the probe that stands in the graph and in its indexes, as the site of `client` has it. A PlatformError when it cannot be read. */
export async function takeCensus(client: GremlinClient, graph: string): Promise<readonly CensusEntry[]> {
  const bindings = { ...STORE_NAMES, seqName: SEQ, sumName: SUM, account: ACCOUNT };
  const blocks = await client.script(storeScript(graph, SCAN), bindings, 'the graph could not be looked over', SCAN_MS);
  if (!Array.isArray(blocks)) throw new PlatformError('the graph could not be looked over: expected lines of text');
  return blocks.flatMap((block) => String(block).split('\n').map(parseEntry));
}

function parseEntry(line: string): CensusEntry {
  const [kind = '', element = '', vertex = '', other = '', key = '', value = ''] = line.split('\t');
  if (!isOneOf(CENSUS_KINDS, kind)) throw new PlatformError(`the graph could not be looked over: unexpected ${kind}`);
  return { kind, element, vertex, other, key, value };
}
