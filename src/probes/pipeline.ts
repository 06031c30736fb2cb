import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { PlatformError } from '../errors.ts';
import { PIPELINE } from '../platform/pipeline.ts';
import { AWAITED } from './awaited.ts';
import { GremlinClient } from './gremlin-client.ts';
import { formatEndpoint } from './gremlin-link.ts';
import { graphOf, gremlinParams, sourceOf } from './gremlin-params.ts';
import { describeKeeper, KEEPER } from './keeper.ts';
import { describeNames } from './locate.ts';
import { removePayments } from './payments.ts';
import { PipelineClient } from './pipeline-client.ts';
import type { ProbeContext, ProbeType } from './probe.ts';
import { PulsarAdmin } from './pulsar/admin.ts';
import { KeptProducer } from './pulsar/kept-producer.ts';
import { openTransport } from './pulsar/open-transport.ts';
import { leastToConsume } from './pulsar/topic-state.ts';
import type { Topic, TransportOptions } from './pulsar/transport.ts';
import { describeSecurity, loadSecurity, securityShape } from './security.ts';

const params = z.strictObject({
  // Its login and TLS are those of JanusGraph.
  ...gremlinParams.shape,
  topic: z
    .string()
    .regex(/^[\w.:=-]{1,64}\/[\w.:=-]{1,64}\/[\w.:=-]{1,128}$/, 'expected tenant/namespace/topic')
    .default(PIPELINE.topic)
    .describe(
      'Where events go in: tenant/namespace/topic, persistent. Not one of the run’s own: it is the platform’s.',
    ),
  subscription: z
    .string()
    .min(1)
    .max(200)
    .default(PIPELINE.subscription)
    .describe('That of the consumer that makes vertices and edges of them.'),
  pulsar: z.strictObject(securityShape).prefault({}).describe('TLS and login towards Pulsar.'),
});
type Params = z.infer<typeof params>;

/** Before the canary's events are taken from the graph, and before the rest is: those on their way would come after. A cleanup after an abort has two minutes in all. */
const DRAINED_MS = 60_000;
const POLL_MS = 250;

/** An event goes into Pulsar, and its payment is awaited in the graph: what is between them is the platform's. */
export const pipelineProbe: ProbeType = {
  probe: 'pipeline',
  summary: 'sends an event to Pulsar, and awaits the last one acknowledged in JanusGraph, where a consumer takes it',
  params,
  component: 'consumer',
  keyspaces: ['janusgraph'],
  // Each site's events are its own, and its reads that await say nothing of whether it should be left: nobody would ever move.
  apart: true,

  notMeasured: [
    {
      what: 'the order in which events of one account are applied',
      why: 'each event has accounts of its own: nothing in the graph says which of two came first',
    },
    {
      what: 'what becomes of dead letters',
      why: 'an event that the consumer gave up is missing in the graph, and counts as lost, whether or not somebody could still take it from there',
    },
  ],
  settings: (context) => ({
    driver: 'own, over ws 8: Pulsar’s WebSocket API, and GraphBinary with the serializers of gremlin 3.7.4',
    contactPoints: [...endpointsOf(context), ...(context.site.endpoints.janusgraph ?? [])].map(formatEndpoint),
    ...describeNames(context.site),
    acknowledged: 'by the broker',
    read: `from the graph, ${AWAITED}`,
    requestTimeoutMs: context.timeoutUs / 1000,
    ...describeKeeper(),
    batching: false,
    retryPolicy: 'none',
    ...describeSecurity(context.params),
    pulsar: describeSecurity(paramsOf(context).pulsar),
  }),

  async prepare(contexts, signal) {
    for (const context of contexts) {
      await toConsume(context, signal);
      await using graph = await GremlinClient.connect(context, signal);
      const indexed = await graph.script(INDEXES.replace('GRAPH', graphOf(context)), {}, 'indexes', SCRIPT_MS);
      if (String(indexed) !== 'true')
        throw new PlatformError(
          `the graph of ${context.site.name} has no payments: expected edges TRANSACTS_WITH by transactionId and vertices by accountId`,
        );
    }
  },

  connect: (context, signal) => connect(context, signal),

  /** In the graph itself, once none is on its way. */
  async remove(context, writes, signal) {
    await drained(context, signal);
    await using graph = await GremlinClient.connect(context, signal);
    await removePayments(graph, graphOf(context), writes, signal);
  },

  async cleanup(contexts, writes, signal) {
    const late = await Promise.allSettled(contexts.map((context) => drained(context, signal)));
    let left = 0;
    for (const [index, context] of contexts.entries()) {
      await using client = await connect(context, signal);
      // What was deleted at the first site is on its way to the others; what has not come yet is deleted there as well.
      const there = index === 0 ? writes : await client.left(writes, signal);
      await using graph = await GremlinClient.connect(context, signal);
      await removePayments(graph, graphOf(context), there, signal);
      left += (await client.left(there, signal)).length;
    }
    for (const one of late) if (one.status === 'rejected') throw one.reason;
    return { left };
  },

  async pendingHints(context, signal) {
    const files = await toConsume(context, signal);
    return { nodes: (context.site.endpoints.consumer ?? []).length, files };
  },
};

