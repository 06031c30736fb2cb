import type { V1NetworkPolicy } from '@kubernetes/client-node';
import type { Cluster } from './cluster.ts';
import { FAULT_ANNOTATION, POLICY_SELECTOR, policySelector } from './names.ts';
import { nameOf, unless } from './workloads.ts';

/** Our policies in a namespace: those of one fault, or all. */
export async function policiesIn(
  cluster: Cluster,
  fault: string | null,
  signal: AbortSignal,
): Promise<readonly V1NetworkPolicy[]> {
  const { namespace } = cluster;
  const labelSelector = fault === null ? POLICY_SELECTOR : policySelector(fault);
  const { items } = await cluster.ask(
    `NetworkPolicies of ${namespace}`,
    (options) => cluster.networking.listNamespacedNetworkPolicy({ namespace, labelSelector }, options),
    signal,
  );
  return items;
}

/** One that is there already stays. */
export async function createPolicy(cluster: Cluster, policy: V1NetworkPolicy, signal: AbortSignal): Promise<void> {
  const { namespace } = cluster;
  await cluster
    .ask(
      `NetworkPolicy ${nameOf(policy)}`,
      (options) => cluster.networking.createNamespacedNetworkPolicy({ namespace, body: policy }, options),
      signal,
    )
    .then(() => {}, unless(409));
}

/** Removes every policy of a fault from a namespace; none is no error. */
export async function removePolicies(cluster: Cluster, fault: string, signal: AbortSignal): Promise<void> {
  const { namespace } = cluster;
  for (const policy of await policiesIn(cluster, fault, signal)) {
    const name = nameOf(policy);
    await cluster
      .ask(
        `removing NetworkPolicy ${name}`,
        (options) => cluster.networking.deleteNamespacedNetworkPolicy({ name, namespace }, options),
        signal,
      )
      .then(() => {}, unless(404));
  }
}

/** The faults of which a policy stands in a namespace, whoever made it. */
export async function faultsOfPolicies(cluster: Cluster, signal: AbortSignal): Promise<readonly string[]> {
  const policies = await policiesIn(cluster, null, signal);
  return policies.map((policy) => policy.metadata?.annotations?.[FAULT_ANNOTATION] ?? nameOf(policy));
}
