import { PlatformError } from '../errors.ts';
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
    const failed = await client.drop(writes, graphOf(context), signal);
    if (failed.length > 0)
      throw new PlatformError(`${failed.length} of ${writes.length} of the probe’s transactions could not be deleted`);
  },

  async cleanup(contexts, writes, signal, mayScan) {
    let left = 0;
    let struck = 0;
    for (const [index, context] of contexts.entries()) {
      await using client = await GremlinClient.connect(context, signal);
      const graph = graphOf(context);
      // What was deleted at the first site is on its way to the others; what has not come yet is deleted there as well.
      const there = index === 0 ? writes : await client.left(writes, signal);
      const failed = await client.drop(there, graph, signal);
      // JanusGraph fails on a transaction of which a part is missing, or steps over what only an index has of it.
      const rest = [...new Set([...failed, ...(await client.left(there, signal))])];
      if (rest.length > 0 && mayScan) {
        await strike(client, graph, rest);
        struck += rest.length;
      }
      // Where nobody looks into the store, what could not be deleted is there.
      left += mayScan ? (await client.left(rest, signal)).length : rest.length;
    }
    return { left, ...(struck > 0 && { struck }) };
  },

  async census(context, signal) {
    await using client = await GremlinClient.connect(context, signal);
    return await takeCensus(client, graphOf(context));
  },
};
