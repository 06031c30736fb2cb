import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Cluster,
  gateway,
  type Node,
  nodeAddress,
  nodeName,
  nodePods,
  nodesOf,
  serviceNetwork,
  WIRE,
} from './layout.ts';
import { run } from './run.ts';

/** The network inside: a bridge for each cluster, its nodes on it, and this namespace as the router between all of them and the host. */

const ip = (...args: readonly string[]): Promise<string> => run(['ip', ...args]);

/** Settings of the kernel for the namespace in which this is called. */
function setKernel(settings: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(settings)) writeFileSync(`/proc/sys/net/ipv4/${name}`, value);
}

export async function startRouter(): Promise<void> {
  await ip('link', 'set', 'lo', 'up');
  setKernel({
    ip_forward: '1',
    'conf/all/rp_filter': '0',
    'conf/default/rp_filter': '0',
    'conf/default/send_redirects': '0',
    'conf/all/send_redirects': '0',
  });
}

/** The host puts its end of the wire into this namespace as soon as that is there. */
export async function connectHost(): Promise<void> {
  while (!existsSync(`/proc/sys/net/ipv4/conf/${WIRE.inside}`)) await sleep(50);
  await ip('addr', 'add', `${WIRE.address}/30`, 'dev', WIRE.inside);
  await ip('link', 'set', WIRE.inside, 'up');
}

export async function startBridge(cluster: Cluster): Promise<void> {
  const bridge = `br-${cluster.number}`;
  await ip('link', 'add', bridge, 'type', 'bridge');
  await ip('addr', 'add', `${gateway(cluster)}/24`, 'dev', bridge);
  await ip('link', 'set', bridge, 'up');
  for (const node of nodesOf(cluster)) await connectNode(node, bridge);
  // Services are addresses that only kube-proxy knows: any node turns them into a pod's.
  const [first] = nodesOf(cluster);
  if (first) await ip('route', 'add', serviceNetwork(cluster), 'via', nodeAddress(first));
}

/** A namespace of the node's name, with one cable to the bridge. */
async function connectNode(node: Node, bridge: string): Promise<void> {
  const name = nodeName(node);
  const cable = `v${node.cluster.number}-${node.number}`;
  await ip('netns', 'add', name);
  await ip('link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
  await ip('link', 'set', cable, 'master', bridge, 'up');
  await ip('-n', name, 'link', 'set', 'lo', 'up');
  await ip('-n', name, 'addr', 'add', `${nodeAddress(node)}/24`, 'dev', 'eth0');
  await ip('-n', name, 'link', 'set', 'eth0', 'up');
  await ip('-n', name, 'route', 'add', 'default', 'via', gateway(node.cluster));
  // Without this a packet to a pod that is gone would go round between node and router.
  await ip('-n', name, 'route', 'add', 'blackhole', nodePods(node));
  for (const other of nodesOf(node.cluster)) {
    if (other.number !== node.number) await ip('-n', name, 'route', 'add', nodePods(other), 'via', nodeAddress(other));
  }
  await ip('route', 'add', nodePods(node), 'via', nodeAddress(node));
  const settings = ['ip_forward=1', 'conf.all.rp_filter=0', 'conf.default.rp_filter=0', 'conf.all.route_localnet=1'];
  await run(['ip', 'netns', 'exec', name, 'sysctl', '-qw', ...settings.map((setting) => `net.ipv4.${setting}`)]);
}
