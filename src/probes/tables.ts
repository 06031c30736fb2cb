import { KEYSPACE } from './cql-driver.ts';

/** Where the rows of the `cql` probe are. */
export const LEDGER_TABLE = { keyspace: KEYSPACE, table: 'ledger' } as const;
/** Where vertices and edges are: JanusGraph's own name for it. */
export const GRAPH_TABLE = { keyspace: 'janusgraph', table: 'edgestore' } as const;
/** Where the documents of the opensearch probe are. */
export const LEDGER_INDEX = 'drill-ledger';
