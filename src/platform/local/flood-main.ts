/** Uses up the quota of an API's clients, and goes on doing so as it comes back (`FloodOrders`, `FloodReport`). */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FloodOrders, FloodReport } from './api-effects.ts';
import { workInSite } from './site-workers.ts';

/** How soon a client is used again that may ask no more for a while, or soon may, or gets no answer. */
const AGAIN_MS = 500;
const SOON_MS = 100;
const ASK_MS = 2_000;

/** Long enough to use up again what has just come back. */
const LIMITED_MS = 3_000;

/** When each client was told last that it asked for too much. */
const limitedMs = new Map<string, number>();
let requests = 0;

workInSite<FloodOrders, FloodReport>(
  ({ at, clients, password }) => {
    const url = `http://${at.host}:${at.port}/v1/quota`;
    for (const client of clients) void useUp(client, url, `${client}:${password}`);
  },
  () => ({ limited: [...limitedMs.values()].filter((ms) => performance.now() - ms < LIMITED_MS).length, requests }),
);

async function useUp(client: string, url: string, secret: string): Promise<never> {
  const headers = { authorization: `Basic ${Buffer.from(secret).toString('base64')}` };
  for (;;) {
    const { status, left, waitMs } = await ask(url, headers);
    if (status === 429) limitedMs.set(client, performance.now());
    // What has come back is used up at once, before others find it.
    else if (status === 200) await Promise.all(Array.from({ length: left }, () => ask(url, headers)));
    if (status !== 200) await sleep(status === 429 && waitMs <= 1_000 ? SOON_MS : AGAIN_MS);
  }
}

/** What the API says, how much may still be asked, and how long it takes until there is more. */
async function ask(
  url: string,
  headers: Record<string, string>,
): Promise<{ status: number; left: number; waitMs: number }> {
  requests += 1;
  try {
    const answer = await fetch(url, { headers, signal: AbortSignal.timeout(ASK_MS) });
    await answer.arrayBuffer();
    const [left, seconds] = ['x-ratelimit-remaining', 'retry-after'].map(
      (name) => Number(answer.headers.get(name)) || 0,
    );
    return { status: answer.status, left: left ?? 0, waitMs: (seconds ?? 0) * 1_000 };
  } catch {
    return { status: 0, left: 0, waitMs: 0 };
  }
}
