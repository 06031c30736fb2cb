import { createConnection, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Component } from '../platform.ts';

const POLL_MS = 150;

/**
 * Resolves when a database serves at an address; rejects at the signal. A listening port is not enough: Cassandra must answer a frame of its
 * protocol, JanusGraph a traversal that reaches its store.
 */
export async function untilServing(
  component: Component,
  host: string,
  port: number,
  signal: AbortSignal,
): Promise<void> {
  const look = component === 'cassandra' ? cassandraServes : janusgraphServes;
  while (!(await look(host, port).catch(() => false))) await sleep(POLL_MS, undefined, { signal });
}

/** Resolves when somebody takes connections at an address; rejects at the signal. */
export async function untilListening(host: string, port: number, signal: AbortSignal): Promise<void> {
  while (!(await listens(host, port))) await sleep(POLL_MS, undefined, { signal });
}

function listens(host: string, port: number): Promise<boolean> {
  return converse(host, port, (socket, end) => socket.once('connect', () => end(true)));
}

/** OPTIONS (opcode 5) of the native protocol, version 4, is answered by SUPPORTED (6). */
function cassandraServes(host: string, port: number): Promise<boolean> {
  return converse(host, port, (socket, end) => {
    socket.once('connect', () => socket.write(Buffer.from([4, 0, 0, 0, 5, 0, 0, 0, 0])));
    socket.once('data', (data) => end(data[4] === 6));
  });
}

/** What `talk` says in the end of a new connection; false when that fails, ends or says nothing for two seconds. */
function converse(
  host: string,
  port: number,
  talk: (socket: Socket, end: (yes: boolean) => void) => void,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port, timeout: 2_000 });
    const end = (yes: boolean): void => {
      socket.destroy();
      resolve(yes);
    };
    talk(socket, end);
    for (const event of ['timeout', 'error', 'close'] as const) socket.once(event, () => end(false));
  });
}

async function janusgraphServes(host: string, port: number): Promise<boolean> {
  const answer = await fetch(`http://${host}:${port}/gremlin`, {
    method: 'POST',
    body: JSON.stringify({ gremlin: 'g.V().limit(1).hasNext()' }),
    signal: AbortSignal.timeout(5_000),
  });
  await answer.arrayBuffer();
  return answer.status === 200;
}
