import { createConnection, type Socket } from 'node:net';
import type { Component, Endpoint } from './platform.ts';
import { postScript } from './post-script.ts';

/**
 * True when a database serves at an address, asked anew over a connection of its own; false when it does not, or says nothing in time. A listening
 * port is not enough: Cassandra must answer a frame of its protocol, JanusGraph a traversal that reaches its store, a node of OpenSearch must know a cluster
 * that has every primary shard, a broker of Pulsar must take a message and give it back, the Analytics API must reach its graph, the consumer its graph and its subscription, Prometheus and Alertmanager must say that they are ready, an exporter must answer, Redis a ping.
 */
export async function answers(component: Component, at: Endpoint, timeoutMs: number): Promise<boolean> {
  // A signal takes whole milliseconds only: of a part it makes an error, which would look like a server that does not answer.
  return ASK[component](at, Math.max(1, Math.ceil(timeoutMs))).catch(() => false);
}

const ASK: Readonly<Record<Component, (at: Endpoint, timeoutMs: number) => Promise<boolean>>> = {
  cassandra: cassandraAnswers,
  janusgraph: janusgraphAnswers,
  opensearch: opensearchAnswers,
  pulsar: pulsarAnswers,
  api: healthAnswers,
  consumer: healthAnswers,
  'node-exporter': (at, timeoutMs) => succeeds(at, '/', timeoutMs),
  prometheus: monitoringAnswers,
  alertmanager: monitoringAnswers,
  redis: redisAnswers,
};

/** True when somebody takes connections at an address. */
export function listens(at: Endpoint, timeoutMs: number): Promise<boolean> {
  return converse(at, timeoutMs, (socket, end) => socket.once('connect', () => end(true)));
}

/** OPTIONS (opcode 5) of the native protocol, version 4, is answered by SUPPORTED (6). */
function cassandraAnswers(at: Endpoint, timeoutMs: number): Promise<boolean> {
  return converse(at, timeoutMs, (socket, end) => {
    socket.once('connect', () => socket.write(Buffer.from([4, 0, 0, 0, 5, 0, 0, 0, 0])));
    socket.once('data', (data) => end(data[4] === 6));
  });
}

/** It answers otherwise while it loads what it had kept. */
function redisAnswers(at: Endpoint, timeoutMs: number): Promise<boolean> {
  return converse(at, timeoutMs, (socket, end) => {
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (data) => end(data.toString('latin1').startsWith('+PONG')));
  });
}

/** What `talk` says in the end of a new connection; false when that fails, ends or says nothing in time. */
function converse(
  { host, port }: Endpoint,
  timeoutMs: number,
  talk: (socket: Socket, end: (yes: boolean) => void) => void,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port });
    const end = (yes: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(yes);
    };
    const timer = setTimeout(() => end(false), timeoutMs);
    talk(socket, end);
    for (const event of ['error', 'close'] as const) socket.once(event, () => end(false));
  });
}

/**
 * Whether there is a vertex of this id, and there need not be: it reads one row of the store. `g.V().limit(1)` scans it, through everything that was deleted
 * lately (measured: 1.4 s instead of 0.03 s after a cleanup), and raises alarms of a graph that serves everybody.
 */
const ONE_ROW = 'g.V(4096L).hasNext()';

async function janusgraphAnswers(at: Endpoint, timeoutMs: number): Promise<boolean> {
  const { status } = await postScript(at, { gremlin: ONE_ROW }, AbortSignal.timeout(timeoutMs));
  return status === 200;
}

/** Yellow is served: every document is there, and some have fewer copies than they should. 408: it is red, or knows no manager, until the time is over. */
async function opensearchAnswers({ host, port }: Endpoint, timeoutMs: number): Promise<boolean> {
  const wait = `wait_for_status=yellow&timeout=${Math.ceil(timeoutMs / 2)}ms&cluster_manager_timeout=${Math.ceil(timeoutMs / 2)}ms`;
  const answer = await fetch(`http://${host}:${port}/_cluster/health?${wait}`, {
    signal: AbortSignal.timeout(timeoutMs),
  });
  await answer.arrayBuffer();
  return answer.status === 200;
}

/** The broker's own check: it produces a message to a topic of its own, and consumes it. */
async function pulsarAnswers({ host, port }: Endpoint, timeoutMs: number): Promise<boolean> {
  const answer = await fetch(`http://${host}:${port}/admin/v2/brokers/health`, {
    signal: AbortSignal.timeout(timeoutMs),
  });
  return answer.status === 200 && (await answer.text()).trim() === 'ok';
}

/** What stands in front of a graph, or behind a topic, says so of itself. */
function healthAnswers(at: Endpoint, timeoutMs: number): Promise<boolean> {
  return succeeds(at, '/health', timeoutMs);
}

/** Their own endpoint for it: the write-ahead log is read again, or the other Alertmanagers were asked. */
function monitoringAnswers(at: Endpoint, timeoutMs: number): Promise<boolean> {
  return succeeds(at, '/-/ready', timeoutMs);
}

async function succeeds({ host, port }: Endpoint, path: string, timeoutMs: number): Promise<boolean> {
  const answer = await fetch(`http://${host}:${port}${path}`, { signal: AbortSignal.timeout(timeoutMs) });
  await answer.arrayBuffer();
  return answer.status === 200;
}
