import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { RunawayQueries, type RunawayTarget } from './runaway.ts';
import { isRunning, queryScript, readAnswer, requestOf } from './runaway-frames.ts';

const SOON = { timeout: 15_000 };

/** A Gremlin Server as these queries know it: it says something for each over and over, ends those that it is told to, and counts what it evaluates. */
class FakeServer {
  readonly http: Server;
  readonly evaluated = new Map<string, WebSocket>();
  /** Evaluated on when nobody listens any more. */
  stuck = 0;
  private readonly sockets: WebSocketServer;
  private readonly talk: NodeJS.Timeout;

  constructor() {
    this.http = createServer((_, response) => {
      response.end(JSON.stringify({ result: { data: { '@type': 'g:List', '@value': [this.count()] } } }));
    });
    this.sockets = new WebSocketServer({ server: this.http });
    this.sockets.on('connection', (socket) => {
      socket.on('message', (data) => {
        const text = (data as Buffer).subarray(1 + ((data as Buffer)[0] as number)).toString();
        this.evaluated.set((JSON.parse(text) as { requestId: { '@value': string } }).requestId['@value'], socket);
      });
      socket.on('close', () => this.evaluated.clear());
    });
    this.talk = setInterval(() => {
      for (const id of this.evaluated.keys()) this.answer(id, 206);
    }, 20);
  }

  private count(): unknown {
    return { '@type': 'g:Int32', '@value': this.evaluated.size + this.stuck };
  }

  answer(id: string, code: number): void {
    const socket = this.evaluated.get(id);
    if (code !== 206) this.evaluated.delete(id);
    socket?.send(Buffer.from(JSON.stringify({ requestId: id, status: { code, message: 'said so' } })));
  }

  async at(lives: () => boolean = () => true): Promise<RunawayTarget> {
    await new Promise<void>((resolve) => this.http.listen(0, '127.0.0.1', resolve));
    return { site: 'paris', host: '127.0.0.1', port: (this.http.address() as AddressInfo).port, lives };
  }

  close(): void {
    clearInterval(this.talk);
    this.sockets.close();
    this.http.closeAllConnections();
    this.http.close();
  }
}

let server = new FakeServer();
afterEach(() => {
  server.close();
  server = new FakeServer();
});

test('so many are kept in evaluation, and none once they are ended', async () => {
  const queries = new RunawayQueries(() => []);
  queries.begin('x', await server.at(), 3, 'waits');
  await vi.waitUntil(() => queries.list()[0]?.evaluating === 3, SOON);
  for (const id of server.evaluated.keys()) server.answer(id, 598);
  await vi.waitUntil(() => queries.list()[0]?.timedOut === 3 && server.evaluated.size === 3, SOON);
  expect(queries.list()[0]).toMatchObject({ id: 'x', site: 'paris', evaluating: 3, failed: 0, ending: false });
  const [id = ''] = server.evaluated.keys();
  server.answer(id, 500);
  await vi.waitUntil(() => queries.list()[0]?.failed === 1 && server.evaluated.size === 3, SOON);
  expect(queries.list()[0]?.lastFailure).toBe('500 said so');
  server.stuck = 1;
  const ended = queries.end('x');
  await vi.waitUntil(() => server.evaluated.size === 0, SOON);
  expect(queries.list()[0]?.ending).toBe(true);
  server.stuck = 0;
  await ended;
  expect(queries.list()).toEqual([]);
  await queries.end('x');
});

test('a server whose process is gone evaluates nothing: their end does not wait for its word', async () => {
  const queries = new RunawayQueries(() => []);
  queries.begin('x', await server.at(() => false), 1, 'computes');
  await queries.end('x');
  expect(queries.list()).toEqual([]);
});

test('an id that is in force is refused', async () => {
  const queries = new RunawayQueries(() => []);
  const at = await server.at();
  queries.begin('x', at, 1, 'waits');
  expect(() => queries.begin('x', at, 1, 'waits')).toThrow('x is in force already');
  await queries.end('x');
});

test('a request and its answers', () => {
  const frame = requestOf('00000000-0000-4000-8000-000000000001', queryScript('waits'));
  const mime = 'application/vnd.gremlin-v3.0+json';
  expect(frame.subarray(1, 1 + mime.length).toString()).toBe(mime);
  const request = JSON.parse(frame.subarray(1 + mime.length).toString()) as {
    op: string;
    args: { '@value': unknown[] };
  };
  expect(request.op).toBe('eval');
  expect(request.args['@value']).toContain(queryScript('waits'));
  const said = Buffer.from('{"requestId":"a","status":{"code":206,"message":""},"result":{}}');
  expect(readAnswer(said)).toEqual({ id: 'a', code: 206, message: '' });
  expect([206, 200, 204, 598].map(isRunning)).toEqual([true, false, false, false]);
});
