/** NetworkPolicies as rules of nftables, for a node's network namespace. Pure. */

type Labels = Readonly<Record<string, string>>;

export interface Selector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
    readonly values?: readonly string[];
  }[];
}

interface Peer {
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
  readonly namespaceSelector?: Selector;
  readonly podSelector?: Selector;
}

interface Port {
  readonly protocol?: string;
  readonly port?: number | string;
  readonly endPort?: number;
}

export interface Policy {
  readonly metadata: { readonly namespace: string };
  readonly spec: {
    readonly podSelector?: Selector;
    readonly policyTypes?: readonly ('Ingress' | 'Egress')[];
    readonly ingress?: readonly { readonly from?: readonly Peer[]; readonly ports?: readonly Port[] }[];
    readonly egress?: readonly { readonly to?: readonly Peer[]; readonly ports?: readonly Port[] }[];
  };
}

export interface Pod {
  readonly metadata: { readonly namespace: string; readonly labels?: Labels };
  readonly spec: {
    readonly hostNetwork?: boolean;
    readonly containers: readonly {
      readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
    }[];
  };
  readonly status?: { readonly podIP?: string; readonly phase?: string };
}

export interface World {
  readonly policies: readonly Policy[];
  readonly pods: readonly Pod[];
  /** Labels of each namespace. */
  readonly namespaces: Readonly<Record<string, Labels>>;
  /** What becomes of connections that were there before a policy: networks of real clusters do either. */
  readonly established: 'cut' | 'keep';
}

type Direction = 'Ingress' | 'Egress';

/** A table that takes the place of the one before at once. Each direction must allow a packet; what comes from the node itself is never asked. */
export function rulesOf(world: World): string {
  const replies = world.established === 'keep' ? 'ct state established,related return' : 'ct direction reply return';
  return `table inet policies
delete table inet policies
table inet policies {
chain into { ${replies}
${chainOf(world, 'Ingress').join('\n')}
}
chain out { ${replies}
${chainOf(world, 'Egress').join('\n')}
}
chain forward { type filter hook forward priority -10;
jump out
jump into
}
}
`;
}

function chainOf(world: World, direction: Direction): readonly string[] {
  const own = direction === 'Ingress' ? 'daddr' : 'saddr';
  return livePods(world).flatMap((pod) => {
    const policies = world.policies.filter((policy) => concerns(policy, pod, direction));
    if (policies.length === 0) return [];
    const mine = `ip ${own} ${addressOf(pod)}`;
    const allowed = policies.flatMap((policy) => allowances(world, policy, pod, direction));
    return [...allowed.map((condition) => `${mine} ${condition} return`), `${mine} drop`];
  });
}

function livePods({ pods }: World): readonly Pod[] {
  return pods.filter(
    ({ spec, status }) => status?.podIP && !spec.hostNetwork && !['Succeeded', 'Failed'].includes(status.phase ?? ''),
  );
}

function addressOf(pod: Pod): string {
  return pod.status?.podIP ?? '';
}

function concerns({ metadata, spec }: Policy, pod: Pod, direction: Direction): boolean {
  const types = spec.policyTypes ?? ['Ingress', ...(spec.egress ? ['Egress' as const] : [])];
  return (
    metadata.namespace === pod.metadata.namespace &&
    types.includes(direction) &&
    matches(spec.podSelector, pod.metadata.labels)
  );
}

function allowances(world: World, policy: Policy, pod: Pod, direction: Direction): readonly string[] {
  const rules =
    direction === 'Ingress'
      ? (policy.spec.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }))
      : (policy.spec.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }));
  return rules.flatMap(({ peers, ports }) => {
    const addresses =
      peers && peers.length > 0 ? peers.flatMap((peer) => fromPeer(world, policy, peer, direction)) : [''];
    const services = ports && ports.length > 0 ? ports.flatMap((port) => toPort(port, pod)) : [''];
    return addresses.flatMap((address) => services.map((service) => `${address} ${service}`));
  });
}

function fromPeer(world: World, policy: Policy, peer: Peer, direction: Direction): readonly string[] {
  const field = direction === 'Ingress' ? 'ip saddr' : 'ip daddr';
  if (peer.ipBlock) {
    const { cidr, except = [] } = peer.ipBlock;
    return [`${field} ${cidr}${except.length > 0 ? ` ${field} != { ${except.join(', ')} }` : ''}`];
  }
  const found = livePods(world).filter(({ metadata }) => {
    const near = peer.namespaceSelector
      ? matches(peer.namespaceSelector, world.namespaces[metadata.namespace])
      : metadata.namespace === policy.metadata.namespace;
    return near && matches(peer.podSelector, metadata.labels);
  });
  return found.length > 0 ? [`${field} { ${found.map(addressOf).join(', ')} }`] : [];
}

function toPort({ protocol = 'TCP', port, endPort }: Port, pod: Pod): readonly string[] {
  const layer = protocol.toLowerCase();
  if (port === undefined) return [`meta l4proto ${layer}`];
  if (typeof port === 'number') return [`${layer} dport ${port}${endPort === undefined ? '' : `-${endPort}`}`];
  const named = pod.spec.containers.flatMap(({ ports = [] }) => ports.filter(({ name }) => name === port));
  return named.map(({ containerPort }) => `${layer} dport ${containerPort}`);
}

function matches(selector: Selector | undefined, labels: Labels = {}): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  const equal = Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
  return equal && matchExpressions.every((expression) => holds(expression, labels));
}

function holds(
  { key, operator, values = [] }: NonNullable<Selector['matchExpressions']>[number],
  labels: Labels,
): boolean {
  const value = labels[key];
  if (operator === 'Exists') return value !== undefined;
  if (operator === 'DoesNotExist') return value === undefined;
  return (value !== undefined && values.includes(value)) === (operator === 'In');
}
