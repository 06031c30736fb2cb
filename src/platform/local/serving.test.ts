import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { untilListening, untilServing } from './serving.ts';

let server: Server | null = null;
afterEach(() => new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve())));

async function listen(one: Server): Promise<number> {
  server = one;
  await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve));
  return (one.address() as AddressInfo).port;
}
const soon = (): AbortSignal => AbortSignal.timeout(30_000);

test('Cassandra serves with its answer to OPTIONS, not with a port that listens or another answer', async () => {
  let asked = 0;
  const port = await listen(
    createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', (frame) => {
        expect([...frame]).toEqual([4, 0, 0, 0, 5, 0, 0, 0, 0]);
        asked += 1;
        if (asked === 1) socket.destroy();
        else socket.end(Buffer.from([0x84, 0, 0, 0, asked === 2 ? 0 : 6, 0, 0, 0, 0]));
      });
    }),
  );
  await untilServing('cassandra', '127.0.0.1', port, soon());
  expect(asked).toBe(3);
});

test('JanusGraph serves when it evaluates a traversal; a server without its graph does not', async () => {
  let asked = 0;
  const port = await listen(
    createHttpServer((request, response) => {
      request.resume();
      asked += 1;
      response.writeHead(asked < 3 ? 500 : 200).end('{}');
    }),
  );
  await untilServing('janusgraph', '127.0.0.1', port, soon());
  expect(asked).toBe(3);
});

test('a node of OpenSearch serves when its cluster has every primary; one that waits for that in vain does not', async () => {
  const asked: string[] = [];
  const port = await listen(
    createHttpServer((request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(asked.length < 3 ? 408 : 200, { connection: 'close' }).end('{"status":"yellow"}');
    }),
  );
  await untilServing('opensearch', '127.0.0.1', port, soon());
  expect(asked).toHaveLength(3);
  expect(asked[0]).toContain('wait_for_status=yellow');
});

test('it ends at the signal where nobody answers', async () => {
  const port = await listen(createServer((socket) => socket.on('error', () => {}).destroy()));
  const controller = new AbortController();
  const waiting = untilServing('cassandra', '127.0.0.1', port, controller.signal);
  controller.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow();
});

test('a port that nobody listens to is waited for, and no longer than the signal says', async () => {
  const port = await listen(createServer((socket) => socket.on('error', () => {})));
  await untilListening('127.0.0.1', port, soon());
  await new Promise<void>((resolve) => server?.close(() => resolve()));
  server = null;
  await expect(untilListening('127.0.0.1', port, AbortSignal.timeout(50))).rejects.toThrow();
});
