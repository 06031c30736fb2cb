import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PlatformError } from '../../src/errors.ts';
import { Authority, type KeyPair } from './certificates.ts';
import { keepRunning } from './daemons.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { API_PORT, apiServer, type Cluster, gateway, podNetwork, serviceAddress, serviceNetwork } from './layout.ts';
import { clusterDirectory } from './places.ts';
import { run } from './run.ts';

const READY_MS = 120_000;
/** Of what only this machine's root talks to: at a loopback address of each cluster. */
const PORTS = { etcd: 2379, etcdPeer: 2380, controllers: 10_257, scheduler: 10_259 } as const;

export interface ControlPlane {
  readonly cluster: Cluster;
  readonly authority: Authority;
  /** A member of system:masters. */
  readonly admin: KeyPair;
}

/** Starts the API server of a cluster with its store and its controllers, and returns when it is ready. `bin`: where the programs are. */
export async function startControlPlane(cluster: Cluster, bin: string): Promise<ControlPlane> {
  const plane = await new Starter(cluster, bin).start();
  await untilReady(plane, bin);
  return plane;
}

class Starter {
  private readonly cluster: Cluster;
  private readonly bin: string;
  private readonly directory: string;

  constructor(cluster: Cluster, bin: string) {
    this.cluster = cluster;
    this.bin = bin;
    this.directory = clusterDirectory(cluster.name);
  }

  async start(): Promise<ControlPlane> {
    this.etcd();
    const { cluster } = this;
    const authority = await Authority.make(join(this.directory, 'pki'), `${cluster.name}-ca`);
    const addresses = [
      ...['127.0.0.1', gateway(cluster), serviceAddress(cluster, 'kubernetes')].map((address) => `IP:${address}`),
      ...['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'].map((name) => `DNS:${name}`),
    ];
    const [server, kubelets, proxy, admin, accounts] = await Promise.all([
      authority.issue('apiserver', { name: 'kube-apiserver', addresses }),
      authority.issue('to-kubelets', { name: 'apiserver-kubelet-client', group: 'system:masters' }),
      authority.issue('front-proxy', { name: 'front-proxy-client' }),
      authority.issue('admin', { name: 'admin', group: 'system:masters' }),
      authority.keys('service-accounts'),
      this.user(authority, 'kube-controller-manager'),
      this.user(authority, 'kube-scheduler'),
    ]);
    this.apiServer(authority, { server, kubelets, proxy, accounts });
    const plane = { cluster, authority, admin };
    writeKubeconfig(join(this.directory, 'admin.kubeconfig'), [access(plane)]);
    await untilAnswering(plane, this.bin);
    this.controllers(authority, accounts.private);
    this.scheduler();
    return plane;
  }

  private async user(authority: Authority, name: string): Promise<void> {
    const user = await authority.issue(name, { name: `system:${name}` });
    const server = apiServer(this.cluster);
    writeKubeconfig(this.kubeconfig(name), [{ name, server, authority: authority.certificate, user }]);
  }

  private kubeconfig(name: string): string {
    return join(this.directory, `${name}.kubeconfig`);
  }

  private keep(component: string, options: Readonly<Record<string, string | number | boolean>>): void {
    const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
    keepRunning(`${this.cluster.name}-${component}`, [join(this.bin, component), ...args]);
  }

  private etcd(): void {
    const clients = `http://${loopback(this.cluster)}:${PORTS.etcd}`;
    const peers = `http://${loopback(this.cluster)}:${PORTS.etcdPeer}`;
    this.keep('etcd', {
      name: this.cluster.name,
      'data-dir': join(this.directory, 'etcd'),
      'listen-client-urls': clients,
      'advertise-client-urls': clients,
      'listen-peer-urls': peers,
      'initial-advertise-peer-urls': peers,
      'initial-cluster': `${this.cluster.name}=${peers}`,
      // The cluster goes with its machine, so that nothing is gained by waiting for the disk.
      'unsafe-no-fsync': true,
    });
  }

