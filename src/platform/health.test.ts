import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { expect, test } from 'vitest';
import { answers } from './health.ts';
import type { Component } from './platform.ts';

const http = (listener: RequestListener): Server => createHttpServer(listener);
const HEALTHY: Readonly<Record<Component, () => Server>> = {
  cassandra: () =>
    createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end(Buffer.from([0x84, 0, 0, 0, 6, 0, 0, 0, 0])));
    }),
  janusgraph: () => http((request, response) => void request.resume().on('end', () => response.end('{}'))),
  opensearch: () => http((_, response) => void response.end('{"status":"green"}')),
  pulsar: () => http((_, response) => void response.end('ok')),
  api: () => http((_, response) => void response.end('{}')),
  consumer: () => http((_, response) => void response.end('{}')),
  'node-exporter': () => http((_, response) => void response.end('<h1>Node Exporter</h1>')),
  prometheus: () => http((_, response) => void response.end('Prometheus Server is Ready.')),
  alertmanager: () => http((_, response) => void response.end('OK')),
  redis: () => createServer((socket) => socket.once('data', () => socket.write('+PONG\r\n'))),
};

async function asked(server: Server, component: Component, timeoutMs: number): Promise<boolean> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    return await answers(component, { host: '127.0.0.1', port }, timeoutMs);
  } finally {
    server.close();
  }
}

test.each([10_000, 9_999.87])(
  'what serves is healthy, whatever is left of the time for it: %d ms',
  async (timeoutMs) => {
    for (const [component, server] of Object.entries(HEALTHY))
      expect(await asked(server(), component as Component, timeoutMs), component).toBe(true);
  },
);

test('what is silent is not, in time', async () => {
  for (const component of Object.keys(HEALTHY)) {
    const sockets = new Set<{ destroy(): void }>();
    const silent = createServer((socket) => void sockets.add(socket.on('error', () => {})));
    expect(await asked(silent, component as Component, 50.5), component).toBe(false);
    for (const socket of sockets) socket.destroy();
  }
});

test('a broker of Pulsar that says anything else than ok is not healthy', async () => {
  const other = http((_, response) => void response.end('not yet'));
  const wrong = http((_, response) => void response.writeHead(500).end('ok'));
  for (const server of [other, wrong]) expect(await asked(server, 'pulsar', 10_000)).toBe(false);
});
