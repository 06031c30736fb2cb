import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { PlatformError } from '../../errors.ts';
import { AdminError, type PulsarAdmin, pathOfTopic } from './admin.ts';
import { CANARY_TOPIC, LEDGER_TOPIC } from './places.ts';
import { topicState } from './topic-state.ts';
import type { Topic } from './transport.ts';

const POLL_MS = 500;
/** A replicator of another cluster may make a topic again between two deletions. */
const TRIES = 20;
const FOR_EVER = { retentionTimeInMinutes: -1, retentionSizeInMB: -1 };

const tenantSchema = z.object({ allowedClusters: z.array(z.string()) });
const brokerSchema = z.object({ clusterName: z.string() });
const policiesSchema = z.object({
  deduplicationEnabled: z.boolean().nullish(),
  replication_clusters: z.array(z.string()),
  retention_policies: z.object({ retentionTimeInMinutes: z.int(), retentionSizeInMB: z.int() }).nullish(),
});

/**
 * Makes a run's namespace at one site, with deduplication, kept for ever, and replicated to every cluster that the tenant may use; and its
 * topics. Idempotent. A PlatformError where there is one of this name that is otherwise.
 */
export async function makeNamespace(admin: PulsarAdmin, namespace: string, signal: AbortSignal): Promise<void> {
  const [tenant] = namespace.split('/') as [string];
  const { allowedClusters } = await admin.get(`tenants/${tenant}`, tenantSchema, signal);
  const policies = {
    replication_clusters: allowedClusters,
    deduplicationEnabled: true,
    retention_policies: FOR_EVER,
  };
  await unless(409, admin.ask('PUT', `namespaces/${namespace}`, signal, policies));
  const has = await admin.get(`namespaces/${namespace}`, policiesSchema, signal);
  const wrong =
    has.deduplicationEnabled !== true
      ? 'has no deduplication'
      : has.retention_policies?.retentionTimeInMinutes !== -1 || has.retention_policies.retentionSizeInMB !== -1
        ? 'does not keep its messages for ever, so that a read-back would find less than was written'
        : allowedClusters.some((cluster) => !has.replication_clusters.includes(cluster))
          ? `is not replicated to all of ${allowedClusters.join(', ')}`
          : null;
  if (wrong !== null) throw new PlatformError(`Pulsar: the namespace ${namespace} ${wrong}`);
  for (const name of [LEDGER_TOPIC, CANARY_TOPIC]) {
    await unless(409, admin.ask('PUT', pathOfTopic({ namespace, name }), signal));
  }
}

/** To how many other clusters a namespace is replicated. */
export async function replicasOf(admin: PulsarAdmin, namespace: string, signal: AbortSignal): Promise<number> {
  const clusters = await admin.get(`namespaces/${namespace}/replication`, z.array(z.string()), signal);
  return Math.max(0, clusters.length - 1);
}

/** Takes a namespace out of replication at one site, so that no other site makes its topics again. */
export async function isolateNamespace(admin: PulsarAdmin, namespace: string, signal: AbortSignal): Promise<void> {
  const { clusterName } = await admin.get('brokers/configuration/runtime', brokerSchema, signal);
  await unless(404, admin.ask('POST', `namespaces/${namespace}/replication`, signal, [clusterName]));
}

/** Deletes a run's namespace with everything in it at one site, and looks: how many messages are left (at least one for each topic that is). */
export async function removeNamespace(admin: PulsarAdmin, namespace: string, signal: AbortSignal): Promise<number> {
  let left = 0;
  for (let tries = 0; tries < TRIES; tries += 1) {
    if (tries > 0) await sleep(POLL_MS, undefined, { signal });
    for (const topic of await topicsOf(admin, namespace, signal)) {
      await refusable(admin.ask('DELETE', `${pathOfTopic(topic)}?force=true`, signal));
    }
    await refusable(admin.ask('DELETE', `namespaces/${namespace}`, signal));
    if (!(await isThere(admin, namespace, signal))) return 0;
    left = await countLeft(admin, namespace, signal);
  }
  return Math.max(1, left);
}

async function isThere(admin: PulsarAdmin, namespace: string, signal: AbortSignal): Promise<boolean> {
  const [tenant] = namespace.split('/') as [string];
  return (await admin.get(`namespaces/${tenant}`, z.array(z.string()), signal)).includes(namespace);
}

async function topicsOf(admin: PulsarAdmin, namespace: string, signal: AbortSignal): Promise<readonly Topic[]> {
  if (!(await isThere(admin, namespace, signal))) return [];
  const names = await admin.get(`persistent/${namespace}`, z.array(z.string()), signal);
  return names.map((name) => ({ namespace, name: name.slice(`persistent://${namespace}/`.length) }));
}

async function countLeft(admin: PulsarAdmin, namespace: string, signal: AbortSignal): Promise<number> {
  let left = 0;
  for (const topic of await topicsOf(admin, namespace, signal)) {
    const state = await topicState(admin, topic, signal).catch(() => null);
    left += Math.max(1, state?.entries ?? 1);
  }
  return left;
}

/** What was asked, or that the broker answered so. */
async function unless(status: number, asked: Promise<unknown>): Promise<void> {
  await asked.catch((error: unknown) => {
    if (!(error instanceof AdminError) || error.status !== status) throw error;
  });
}

/** A broker that refuses now may do it at the next try; what is there afterwards is looked at. */
async function refusable(asked: Promise<unknown>): Promise<void> {
  await asked.catch((error: unknown) => {
    if (!(error instanceof AdminError) || error.status === 401 || error.status === 403) throw error;
  });
}