const SCRIPT_MS = 30_000;
/** JanusGraph scans where there is no index: a read of a key would take as long as the graph is large. */
const INDEXES = `
def mgmt = GRAPH.openManagement()
try {
  def has = { element, name ->
    def key = mgmt.getPropertyKey(name)
    key != null && mgmt.getGraphIndexes(element).any { it.getFieldKeys().toList() == [key] && it.getIndexStatus(key).name() == 'ENABLED' }
  }
  return (has(org.apache.tinkerpop.gremlin.structure.Vertex.class, 'accountId') &&
    has(org.apache.tinkerpop.gremlin.structure.Edge.class, 'transactionId')).toString()
} finally {
  mgmt.rollback()
}`;

function paramsOf(context: Pick<ProbeContext, 'params'>): Params {
  return params.parse(context.params);
}

function endpointsOf({ site }: Pick<ProbeContext, 'site'>): TransportOptions['endpoints'] {
  return site.endpoints.pulsar ?? [];
}

function optionsOf(context: ProbeContext): TransportOptions {
  const endpoints = endpointsOf(context);
  if (endpoints.length === 0) throw new PlatformError(`${context.site.name} has no endpoint of Pulsar`);
  const { resolver } = context.site;
  return { endpoints, resolver, security: loadSecurity(paramsOf(context).pulsar), quietMs: KEEPER.quietMs };
}

function topicOf(context: ProbeContext): Topic {
  const { topic } = paramsOf(context);
  const at = topic.lastIndexOf('/');
  return { namespace: topic.slice(0, at), name: topic.slice(at + 1) };
}

async function connect(context: ProbeContext, signal: AbortSignal): Promise<PipelineClient> {
  const timeoutMs = context.timeoutUs / 1000;
  // It connects when it is used: where the graph cannot be reached nothing is left open.
  const transport = await openTransport('websocket', optionsOf(context));
  const graph = await GremlinClient.connect(context, signal);
  const events = new KeptProducer(transport, topicOf(context), context.site.name, timeoutMs);
  return new PipelineClient({ events, graph }, sourceOf(context), timeoutMs);
}

/** How many events wait for the consumer; a PlatformError where there is none. */
function toConsume(context: ProbeContext, signal: AbortSignal): Promise<number> {
  const { subscription } = paramsOf(context);
  return leastToConsume(new PulsarAdmin(optionsOf(context)), topicOf(context), subscription, signal);
}

/** Resolves once no event waits for the consumer; a PlatformError with how many do when that takes too long. */
async function drained(context: ProbeContext, signal: AbortSignal): Promise<void> {
  const until = performance.now() + DRAINED_MS;
  for (;;) {
    const waiting = await toConsume(context, signal);
    if (waiting === 0) return;
    if (performance.now() > until || signal.aborted)
      throw new PlatformError(
        `${waiting} events of ${context.site.name} are not consumed yet: they would come after a cleanup`,
      );
    await sleep(POLL_MS, undefined, { signal });
  }
}
