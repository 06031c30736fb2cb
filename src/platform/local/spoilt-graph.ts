import { type Client, types } from 'cassandra-driver';
import { PlatformError } from '../../errors.ts';
import { postScript } from '../post-script.ts';
import type { DamageState, GraphDamage } from '../storage.ts';
import { withCassandra } from './cassandra-client.ts';
import { addressOf, type LocalConfig } from './config.ts';
import { GRAPH_KEYSPACE } from './janusgraph.ts';

/** One cell of the store under the graph; key, column and value in hexadecimal. */
export interface GraphCell {
  readonly table: 'edgestore' | 'graphindex';
  readonly key: string;
  readonly column: string;
  readonly value: string;
  /** The id of the vertex or edge that it is a part of. */
  readonly element: string;
}

/** A scan of a whole table. */
const CHOOSE_MS = 60_000;
/** In which such cells are. */
const TABLES = ['edgestore', 'graphindex'] as const;

/**
 * Finds cells in the store, in JanusGraph's own encoding: the halves of edges by which the vertices at which they arrive know them, every cell of such
 * vertices, the marks that say that they are vertices, or the entries by which an index finds them.
 */
const CHOOSE = `
import org.janusgraph.diskstorage.keycolumnvalue.SliceQuery
import org.janusgraph.diskstorage.util.BufferUtil
import org.janusgraph.graphdb.database.idhandling.IDHandler
import org.janusgraph.graphdb.database.idhandling.VariableLong
import org.janusgraph.graphdb.database.management.ManagementSystem
import org.janusgraph.graphdb.types.system.BaseKey

def tx = graph.buildTransaction().readOnly().start()
try {
  if (!tx.containsEdgeLabel(edgeLabel)) return []
  def everything = new SliceQuery(BufferUtil.zeroBuffer(1), BufferUtil.oneBuffer(4))
  def handle = tx.txHandle
  def hex = { buffer -> buffer.as(org.janusgraph.diskstorage.StaticBuffer.ARRAY_FACTORY).encodeHex().toString() }
  def cellOf = { table, key, cell, element ->
    [table, hex(key), hex(cell.getColumnAs(org.janusgraph.diskstorage.StaticBuffer.STATIC_FACTORY)),
      hex(cell.getValueAs(org.janusgraph.diskstorage.StaticBuffer.STATIC_FACTORY)), element.toString()].join(' ')
  }
  def found = []
  int elements = 0
  if (what == 'index-entry') {
    def index = ManagementSystem.getGraphIndexDirect(indexName, tx).longId()
    def rows = handle.@indexStore.getKeys(everything, handle.storeTransaction)
    while (rows.hasNext()) {
      def key = rows.next()
      def mine = VariableLong.readPositive(key.asReadBuffer()) == index
      def cells = rows.entries
      while (cells.hasNext()) {
        def cell = cells.next()
        if (!mine || elements >= count) continue
        def value = cell.asReadBuffer()
        value.movePositionTo(cell.valuePosition)
        found << cellOf('graphindex', key, cell, IDHandler.readVertexId(value, true))
        elements++
      }
    }
    return found
  }
  def type = tx.getEdgeLabel(edgeLabel).longId()
  def ids = graph.IDManager
  def rows = handle.edgeStoreKeys(everything)
  while (rows.hasNext()) {
    def key = rows.next()
    def id = ids.getKeyID(key)
    def row = []
    def cells = rows.entries
    while (cells.hasNext()) row << cells.next()
    if (elements >= count || !ids.isUserVertexId(id)) continue
    def parsed = row.collect { [it, graph.edgeSerializer.parseRelation(it, false, tx)] }
    def arriving = parsed.findAll { it[1].typeId == type && it[1].direction.name() == 'IN' }
    if (arriving.isEmpty()) continue
    elements++
    if (what == 'half-edge') found << cellOf('edgestore', key, arriving[0][0], arriving[0][1].relationId)
    else if (what == 'existence') parsed.findAll { it[1].typeId == BaseKey.VertexExists.longId() }.each { found << cellOf('edgestore', key, it[0], id) }
    else row.each { found << cellOf('edgestore', key, it, id) }
  }
  return found
} finally {
  tx.rollback()
}`;