  private apiServer(
    authority: Authority,
    {
      server,
      kubelets,
      proxy,
      accounts,
    }: { server: KeyPair; kubelets: KeyPair; proxy: KeyPair; accounts: { private: string; public: string } },
  ): void {
    this.keep('kube-apiserver', {
      'etcd-servers': `http://${loopback(this.cluster)}:${PORTS.etcd}`,
      'bind-address': gateway(this.cluster),
      'advertise-address': gateway(this.cluster),
      'secure-port': API_PORT,
      'tls-cert-file': server.certificate,
      'tls-private-key-file': server.key,
      'client-ca-file': authority.certificate,
      'service-account-key-file': accounts.public,
      'service-account-signing-key-file': accounts.private,
      'service-account-issuer': 'https://kubernetes.default.svc',
      'authorization-mode': 'Node,RBAC',
      'enable-admission-plugins': 'NodeRestriction',
      'service-cluster-ip-range': serviceNetwork(this.cluster),
      'kubelet-certificate-authority': authority.certificate,
      'kubelet-client-certificate': kubelets.certificate,
      'kubelet-client-key': kubelets.key,
      'kubelet-preferred-address-types': 'InternalIP',
      'requestheader-client-ca-file': authority.certificate,
      'requestheader-allowed-names': 'front-proxy-client',
      'requestheader-username-headers': 'X-Remote-User',
      'requestheader-group-headers': 'X-Remote-Group',
      'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
      'proxy-client-cert-file': proxy.certificate,
      'proxy-client-key-file': proxy.key,
      'allow-privileged': true,
      profiling: false,
    });
  }

  private controllers(authority: Authority, accountKey: string): void {
    const kubeconfig = this.kubeconfig('kube-controller-manager');
    this.keep('kube-controller-manager', {
      kubeconfig,
      'authentication-kubeconfig': kubeconfig,
      'authorization-kubeconfig': kubeconfig,
      'service-account-private-key-file': accountKey,
      'root-ca-file': authority.certificate,
      'cluster-signing-cert-file': authority.certificate,
      'cluster-signing-key-file': authority.key,
      'use-service-account-credentials': true,
      'leader-elect': false,
      'bind-address': loopback(this.cluster),
      'secure-port': PORTS.controllers,
      'allocate-node-cidrs': false,
      'cluster-cidr': podNetwork(this.cluster),
      'service-cluster-ip-range': serviceNetwork(this.cluster),
      // A node that says nothing is given up in 12 s instead of 50 s: a trial takes a minute less.
      'node-monitor-grace-period': '12s',
      'node-monitor-period': '2s',
    });
  }

  private scheduler(): void {
    const kubeconfig = this.kubeconfig('kube-scheduler');
    this.keep('kube-scheduler', {
      kubeconfig,
      'authentication-kubeconfig': kubeconfig,
      'authorization-kubeconfig': kubeconfig,
      'leader-elect': false,
      'bind-address': loopback(this.cluster),
      'secure-port': PORTS.scheduler,
    });
  }
}

function loopback({ number }: Cluster): string {
  return `127.0.0.${number}`;
}

export function access({ cluster, authority, admin }: ControlPlane): Parameters<typeof writeKubeconfig>[1][number] {
  return { name: cluster.name, server: apiServer(cluster), authority: authority.certificate, user: admin };
}

/** Asks the cluster something as its administrator. */
export function kubectl({ cluster }: ControlPlane, bin: string, args: readonly string[]): Promise<string> {
  const kubeconfig = join(clusterDirectory(cluster.name), 'admin.kubeconfig');
  return run([join(bin, 'kubectl'), '--kubeconfig', kubeconfig, '--request-timeout', '10s', ...args]);
}

/** The controllers must not be started before: they would give up. */
async function untilAnswering(plane: ControlPlane, bin: string): Promise<void> {
  await eventually(`the API server of ${plane.cluster.name}`, async () => {
    await kubectl(plane, bin, ['get', '--raw', '/readyz']);
  });
}

/** Pods can be made as soon as there is an account that they run as. */
async function untilReady(plane: ControlPlane, bin: string): Promise<void> {
  await eventually(`the controllers of ${plane.cluster.name}`, async () => {
    await kubectl(plane, bin, ['-n', 'default', 'get', 'serviceaccount', 'default']);
  });
}

/** Resolves when `work` does not throw any more. */
export async function eventually(what: string, work: () => Promise<void>): Promise<void> {
  const limit = Date.now() + READY_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > limit) throw new PlatformError(`${what} did not become ready`, { cause: error });
    }
    await sleep(250);
  }
}
