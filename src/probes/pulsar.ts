import { z } from 'zod';
import { InputError, PlatformError } from '../errors.ts';
import { formatEndpoint } from './gremlin-link.ts';
import { describeKeeper, KEEPER } from './keeper.ts';
import { describeNames } from './locate.ts';
import type { ProbeContext, ProbeType } from './probe.ts';
import { PulsarAdmin } from './pulsar/admin.ts';
import { PulsarClient } from './pulsar/client.ts';
import { openTransport } from './pulsar/open-transport.ts';
import { CANARY_TOPIC, LEDGER_TOPIC, namespaceOf, topicOf } from './pulsar/places.ts';
import { removeFromTopic } from './pulsar/rewrite.ts';
import { isolateNamespace, makeNamespace, removeNamespace, replicasOf } from './pulsar/run-namespace.ts';
import { leastWaiting } from './pulsar/topic-state.ts';
import { TRANSPORTS, type Transport, type TransportOptions } from './pulsar/transport.ts';
import { describeSecurity, loadSecurity, securityShape } from './security.ts';

const params = z.strictObject({
  ...securityShape,
  transport: z
    .enum(TRANSPORTS)
    .default('websocket')
    .describe(
      'How messages go: over the brokers’ WebSocket API, or through the npm package pulsar-client where it is installed.',
    ),
  login: z
    .enum(['basic', 'token'])
    .default('basic')
    .describe(
      'How `auth` is said: user name and password; or a token (JSON Web Token) that stands in the place of the password, and no name.',
    ),
  tenant: z
    .string()
    .regex(/^[\w.:=-]{1,64}$/, 'expected the name of a tenant')
    .default('public')
    .describe('Where the run’s own namespace is made; it is replicated to every cluster that this tenant may use.'),
});

/** Produces a message to the run's own topic, and consumes it from the place that the broker gave it. */
export const pulsarProbe: ProbeType = {
  probe: 'pulsar',
  summary: 'produces a message to a topic of its own in Pulsar, and consumes the last one acknowledged',
  params,
  component: 'pulsar',
  keyspaces: [],

  settings: (context) => ({
    driver: context.params.transport === 'pulsar-client' ? 'pulsar-client' : 'own, over ws 8 (WebSocket API)',
    contactPoints: endpointsOf(context).map(formatEndpoint),
    ...describeNames(context.site),
    topics: 'of the run, not partitioned, with deduplication, kept until the run removes them',
    connections: 'one producer a topic, under a name of its own; one reader for each read',
    requestTimeoutMs: context.timeoutUs / 1000,
    ...describeKeeper(),
    batching: false,
    retryPolicy: 'none',
    ...describeSecurity(context.params),
  }),

  async prepare(contexts, signal) {
    for (const context of contexts) await makeNamespace(adminOf(context), namespaceOf(context), signal);
  },

  async connect(context) {
    return new PulsarClient(context, await transportOf(context), adminOf(context));
  },

  async remove(context, writes, signal) {
    const topics = Map.groupBy(writes, ({ key }) => topicOf(context, key).name);
    if ([...topics.keys()].some((name) => name !== CANARY_TOPIC)) {
      throw new InputError('messages can be taken out of the canary’s topic only: every other one is being written to');
    }
    const topic = { namespace: namespaceOf(context), name: CANARY_TOPIC };
    await using transport = await transportOf(context);
    await removeFromTopic(transport, adminOf(context), topic, new Set(writes.map(({ key }) => key)), signal);
  },

  async cleanup(contexts, _, signal) {
    for (const context of contexts) await isolateNamespace(adminOf(context), namespaceOf(context), signal);
    let left = 0;
    for (const context of contexts) left += await removeNamespace(adminOf(context), namespaceOf(context), signal);
    return { left };
  },

  async pendingHints(context, signal) {
    const topic = { namespace: namespaceOf(context), name: LEDGER_TOPIC };
    const admin = adminOf(context);
    const others = await replicasOf(admin, topic.namespace, signal);
    const files = await leastWaiting(admin, topic, others, signal);
    return { nodes: endpointsOf(context).length, files };
  },
};

function endpointsOf({ site }: Pick<ProbeContext, 'site'>): TransportOptions['endpoints'] {
  return site.endpoints.pulsar ?? [];
}

function optionsOf(context: ProbeContext): TransportOptions {
  const endpoints = endpointsOf(context);
  if (endpoints.length === 0) throw new PlatformError(`${context.site.name} has no endpoint of Pulsar`);
  const { resolver } = context.site;
  return {
    ...{ endpoints, resolver, security: loadSecurity(context.params), quietMs: KEEPER.quietMs },
    token: context.params.login === 'token',
  };
}

function adminOf(context: ProbeContext): PulsarAdmin {
  return new PulsarAdmin(optionsOf(context));
}

function transportOf(context: ProbeContext): Promise<Transport> {
  return openTransport(
    context.params.transport === 'pulsar-client' ? 'pulsar-client' : 'websocket',
    optionsOf(context),
  );
}
