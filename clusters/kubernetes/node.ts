import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Authority } from './certificates.ts';
import { makeGroups } from './control-groups.ts';
import { keepRunning } from './daemons.ts';
import { copyStore, untilAnswering } from './image-store.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { apiServer, type Node, nodeAddress, nodeName, nodePods, podNetwork } from './layout.ts';
import { PAUSE } from './pause-image.ts';
import { GROUP, nodeDirectory, OWN_OF_NODE } from './places.ts';
import { cniHome } from './requirements.ts';

/** The socket of a node's containerd, from outside of the node. */
export function containerdSocket(node: string): string {
  return join(nodeDirectory(node), 'run/containerd/containerd.sock');
}

/** One machine of a cluster: a network and a view of the disk of its own, with containerd, kubelet and kube-proxy in it. */
export class Machine {
  private readonly node: Node;
  private readonly name: string;
  private readonly directory: string;
  private readonly bin: string;
  private enter: readonly string[] = [];

  constructor(node: Node, bin: string) {
    this.node = node;
    this.bin = bin;
    this.name = nodeName(node);
    this.directory = nodeDirectory(this.name);
  }

  /** Everything that needs no API server: the machine, and containerd with the images of a store. Its network is there. */
  async boot(store: string): Promise<void> {
    for (const part of Object.values(OWN_OF_NODE)) mkdirSync(join(this.directory, part), { recursive: true });
    mkdirSync(join(this.directory, 'volumes'), { recursive: true });
    copyStore(store, join(this.directory, OWN_OF_NODE['/var/lib'], 'containerd'));
    makeGroups(this.name);
    this.enter = await this.holdView();
    this.writeContainerNetwork();
    const config = this.file('containerd.toml', this.containerdConfig());
    this.keep('containerd', ['containerd', '-c', config]);
    await untilAnswering(containerdSocket(this.name));
  }

  async join(authority: Authority): Promise<void> {
    const [identity, proxy] = await Promise.all([
      authority.issue(`node-${this.name}`, {
        name: `system:node:${this.name}`,
        group: 'system:nodes',
        addresses: [`IP:${nodeAddress(this.node)}`, `DNS:${this.name}`],
      }),
      authority.issue(`proxy-${this.name}`, { name: 'system:kube-proxy' }),
    ]);
    const access = { name: this.name, server: apiServer(this.node.cluster), authority: authority.certificate };
    const kubeconfig = join(this.directory, 'kubelet.kubeconfig');
    writeKubeconfig(kubeconfig, [{ ...access, user: identity }]);
    writeKubeconfig(join(this.directory, 'proxy.kubeconfig'), [{ ...access, user: proxy }]);
    const config = this.file('kubelet.yaml', this.kubeletConfig(authority, identity));
    this.keep('kubelet', [
      join(this.bin, 'kubelet'),
      `--config=${config}`,
      `--kubeconfig=${kubeconfig}`,
      `--hostname-override=${this.name}`,
      `--node-ip=${nodeAddress(this.node)}`,
      `--node-labels=topology.kubernetes.io/region=${this.node.cluster.name},topology.kubernetes.io/zone=z${this.node.number}`,
    ]);
    this.keep('kube-proxy', [
      join(this.bin, 'kube-proxy'),
      `--kubeconfig=${join(this.directory, 'proxy.kubeconfig')}`,
      `--hostname-override=${this.name}`,
      '--proxy-mode=iptables',
      `--cluster-cidr=${podNetwork(this.node.cluster)}`,
      // The table of connections is the whole machine's, and not ours to size.
      '--conntrack-max-per-core=0',
    ]);
  }

  private keep(program: string, argv: readonly string[]): void {
    keepRunning(`${this.name}-${program}`, [...this.enter, ...argv]);
  }

  /** A process that does nothing but keep the node's view of the disk; the words before a command that make it see that view. */
  private async holdView(): Promise<readonly string[]> {
    const mounts = Object.entries(OWN_OF_NODE).map(
      ([place, part]) => `mount --bind ${join(this.directory, part)} ${place}`,
    );
    // Volumes that the kubelet mounts are to be seen by containers.
    const script = ['set -e', ...mounts, 'mount --make-rshared /', 'echo up', 'exec sleep infinity'].join('\n');
    const holder = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise<void>((resolve, reject) => {
      holder.stdout.once('data', () => resolve());
      holder.once('error', reject);
      holder.once('exit', () => reject(new Error(`${this.name}: its view of the disk could not be made`)));
    });
    return ['nsenter', `--net=/run/netns/${this.name}`, `--mount=/proc/${holder.pid}/ns/mnt`, '--'];
  }

  private file(name: string, text: string): string {
    const path = join(this.directory, name);
    writeFileSync(path, text);
    return path;
  }

  private writeContainerNetwork(): void {
    const directory = join(this.directory, 'cni');
    mkdirSync(directory, { recursive: true });
    const plugins = [
      {
        type: 'ptp',
        ipMasq: false,
        ipam: { type: 'host-local', ranges: [[{ subnet: nodePods(this.node) }]], routes: [{ dst: '0.0.0.0/0' }] },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ];
    const network = { cniVersion: '1.0.0', name: this.node.cluster.name, plugins };
    writeFileSync(join(directory, '10-pods.conflist'), JSON.stringify(network));
  }

  private containerdConfig(): string {
    return `version = 2
[plugins."io.containerd.internal.v1.opt"]
  path = "/var/lib/containerd-opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE}"
  # Not every machine lets its root lower these, or has huge pages.
  restrict_oom_score_adj = true
  tolerate_missing_hugetlb_controller = true
  disable_hugetlb_controller = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${cniHome()}"
    conf_dir = "${join(this.directory, 'cni')}"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    default_runtime_name = "runc"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
`;
  }

  private kubeletConfig(authority: Authority, identity: { certificate: string; key: string }): string {
    return stringify({
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      kind: 'KubeletConfiguration',
      authentication: {
        anonymous: { enabled: false },
        webhook: { enabled: true },
        x509: { clientCAFile: authority.certificate },
      },
      authorization: { mode: 'Webhook' },
      tlsCertFile: identity.certificate,
      tlsPrivateKeyFile: identity.key,
      cgroupDriver: 'cgroupfs',
      cgroupRoot: `/${GROUP}/${this.name}`,
      containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
      failSwapOn: false,
      failCgroupV1: false,
      // No more than what a root that may not raise its limits can have.
      maxOpenFiles: 20_000,
      oomScoreAdj: 0,
      // There is no name server: pods have addresses.
      resolvConf: '',
      // The disk is the whole machine's: how full it is says nothing of the node.
      evictionHard: {
        'memory.available': '1Mi',
        'nodefs.available': '0%',
        'imagefs.available': '0%',
        'nodefs.inodesFree': '0%',
      },
      imageGCHighThresholdPercent: 100,
      nodeStatusUpdateFrequency: '4s',
      nodeLeaseDurationSeconds: 10,
    });
  }
}
