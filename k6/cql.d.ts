/** Cassandra from k6: one driver for all virtual users of a process. Wrong use throws; the server and the network never do, but for open(). */
declare module 'k6/x/cql' {
  export interface ConnectOptions {
    /** Names or addresses of nodes, without a port. */
    hosts: string[];
    /** Default 9042. */
    port?: number;
    /** The tag `site` of every metric. */
    site?: string;
    /** The site's datacenter: statements go to its nodes only. */
    datacenter: string;
    keyspace?: string;
    /** Default `LOCAL_QUORUM`. */
    consistency?: Consistency;
    /** To each node. Default 2. */
    connections?: number;
    /** For one statement. Default 2000. */
    timeoutMs?: number;
    /** For TCP's handshake. Default 500. */
    connectTimeoutMs?: number;
    /** For each step after it: TLS, the protocol's handshake, the login. Default 2000. */
    greetTimeoutMs?: number;
    /** A connection on which so many time-outs came and nothing was heard is closed. Default 8. */
    evictAfter?: number;
    /** Take the password from `__ENV`. */
    auth?: { username: string; password: string };
    /** PEM, as `open('ca.pem')` reads it. The server is always verified; without `ca` by the system's authorities. */
    tls?: { ca?: string; cert?: string; key?: string; serverName?: string };
  }

  export type Consistency =
    | 'ANY'
    | 'ONE'
    | 'TWO'
    | 'THREE'
    | 'QUORUM'
    | 'ALL'
    | 'LOCAL_QUORUM'
    | 'EACH_QUORUM'
    | 'LOCAL_ONE';

  export interface ExecuteOptions {
    /** The tag `operation`. Default `read` for SELECT, else `write`. */
    operation?: string;
    /** At most the connection's own. */
    timeoutMs?: number;
    consistency?: Consistency;
  }

  export type Value =
    | string
    | number
    | bigint
    | boolean
    | null
    | Date
    | ArrayBuffer
    | Value[]
    | { [key: string]: Value };

  export interface Answer {
    ok: boolean;
    /** `ok`: acknowledged. `fail`: certainly not applied; of a SELECT: no answer. `info`: may have been applied. */
    outcome: 'ok' | 'fail' | 'info';
    /** A short code, such as `timeout`, `refused`, `unavailable`; empty when ok. */
    error: string;
    /** What the server or the driver said. */
    message: string;
    /** From the call to its end. */
    durationMs: number;
    /** Whole numbers beyond 2⁵³ are BigInt, blobs ArrayBuffer, UUIDs text, timestamps milliseconds. */
    rows: Record<string, unknown>[];
  }

  export interface Client {
    /** Connects, for setup(): the first session may take seconds. Throws when it cannot within so long. Default 30000. */
    open(withinMs?: number): void;
    /** Runs a statement, prepared, once: the driver retries nothing and does not speculate. */
    execute(statement: string, values: Value[], options?: ExecuteOptions): Answer;
  }

  /** Checks the options and touches no network: for the init context. */
  export function connect(options: ConnectOptions): Client;
  const cql: { connect: typeof connect };
  export default cql;
}
