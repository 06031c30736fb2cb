/** Names in the databases, the probes' own: src/probes/gremlin-traversals.ts, gremlin-schema.ts, cql.ts. A test compares them. */
export const ACCOUNT = 'DrillAccount';
export const TRANSACTS = 'DRILL_TRANSACTS_WITH';
export const KEY = 'drillKey';
export const SEQ = 'drillSeq';
export const SUM = 'drillSum';
export const ACCOUNT_INDEX = 'drillAccountByKey';
export const TRANSACTION_INDEX = 'drillTransactionByKey';
export const KEYSPACE = 'drill';
/** Rows of one run that share a partition of the ledger table. */
export const BUCKET = 1000;
