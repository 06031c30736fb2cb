import { PlatformError } from '../../errors.ts';
import type { Cluster } from './cluster.ts';

interface Rule {
  readonly group: string;
  /** With its subresource: `pods/exec`. */
  readonly resource: string;
  readonly verbs: readonly string[];
  /** Whose answer is no without it. */
  readonly why: string;
}

/** What a run does in the namespace of a site. The roles among the manifests are made of the same. */
export const RUN_RULES: readonly Rule[] = [
  { group: '', resource: 'namespaces', verbs: ['get'], why: 'to see that it may be struck at all' },
  { group: '', resource: 'pods', verbs: ['list', 'delete'], why: 'to see and to end its databases' },
  { group: '', resource: 'pods/exec', verbs: ['create'], why: 'to run nodetool' },
  { group: '', resource: 'pods/log', verbs: ['get'], why: 'to keep the logs of a run that failed' },
  { group: '', resource: 'services', verbs: ['get'], why: 'to find where clients reach it' },
  {
    group: '',
    resource: 'configmaps',
    verbs: ['list', 'create', 'patch', 'delete'],
    why: 'to record a fault and its undo',
  },
  {
    group: 'apps',
    resource: 'statefulsets',
    verbs: ['get', 'list', 'patch'],
    why: 'to scale its databases to zero and back',
  },
  {
    group: 'networking.k8s.io',
    resource: 'networkpolicies',
    verbs: ['list', 'create', 'delete'],
    why: 'to cut it from others',
  },
  {
    group: 'coordination.k8s.io',
    resource: 'leases',
    verbs: ['get', 'create', 'patch', 'delete'],
    why: 'so that one run has it at a time',
  },
];

/** What a healer does in its namespace. */
export const HEALER_RULES: readonly Rule[] = [
  { group: '', resource: 'pods', verbs: ['list'], why: 'to see when its databases are back' },
  { group: '', resource: 'configmaps', verbs: ['list', 'delete'], why: 'to find faults, and to forget what is undone' },
  {
    group: 'apps',
    resource: 'statefulsets',
    verbs: ['get', 'patch'],
    why: 'to give its databases their replicas back',
  },
  { group: 'networking.k8s.io', resource: 'networkpolicies', verbs: ['list', 'delete'], why: 'to end cuts' },
  { group: 'coordination.k8s.io', resource: 'leases', verbs: ['create', 'patch'], why: 'to say that it is at work' },
];

/** Asks the API server whether this user may do all of it (SelfSubjectAccessReview); what it may not, in words. */
export async function missingPermissions(
  cluster: Cluster,
  rules: readonly Rule[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const asked = rules.flatMap(({ verbs, ...rule }) => verbs.map((verb) => ({ ...rule, verb })));
  const answers = await Promise.all(
    asked.map(async ({ group, resource, verb, why }) => {
      const [name, subresource] = resource.split('/');
      const attributes = {
        ...{ namespace: cluster.namespace, group, resource: name as string, verb },
        ...(subresource !== undefined && { subresource }),
      };
      const body = { spec: { resourceAttributes: attributes } };
      const { status } = await cluster.ask(
        'asking for permissions',
        (options) => cluster.authorization.createSelfSubjectAccessReview({ body }, options),
        signal,
      );
      return status?.allowed === true ? [] : [`${verb} ${resource} (${why})`];
    }),
  );
  return answers.flat();
}

/** A PlatformError that lists what this user may not do in the namespaces of the sites. */
export async function requirePermissions(clusters: readonly Cluster[], signal: AbortSignal): Promise<void> {
  const missing = await Promise.all(
    clusters.map(async (cluster) => {
      const some = await missingPermissions(cluster, RUN_RULES, signal);
      return some.length === 0 ? [] : [`in ${cluster.namespace} (context ${cluster.context}): ${some.join(', ')}`];
    }),
  );
  const all = missing.flat();
  if (all.length === 0) return;
  throw new PlatformError(`this user may not do what a run does: ${all.join('; ')}`, {
    hint: 'clusters/kubernetes/manifests/runner-role.yaml is a Role that allows it and nothing else',
  });
}
