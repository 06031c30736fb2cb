/** Has a broker close the topics of the harness's namespaces, over and over (`TopicOrders`, `TopicReport`). */
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../errors.ts';
import { workInSite } from './site-workers.ts';
import type { TopicOrders, TopicReport } from './topic-effects.ts';

const ASK_MS = 10_000;
/** Namespaces of runs: `drill-` and the run's id. */
const OURS = /^[^/]+\/drill-/;

let topics = 0;
let closed = 0;
let rounds = 0;
let endedMs: number | null = null;
let failure = '';

workInSite<TopicOrders, TopicReport>(
  (orders) => void goOn(orders),
  () => ({
    topics,
    closed,
    rounds,
    agoMs: endedMs === null ? null : Math.round(performance.now() - endedMs),
    failure,
  }),
);

async function goOn({ at, everyMs }: TopicOrders): Promise<never> {
  const admin = `http://${at.host}:${at.port}/admin/v2`;
  for (;;) {
    const next = sleep(everyMs);
    await round(admin).catch((error: unknown) => {
      failure = messageOf(error).slice(0, 200);
    });
    await next;
  }
}

async function round(admin: string): Promise<void> {
  const found: string[] = [];
  for (const tenant of await list(`${admin}/tenants`))
    for (const namespace of await list(`${admin}/namespaces/${tenant}`))
      if (OURS.test(namespace)) found.push(...(await list(`${admin}/persistent/${namespace}`)));
  topics = found.length;
  const done = await Promise.all(found.map((topic) => unload(admin, topic)));
  closed = done.filter(Boolean).length;
  if (topics === 0 || closed < topics) return;
  rounds += 1;
  endedMs = performance.now();
}

/** True when the broker says that it has closed it. */
async function unload(admin: string, topic: string): Promise<boolean> {
  const path = topic.replace('persistent://', 'persistent/');
  const answer = await fetch(`${admin}/${path}/unload`, { method: 'PUT', signal: AbortSignal.timeout(ASK_MS) });
  const text = await answer.text();
  if (!answer.ok) failure = `${topic}: HTTP ${answer.status} ${text.slice(0, 100)}`;
  return answer.ok;
}

async function list(url: string): Promise<readonly string[]> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(ASK_MS) });
  if (!answer.ok) throw new Error(`${url}: HTTP ${answer.status}`);
  return (await answer.json()) as readonly string[];
}
