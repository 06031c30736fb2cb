import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { messageIdAt } from './message-id.ts';

/** A message as the fake sees it, and how to answer. */
export interface FakeSend {
  readonly payload: string;
  readonly socket: WebSocket;
  /** `result` beside `ok`: as the server names its errors. */
  reply(result: string, errorMsg?: string): void;
}

/** A server on loopback that speaks just enough of Pulsar's WebSocket API. `accept`: the HTTP status with which a WebSocket is refused; 101: it is not. */
export async function fakePulsarServer(
  onSend: (send: FakeSend, n: number) => void,
  accept: (path: string) => number = () => 101,
): Promise<
  {
    port: number;
    paths: readonly string[];
    logins: readonly (string | undefined)[];
    http: ReturnType<typeof createServer>;
  } & AsyncDisposable
> {
  const http = createServer();
  const server = new WebSocketServer({ noServer: true });
  const paths: string[] = [];
  const logins: (string | undefined)[] = [];
  let sends = 0;
  http.on('upgrade', (request, socket, head) => {
    const path = request.url ?? '';
    paths.push(path);
    logins.push(request.headers.authorization);
    const status = accept(path);
    if (status !== 101) socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
    else server.handleUpgrade(request, socket, head, (one) => server.emit('connection', one, request));
  });
  server.on('connection', (socket) => {
    socket.on('error', () => {});
    socket.on('message', (data) => {
      const { context, payload } = JSON.parse(String(data)) as { context: string; payload: string };
      const n = sends++;
      const reply = (result: string, errorMsg?: string): void =>
        socket.send(
          JSON.stringify({
            result,
            context,
            errorMsg,
            messageId: result === 'ok' ? messageIdAt(5, n).token : undefined,
          }),
        );
      onSend({ payload: Buffer.from(payload, 'base64').toString(), socket, reply }, n);
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    port: (http.address() as AddressInfo).port,
    paths,
    logins,
    http,
    async [Symbol.asyncDispose]() {
      for (const client of server.clients) client.terminate();
      server.close();
      http.closeAllConnections();
      http.close();
    },
  };
}
