import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { PlatformError } from '../../errors.ts';
import { type PulsarAdmin, pathOfTopic } from './admin.ts';
import type { MessageId } from './message-id.ts';
import { messageIdAt } from './message-id.ts';
import { fullName, type Topic } from './transport.ts';

const internalSchema = z.object({
  numberOfEntries: z.int().min(0),
  lastConfirmedEntry: z.string(),
  ledgers: z.array(z.object({ ledgerId: z.int(), entries: z.int() })),
});

/** What a topic holds now. */
export interface TopicState {
  readonly entries: number;
  /** Its last entry; null: it is empty. */
  readonly end: MessageId | null;
}

/** Asks the broker that has the topic loaded. */
export async function topicState(admin: PulsarAdmin, topic: Topic, signal: AbortSignal): Promise<TopicState> {
  const said = await admin.get(`${pathOfTopic(topic)}/internalStats`, internalSchema, signal);
  return { entries: said.numberOfEntries, end: endOf(said) };
}

/** A broker that has just taken a topic over opens a ledger that is empty, and calls its place -1 the last: the end is before it, then. */
export function endOf({ lastConfirmedEntry, ledgers }: z.infer<typeof internalSchema>): MessageId | null {
  const [ledger = -1, entry = -1] = lastConfirmedEntry.split(':').map(Number);
  if (entry >= 0) return messageIdAt(ledger, entry);
  const last = ledgers.findLast(({ entries }) => entries > 0);
  return last ? messageIdAt(last.ledgerId, last.entries - 1) : null;
}

const statsSchema = z.object({
  subscriptions: z.record(z.string(), z.object({ msgBacklog: z.int() })),
  replication: z.record(z.string(), z.object({ replicationBacklog: z.int(), connected: z.boolean() })).default({}),
});

/** What waits: messages that each subscription has not acknowledged, exactly, and that other clusters have not got. */
export interface Backlog {
  readonly subscriptions: ReadonlyMap<string, number>;
  readonly clusters: ReadonlyMap<string, number>;
}

export async function backlogOf(admin: PulsarAdmin, topic: Topic, signal: AbortSignal): Promise<Backlog> {
  const path = `${pathOfTopic(topic)}/stats?getPreciseBacklog=true`;
  const { subscriptions, replication } = await admin.get(path, statsSchema, signal);
  return {
    subscriptions: new Map(Object.entries(subscriptions).map(([name, { msgBacklog }]) => [name, msgBacklog])),
    clusters: new Map(Object.entries(replication).map(([name, { replicationBacklog }]) => [name, replicationBacklog])),
  };
}

const LOOKS = 20;
const PAUSE_MS = 50;

/**
 * The fewest messages that waited for so many other clusters, of several looks within a second: while messages are written some are always
 * underway, and at an instant at which none waits everything from before it has arrived. A cluster to which nothing goes counts as one.
 */
export async function leastWaiting(
  admin: PulsarAdmin,
  topic: Topic,
  others: number,
  signal: AbortSignal,
): Promise<number> {
  return leastOf(async () => {
    const { clusters } = await backlogOf(admin, topic, signal);
    const waiting = [...clusters.values()].reduce((sum, messages) => sum + messages, 0);
    return waiting + Math.max(0, others - clusters.size);
  }, signal);
}

/** The same of what a subscription has not acknowledged. A PlatformError where there is no such subscription: nobody consumes. */
export async function leastToConsume(
  admin: PulsarAdmin,
  topic: Topic,
  subscription: string,
  signal: AbortSignal,
): Promise<number> {
  return leastOf(async () => {
    const { subscriptions } = await backlogOf(admin, topic, signal);
    const waiting = subscriptions.get(subscription);
    if (waiting !== undefined) return waiting;
    throw new PlatformError(`Pulsar: ${fullName(topic)} has no subscription ${subscription}`, {
      hint: `it has ${[...subscriptions.keys()].join(', ') || 'none'}`,
    });
  }, signal);
}

async function leastOf(look: () => Promise<number>, signal: AbortSignal): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let looks = 0; looks < LOOKS && least > 0; looks += 1) {
    if (looks > 0) await sleep(PAUSE_MS, undefined, { signal });
    least = Math.min(least, await look());
  }
  return least;
}
