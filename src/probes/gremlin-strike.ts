import type { GremlinClient } from './gremlin-client.ts';
import { SCAN_MS, STORE_NAMES, storeScript } from './gremlin-store.ts';
import { endsOf } from './gremlin-traversals.ts';
import type { ExpectedWrite } from './probe.ts';

/**
 * Deletes, in JanusGraph's own encoding, the rows of the accounts with these keys, what other rows have of the edges with these keys, and the entries of
 * both in the indexes. It reads every row of the store once to find them: an index may not know of what is to go.
 */
const STRIKE = {
  imports: [],
  transaction: '',
  none: '0',
  body: `
  def mine = [(accounts): endKeys as Set, (edges): edgeKeys as Set]
  def struck = 0
  def column = { cell -> StaticArrayEntry.of(cell.column, BufferUtil.emptyBuffer()) }

  eachRow('edgestore') { row, cells ->
    if (!ids.isUserVertexId(ids.getKeyID(row))) return
    def isMine = false, halves = []
    for (cell in cells) {
      def relation
      try { relation = relations.parseRelation(cell, false, tx) } catch (Exception e) { continue }
      if (relation.typeId == keyId && mine[accounts].contains(relation.value)) isMine = true
      else if (relation.typeId == edgeType && mine[edges].contains(relation.get(keyId))) halves << cell
    }
    def gone = isMine ? cells : halves
    if (gone.isEmpty()) return
    handle.mutateEdges(row, [], gone.collect(column))
    struck++
  }

  eachRow('graphindex') { row, cells ->
    def found = indexKeyOf(row)
    if (found == null || !mine[found[0]].contains(found[1])) return
    handle.mutateIndex(row, [], cells.collect(column))
    struck++
  }
  tx.commit()
  return struck`,
};

/**
 * Deletes what JanusGraph itself cannot: transactions of which a part is missing, so that it fails on what it expects to be there. A PlatformError when
 * the server does not say that it did.
 */
export async function strike(client: GremlinClient, graph: string, writes: readonly ExpectedWrite[]): Promise<void> {
  const keys = writes.map(({ key }) => key);
  const bindings = { ...STORE_NAMES, edgeKeys: keys, endKeys: endsOf(keys) };
  const what = 'the probe’s transactions could not be deleted, by JanusGraph nor in its store';
  await client.script(storeScript(graph, STRIKE), bindings, what, SCAN_MS);
}