/** Cells to take away: those of `count` elements of the probe's. A PlatformError when there are fewer. */
export async function chooseCells(
  config: LocalConfig,
  site: number,
  { what, count, edgeLabel, indexName }: GraphDamage,
): Promise<readonly GraphCell[]> {
  const { status, text } = await postScript(
    { host: addressOf(config, site), port: config.janusgraph.port },
    { gremlin: CHOOSE, bindings: { what, count, edgeLabel, indexName }, withinMs: CHOOSE_MS },
    AbortSignal.timeout(CHOOSE_MS),
  );
  if (status !== 200) throw new PlatformError(`JanusGraph did not say what its cells are: ${text.slice(0, 300)}`);
  const cells = (JSON.parse(text) as Answer).result.data['@value'].map(parseCell);
  const elements = new Set(cells.map(({ element }) => element)).size;
  if (elements < count)
    throw new PlatformError(`expected ${count} elements of the graph to damage, got ${elements}: write more first`);
  return cells;
}

interface Answer {
  readonly result: { readonly data: { readonly '@value': readonly string[] } };
}

function parseCell(line: string): GraphCell {
  const [table = '', key = '', column = '', value = '', element = ''] = line.split(' ');
  const known = TABLES.find((one) => one === table);
  if (!known) throw new PlatformError(`expected a cell of the graph, got ${line.slice(0, 100)}`);
  return { table: known, key, column, value, element };
}

/** Deletes the cells at every site, behind the graph's back; as long as `goOn` does not throw, which is asked before each. */
export function takeAway(
  config: LocalConfig,
  site: number,
  cells: readonly GraphCell[],
  goOn: () => void,
): Promise<void> {
  return each(config, site, cells, types.consistencies.all, (client, { table, key, column }, options) => {
    goOn();
    const query = `DELETE FROM ${GRAPH_KEYSPACE}.${table} WHERE key = ? AND column1 = ?`;
    return client.execute(query, [hex(key), hex(column)], options);
  });
}

/** Writes the cells back at every site, as they were. */
export function putBack(config: LocalConfig, site: number, cells: readonly GraphCell[]): Promise<void> {
  return each(config, site, cells, types.consistencies.all, (client, { table, key, column, value }, options) =>
    client.execute(
      `INSERT INTO ${GRAPH_KEYSPACE}.${table} (key, column1, value) VALUES (?, ?, ?)`,
      [hex(key), hex(column), hex(value)],
      options,
    ),
  );
}

/** How many of the cells are not there, or others than they were, at the site. */
export async function observeCells(
  config: LocalConfig,
  site: number,
  cells: readonly GraphCell[],
): Promise<DamageState> {
  let damaged = 0;
  await each(
    config,
    site,
    cells,
    types.consistencies.localQuorum,
    async (client, { table, key, column, value }, options) => {
      const query = `SELECT value FROM ${GRAPH_KEYSPACE}.${table} WHERE key = ? AND column1 = ?`;
      const { rows } = await client.execute(query, [hex(key), hex(column)], options);
      const there = rows[0]?.value as Buffer | undefined;
      if (there?.toString('hex') !== value) damaged += 1;
    },
  );
  return { damaged, of: cells.length, what: `${damaged} of ${cells.length} cells are gone` };
}

interface Options {
  readonly prepare: true;
  readonly consistency: types.consistencies;
}

function each(
  config: LocalConfig,
  site: number,
  cells: readonly GraphCell[],
  consistency: types.consistencies,
  work: (client: Client, cell: GraphCell, options: Options) => Promise<unknown>,
): Promise<void> {
  return withCassandra(config, site, async (client) => {
    for (const cell of cells) await work(client, cell, { prepare: true, consistency });
  });
}

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex');
}
