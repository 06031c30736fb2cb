/** Gremlin Server from k6: pipelined WebSockets that all virtual users of a process share. Wrong use throws; the server and the network never do, but for open(). */
declare module 'k6/x/gremlin' {
  export interface ConnectOptions {
    /** `ws://HOST:PORT/gremlin` or `wss://…`. */
    url: string;
    /** The tag `site` of every metric. */
    site?: string;
    /** What the server calls the traversal source. Default `g`. */
    traversalSource?: string;
    /** WebSockets of the whole process. Default 4. */
    connections?: number;
    /** For one request, a connection's coming included. Default 5000. */
    timeoutMs?: number;
    /** For TCP's handshake. Default 500. */
    connectTimeoutMs?: number;
    /** For TLS, the WebSocket's handshake, the login and a first answer. Default 2000. */
    greetTimeoutMs?: number;
    /** A connection on which nothing was heard for so long is pinged, and replaced when nothing is heard for as long again. Default 500. */
    pingMs?: number;
    /** A connection is replaced after so many time-outs in a row, also when it answers pings. Default 8. */
    evictAfter?: number;
    /** A longer message ends the connection. Default 16 MiB. */
    maxFrameBytes?: number;
    /** A longer answer, of several messages, is the error `too-large`. Default 64 MiB. */
    maxAnswerBytes?: number;
    /** SASL PLAIN. Take the password from `__ENV`. */
    auth?: { username: string; password: string };
    /** PEM, as `open('ca.pem')` reads it. The server is always verified; without `ca` by the system's authorities. */
    tls?: { ca?: string; cert?: string; key?: string; serverName?: string };
  }

  export interface BytecodeOptions {
    /** The tag `operation`. Default `write` or `read`. */
    operation?: string;
    /** Whether it may change anything: what is not acknowledged is then `info` unless it certainly was not applied. Default true. */
    writes?: boolean;
    /** In the place of the connection's own. */
    timeoutMs?: number;
  }

  export interface SubmitOptions extends BytecodeOptions {
    /** What varies: the server compiles each text of a script once. */
    bindings?: Record<string, Value>;
  }

  /** Whole numbers go as Int32 or Int64, others as Double, lists as List, objects as Map; `{'@type': …, '@value': …}` as it is. */
  export type Value = string | number | bigint | boolean | null | Value[] | { [key: string]: Value };

  export interface Answer {
    ok: boolean;
    /** `ok`: acknowledged. `fail`: certainly not applied; of a read: no right answer. `info`: may have been applied. */
    outcome: 'ok' | 'fail' | 'info';
    /** A short code, such as `timeout`, `refused`, `auth`; empty when ok. */
    error: string;
    /** The server's status code; 0 when it said nothing. */
    status: number;
    /** What the server or the network said. */
    message: string;
    /** From the call to its end. */
    durationMs: number;
    /** The results, decoded when they are asked for. Whole numbers beyond 2⁵³ are BigInt. Throws for what is no GraphSON. */
    data(): unknown[];
  }

  export interface Client {
    /** Opens every connection, for setup(); throws when it cannot within so long. Default 30000. */
    open(withinMs?: number): void;
    /** Runs a script of Groovy. */
    submit(script: string, options?: SubmitOptions): Answer;
    /** Runs a traversal: `[['V'], ['count']]`, or the same as text of GraphSON, which costs less. */
    bytecode(steps: Value[][] | string, options?: BytecodeOptions): Answer;
  }

  /** Checks the options and touches no network: for the init context. */
  export function connect(options: ConnectOptions): Client;
  const gremlin: { connect: typeof connect };
  export default gremlin;
}
