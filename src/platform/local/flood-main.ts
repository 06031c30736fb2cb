/** Uses up the quota of an API's clients, and goes on doing so as it comes back (`FloodOrders`, `FloodReport`). */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FloodOrders, FloodReport } from './api-effects.ts';
import { workInSite } from './site-workers.ts';

/** How soon a client is used again that may ask no more, or gets no answer. */
const AGAIN_MS = 500;
const ASK_MS = 2_000;

const limited = new Map<string, boolean>();
let requests = 0;

workInSite<FloodOrders, FloodReport>(
  ({ at, clients, password }) => {
    const url = `http://${at.host}:${at.port}/v1/quota`;
    for (const client of clients) void useUp(client, url, `${client}:${password}`);
  },
  () => ({ limited: [...limited.values()].filter(Boolean).length, requests }),
);

async function useUp(client: string, url: string, secret: string): Promise<never> {
  const authorization = `Basic ${Buffer.from(secret).toString('base64')}`;
  for (;;) {
    requests += 1;
    const status = await fetch(url, { headers: { authorization }, signal: AbortSignal.timeout(ASK_MS) }).then(
      async (answer) => {
        await answer.arrayBuffer();
        return answer.status;
      },
      () => null,
    );
    limited.set(client, status === 429);
    if (status !== 200) await sleep(AGAIN_MS);
  }
}
