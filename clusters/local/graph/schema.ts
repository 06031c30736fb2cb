/**
 * Types and indexes of the platform's own graph schema, as far as its services here need them, in one transaction: an index over a key that is made with it is enabled at once.
 * Idempotent. For one server of the graph, before any of them starts: servers of several sites that make it at the same time, or look for it while it is on its way to them,
 * take half of it for the whole from then on ("Schema vertex is not a type vertex").
 */
export const MAKE_SCHEMA = `
def mgmt = graph.openManagement()
try {
  def one = org.janusgraph.core.Cardinality.SINGLE
  def key = { name, type -> mgmt.getPropertyKey(name) ?: mgmt.makePropertyKey(name).dataType(type).cardinality(one).make() }
  def account = key('accountId', String.class)
  def transaction = key('transactionId', String.class)
  key('amount', Long.class)
  key('reference', String.class)
  if (!mgmt.containsVertexLabel('Account')) mgmt.makeVertexLabel('Account').make()
  if (!mgmt.containsEdgeLabel('TRANSACTS_WITH')) mgmt.makeEdgeLabel('TRANSACTS_WITH').make()
  def vertex = org.apache.tinkerpop.gremlin.structure.Vertex.class, edge = org.apache.tinkerpop.gremlin.structure.Edge.class
  if (!mgmt.containsGraphIndex('accountById')) mgmt.buildIndex('accountById', vertex).addKey(account).buildCompositeIndex()
  if (!mgmt.containsGraphIndex('transactionById')) mgmt.buildIndex('transactionById', edge).addKey(transaction).buildCompositeIndex()
  mgmt.commit()
} finally {
  if (mgmt.isOpen()) mgmt.rollback()
}
'made'`;
