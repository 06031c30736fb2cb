import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { answers } from './health.ts';

/** Answers every request so. */
async function serving(status: number, body: string) {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(status).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    at: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

test('who answers is healthy, also where what is left of the time is no whole number of milliseconds', async () => {
  await using server = await serving(200, 'ok');
  for (const component of ['janusgraph', 'opensearch', 'pulsar'] as const) {
    expect(await answers(component, server.at, 20_000), component).toBe(true);
    expect(await answers(component, server.at, 19_999.7), component).toBe(true);
  }
});

test('a broker of Pulsar that says anything else than ok is not healthy', async () => {
  await using other = await serving(200, 'not yet');
  await using wrong = await serving(500, 'ok');
  expect(await answers('pulsar', other.at, 20_000)).toBe(false);
  expect(await answers('pulsar', wrong.at, 20_000)).toBe(false);
});
