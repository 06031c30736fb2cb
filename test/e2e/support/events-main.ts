/** Inside the platform: `events-main.ts ORDERS`, JSON. Sends each write as an event, and each text as a message, without awaiting them in the graph; prints how each write came out, in order. */
import { PipelineClient } from '../../../src/probes/pipeline-client.ts';
import type { ExpectedWrite, ProbeContext } from '../../../src/probes/probe.ts';
import { KeptProducer } from '../../../src/probes/pulsar/kept-producer.ts';
import { WebSocketTransport } from '../../../src/probes/pulsar/websocket-transport.ts';

export interface EventOrders {
  readonly context: ProbeContext;
  readonly topic: { readonly namespace: string; readonly name: string };
  readonly writes: readonly ExpectedWrite[];
  readonly texts: readonly string[];
}

const { context, topic, writes, texts } = JSON.parse(process.argv[2] ?? '') as EventOrders;
const timeoutMs = context.timeoutUs / 1000;
const transport = new WebSocketTransport({
  endpoints: context.site.endpoints.pulsar ?? [],
  security: {},
  quietMs: 1_000,
});
await using events = new KeptProducer(transport, topic, context.site.name, timeoutMs);
const nobody = new PipelineClient(
  { events, graph: { submit: never, bulkMs: 1, [Symbol.asyncDispose]: async () => {} } },
  'g',
  timeoutMs,
);
for (const [n, payload] of texts.entries()) {
  const { outcome, error } = await events.send({ key: `text-${n}`, payload });
  if (outcome !== 'ok') throw new Error(`a message was not taken: ${error}`);
}
const outcomes = await Promise.all(
  writes.map((write) => nobody.invoke({ f: 'write', ...write }, new AbortController().signal)),
);
process.stdout.write(JSON.stringify(outcomes.map(({ outcome }) => outcome)));

async function never(): Promise<never> {
  throw new Error('the graph is not asked');
}
