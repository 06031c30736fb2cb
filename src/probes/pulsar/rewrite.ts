import { randomUUID } from 'node:crypto';
import { PlatformError } from '../../errors.ts';
import { type PulsarAdmin, pathOfTopic } from './admin.ts';
import { compareIds } from './message-id.ts';
import { topicState } from './topic-state.ts';
import type { Received, Topic, Transport } from './transport.ts';
import { WholeTopic } from './whole-topic.ts';

const READ_MS = 60_000;
const SEND_MS = 10_000;

/**
 * Takes messages out of a topic to which nobody writes meanwhile. Pulsar deletes no single message: the topic is read whole, deleted, made anew
 * and given the others again, in their order, in this cluster only; and read once more. A PlatformError when it then holds anything else.
 */
export async function removeFromTopic(
  transport: Transport,
  admin: PulsarAdmin,
  topic: Topic,
  keys: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<void> {
  const before = await readWhole(transport, admin, topic, signal);
  const kept = before.filter(({ key }) => !keys.has(key));
  const { end } = await topicState(admin, topic, signal);
  const last = before.at(-1);
  if ((end && !last) || (end && last && compareIds(end, last.id) > 0)) {
    throw new PlatformError(`Pulsar: the topic ${topic.name} is written to while messages are taken out of it`);
  }
  await admin.ask('DELETE', `${pathOfTopic(topic)}?force=true`, signal);
  const producer = await transport.produce(
    { topic, name: `drill-rewrite-${randomUUID()}`, initialSequenceId: -1, sendTimeoutMs: SEND_MS },
    () => {},
    SEND_MS,
  );
  try {
    for (const { key, payload } of kept) {
      signal.throwIfAborted();
      const answer = await producer.send({ key, payload, local: true }, SEND_MS);
      if (answer.kind === 'acknowledged' && !answer.duplicate) continue;
      throw new PlatformError(`Pulsar: a message could not be put back into the topic ${topic.name}: ${answer.kind}`);
    }
  } finally {
    producer.close();
  }
  const after = await readWhole(transport, admin, topic, signal);
  if (textOf(after) !== textOf(kept)) {
    throw new PlatformError(`Pulsar: the topic ${topic.name} holds something else than what was left in it`);
  }
}

async function readWhole(
  transport: Transport,
  admin: PulsarAdmin,
  topic: Topic,
  signal: AbortSignal,
): Promise<readonly Received[]> {
  const messages: Received[] = [];
  await using whole = new WholeTopic(transport, admin, topic, (message) => messages.push(message));
  const wrong = await whole.look(READ_MS, signal);
  if (wrong === null) return messages;
  throw new PlatformError(`Pulsar: the topic ${topic.name} could not be read whole: ${wrong}`);
}

function textOf(messages: readonly Received[]): string {
  return JSON.stringify(messages.map(({ key, payload }) => [key, payload]));
}
