/**
 * Waits until a database serves, from inside its site: `node ready.ts cassandra|janusgraph HOST PORT`, exit 0 when it does. Its caller ends it.
 * A listening port is not enough: Cassandra must answer a frame of its protocol, JanusGraph a traversal that reaches its store.
 */
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const [, , component, host = '', port = '0'] = process.argv;
const look = component === 'cassandra' ? cassandraServes : janusgraphServes;
while (!(await look().catch(() => false))) await sleep(150);

/** OPTIONS (opcode 5) of the native protocol, version 4, is answered by SUPPORTED (6). */
function cassandraServes(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port: Number(port), timeout: 2_000 });
    const end = (served: boolean): void => {
      socket.destroy();
      resolve(served);
    };
    socket.once('connect', () => socket.write(Buffer.from([4, 0, 0, 0, 5, 0, 0, 0, 0])));
    socket.once('data', (data) => end(data[4] === 6));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
  });
}

async function janusgraphServes(): Promise<boolean> {
  const answer = await fetch(`http://${host}:${port}/gremlin`, {
    method: 'POST',
    body: JSON.stringify({ gremlin: 'g.V().limit(1).hasNext()' }),
    signal: AbortSignal.timeout(5_000),
  });
  return answer.status === 200;
}
