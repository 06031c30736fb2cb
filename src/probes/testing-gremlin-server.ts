import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

const ID_AT = 34;
const ID_BYTES = 16;

/** A request as the fake sees it: its id, and how to answer. */
export interface FakeRequest {
  readonly socket: WebSocket;
  readonly bytes: Buffer;
  /** `results` is GraphBinary after the status: see `emptyList`. */
  reply(status: number, message?: string, results?: Buffer): void;
}

/** GraphBinary: a list without elements. */
export const emptyList = Buffer.from([0x09, 0, 0, 0, 0, 0]);

/** A WebSocket server on loopback that speaks just enough of Gremlin Server's protocol. `onRequest` answers, or does not. */
export async function fakeGremlinServer(
  onRequest: (request: FakeRequest, n: number) => void,
  port = 0,
): Promise<{ port: number; connections: () => number; server: WebSocketServer } & AsyncDisposable> {
  const server = new WebSocketServer({ host: '127.0.0.1', port });
  await once(server, 'listening');
  let connections = 0;
  let requests = 0;
  server.on('connection', (socket) => {
    connections += 1;
    socket.on('error', () => {});
    socket.on('message', (data) => {
      const bytes = data as Buffer;
      const reply = (status: number, message = '', results = emptyList): void => {
        socket.send(response(bytes.subarray(ID_AT, ID_AT + ID_BYTES), status, message, results));
      };
      onRequest({ socket, bytes, reply }, requests++);
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    server,
    async [Symbol.asyncDispose]() {
      for (const client of server.clients) client.terminate();
      server.close();
      await once(server, 'close');
    },
  };
}

function response(id: Buffer, status: number, message: string, results: Buffer): Buffer {
  const int = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value);
    return bytes;
  };
  const text = Buffer.from(message);
  const noMap = int(0);
  return Buffer.concat([
    Buffer.from([0x81, 0]),
    id,
    int(status),
    Buffer.from([0]),
    int(text.length),
    text,
    noMap,
    noMap,
    results,
  ]);
}
