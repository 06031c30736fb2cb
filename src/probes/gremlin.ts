import { takeCensus } from './gremlin-census.ts';
import { GremlinClient } from './gremlin-client.ts';
import { formatEndpoint, IN_FLIGHT } from './gremlin-link.ts';
import { graphOf, gremlinParams, sourceOf } from './gremlin-params.ts';
import { awaitSchema, makeSchema, TRANSACTIONS } from './gremlin-schema.ts';
import { strike } from './gremlin-strike.ts';
import { describeKeeper } from './keeper.ts';
import { describeNames } from './locate.ts';
import type { ProbeType } from './probe.ts';
import { describeSecurity } from './security.ts';

/** Writes a transaction between two accounts of its own, and reads it from both ends. */
export const gremlinProbe: ProbeType = {
  probe: 'gremlin',
  summary:
    'writes two accounts and a transaction between them through JanusGraph, and reads the last one acknowledged from both ends',
  params: gremlinParams,
  component: 'janusgraph',
  load: true,
  keyspaces: ['janusgraph'],
  readsAtOnce: 8,

  settings: (context) => ({
    driver: 'own, over ws 8, with the serializers of gremlin 3.7.4 (GraphBinary)',
    contactPoints: (context.site.endpoints.janusgraph ?? []).map(formatEndpoint),
    ...describeNames(context.site),
    traversalSource: sourceOf(context),
    connections: 'one to each server, requests pipelined',
    requestTimeoutMs: context.timeoutUs / 1000,
    ...describeKeeper(),
    inFlight: IN_FLIGHT,
    retryPolicy: 'none',
    ...describeSecurity(context.params),
  }),

  async prepare(contexts, signal) {
    for (const [index, context] of contexts.entries()) {
      await using client = await GremlinClient.connect(context, signal);
      const graph = graphOf(context);
      if (index === 0) await makeSchema(client, graph, TRANSACTIONS);
      await awaitSchema(client, context.site.name, graph, TRANSACTIONS, signal);
    }
  },

  connect: (context, signal) => GremlinClient.connect(context, signal),

  async remove(context, writes, signal) {
    await using client = await GremlinClient.connect(context, signal);
    await client.drop(writes, graphOf(context), signal);
  },

  async cleanup(contexts, writes, signal) {
    let left = 0;
    for (const [index, context] of contexts.entries()) {
      await using client = await GremlinClient.connect(context, signal);
      // What was deleted at the first site is on its way to the others; what has not come yet is deleted there as well.
      const there = index === 0 ? writes : await client.left(writes, signal);
      await client.drop(there, graphOf(context), signal);
      // An index may have what its element has not, or another way round: JanusGraph steps over it.
      const rest = await client.left(there, signal);
      if (rest.length === 0) continue;
      await strike(client, graphOf(context), rest);
      left += (await client.left(rest, signal)).length;
    }
    return { left };
  },

  async census(context, signal) {
    await using client = await GremlinClient.connect(context, signal);
    return await takeCensus(client, graphOf(context));
  },
};
