/**
 * Enforces NetworkPolicies at every node, which the simple container network here does not: `node policies-main.ts NODES cut|keep`. It runs inside, beside the
 * clusters.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../src/errors.ts';
import { ApiClient } from './api-client.ts';
import { type Cluster, clustersOf, nodeName, nodesOf } from './layout.ts';
import { type Pod, type Policy, rulesOf, type World } from './policy-rules.ts';
import { run } from './run.ts';

const PATHS = {
  policies: '/apis/networking.k8s.io/v1/networkpolicies',
  pods: '/api/v1/pods',
  namespaces: '/api/v1/namespaces',
} as const;
/** Several changes come at once; a pod's address is to be known soon after it has one. */
const GATHER_MS = 100;
const AGAIN_MS = 1_000;

const [, , nodes = '1', established = 'cut'] = process.argv;

class Enforcer {
  private readonly cluster: Cluster;
  private readonly api: ApiClient;
  private isDirty = true;
  private inForce = '';

  constructor(cluster: Cluster) {
    this.cluster = cluster;
    this.api = new ApiClient(cluster);
  }

  async run(): Promise<never> {
    for (const path of Object.values(PATHS)) void this.listen(path);
    for (;;) {
      if (this.isDirty) await this.enforce();
      await sleep(GATHER_MS);
    }
  }

  private async listen(path: string): Promise<never> {
    for (;;) {
      const changed = (): void => {
        this.isDirty = true;
      };
      await this.api.watch(path, changed).catch(say);
      await sleep(AGAIN_MS);
    }
  }

  private async enforce(): Promise<void> {
    this.isDirty = false;
    try {
      const rules = rulesOf(await this.world());
      if (rules === this.inForce) return;
      for (const node of nodesOf(this.cluster)) {
        await run(['nsenter', `--net=/run/netns/${nodeName(node)}`, 'nft', '-f', '-'], { stdin: rules });
      }
      this.inForce = rules;
    } catch (error) {
      say(error);
      this.isDirty = true;
      await sleep(AGAIN_MS);
    }
  }

  private async world(): Promise<World> {
    type Namespace = { readonly metadata: { readonly name: string; readonly labels?: Record<string, string> } };
    const [policies, pods, namespaces] = await Promise.all([
      this.api.list<Policy>(PATHS.policies),
      this.api.list<Pod>(PATHS.pods),
      this.api.list<Namespace>(PATHS.namespaces),
    ]);
    const labels = namespaces.map(({ metadata }) => [metadata.name, metadata.labels ?? {}] as const);
    return {
      policies,
      pods,
      namespaces: Object.fromEntries(labels),
      established: established === 'keep' ? 'keep' : 'cut',
    };
  }
}

function say(problem: unknown): void {
  process.stderr.write(`${new Date().toISOString()} ${messageOf(problem)}\n`);
}

await Promise.all(clustersOf(Number(nodes)).map((cluster) => new Enforcer(cluster).run()));
