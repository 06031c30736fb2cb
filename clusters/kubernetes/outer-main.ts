/**
 * Runs inside the namespaces that hold all clusters, and keeps everything in them going: `node outer-main.ts ORDERS`. When its outer process is killed,
 * every process, mount and network of the clusters is gone.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { access, type ControlPlane, eventually, kubectl, startControlPlane } from './control-plane.ts';
import { keepRunning } from './daemons.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { type Cluster, clustersOf, nodesOf } from './layout.ts';
import { connectHost, startBridge, startRouter } from './network.ts';
import { Machine } from './node.ts';
import type { Orders } from './outer.ts';
import { kubeconfigFile, readyFile, state } from './places.ts';
import { run } from './run.ts';

/** What the kubelet would set for the whole machine. It writes to files of ours instead. */
const MACHINE_WIDE = [
  'vm/overcommit_memory',
  'vm/panic_on_oom',
  'kernel/panic',
  'kernel/panic_on_oops',
  'kernel/keys/root_maxkeys',
  'kernel/keys/root_maxbytes',
];

const POLICIES = fileURLToPath(new URL('./policies-main.ts', import.meta.url));

const orders = JSON.parse(process.argv[2] ?? '') as Orders;

async function hideMachine(): Promise<void> {
  await run(['mount', '--make-rshared', '/']);
  await run(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'run', '/run']);
  for (const name of MACHINE_WIDE) {
    const file = join(state(), 'kernel', name);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, readFileSync(`/proc/sys/${name}`));
    await run(['mount', '--bind', file, `/proc/sys/${name}`]);
  }
}

async function startCluster(cluster: Cluster): Promise<ControlPlane> {
  await startBridge(cluster);
  const machines = nodesOf(cluster).map((node) => new Machine(node, orders.bin));
  const [plane] = await Promise.all([
    startControlPlane(cluster, orders.bin),
    ...machines.map((machine) => machine.boot(orders.store)),
  ]);
  await Promise.all(machines.map((machine) => machine.join(plane.authority)));
  await eventually(`the nodes of ${cluster.name}`, async () => {
    const said = await kubectl(plane, orders.bin, ['get', 'nodes', '--no-headers']);
    if (said.split('\n').filter((line) => / Ready /.test(line)).length < cluster.nodes) throw new Error(said);
  });
  return plane;
}

await hideMachine();
await startRouter();
const [planes] = await Promise.all([Promise.all(clustersOf(orders.nodes).map(startCluster)), connectHost()]);
keepRunning('policies', [process.execPath, POLICIES, String(orders.nodes), orders.established]);
writeKubeconfig(kubeconfigFile(), planes.map(access));
writeFileSync(readyFile(), JSON.stringify(orders));
