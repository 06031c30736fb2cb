import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { postScript } from './post-script.ts';

test('a script goes with its bindings, its limit in the script itself; the answer is told as it is', async () => {
  const heard: unknown[] = [];
  const server = createServer(async (request, response) => {
    heard.push([request.method, request.url, request.headers['content-type'], JSON.parse(await textOf(request))]);
    response.statusCode = heard.length === 1 ? 200 : 500;
    response.end('said');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const at = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
  const soon = AbortSignal.timeout(20_000);
  try {
    const limited = { gremlin: 'count', bindings: { count: 7 }, withinMs: 60_000 };
    expect(await postScript(at, limited, soon)).toEqual({ status: 200, text: 'said' });
    expect(await postScript(at, { gremlin: '1' }, soon)).toEqual({ status: 500, text: 'said' });
  } finally {
    server.close();
  }
  const head = ['POST', '/gremlin', 'application/json'];
  expect(heard).toEqual([
    [...head, { gremlin: "g.with('evaluationTimeout', 60000L)\ncount", bindings: { count: 7 } }],
    [...head, { gremlin: '1', bindings: {} }],
  ]);
});
