import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { Cluster } from './cluster.ts';

interface Meta {
  name: string;
  namespace?: string;
  uid: string;
  resourceVersion: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: { kind: string; name: string }[];
  deletionTimestamp?: string;
}
export interface StoredObject {
  metadata: Meta;
  // biome-ignore lint/suspicious/noExplicitAny: objects of every kind, as JSON
  [key: string]: any;
}

/** What a test makes the server say instead of its answer; `cut`: nothing, and the connection ends. */
export type Answer =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly message?: string }
  | 'cut';

/**
 * An API server in memory for tests of what asks one: objects by path, merge patches, preconditions, label selectors, and a controller that makes and ends the
 * pods of StatefulSets at once. Everything is allowed but what `denied` says.
 */
export class FakeApiServer implements AsyncDisposable {
  /** `METHOD path`, in order. */
  readonly requests: string[] = [];
  readonly objects = new Map<string, StoredObject>();
  /** `verb resource`, such as `patch statefulsets`. */
  readonly denied = new Set<string>();
  /** Asked first of every request; null: the server answers as it does. */
  answer: (method: string, path: string) => Answer | null = () => null;
  /** Pods that are made are ready at once. */
  ready = true;
  private readonly server: Server;
  private version = 1;

  private constructor() {
    this.server = createServer((request, response) => void this.serve(request, response));
  }

  static async start(): Promise<FakeApiServer> {
    const fake = new FakeApiServer();
    await new Promise<void>((resolve) => fake.server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  cluster(context = 'paris', namespace = 'bank', againMs?: number): Cluster {
    const config = new KubeConfig();
    config.loadFromOptions({
      clusters: [{ name: context, server: this.url, skipTLSVerify: true }],
      users: [{ name: context, token: 'secret-token' }],
      contexts: [{ name: context, cluster: context, user: context }],
      currentContext: context,
    });
    return new Cluster(config, namespace, againMs);
  }

  /** Puts an object there, by its path such as `/api/v1/namespaces/bank/pods/a`. */
  put(path: string, object: Omit<StoredObject, 'metadata'> & { metadata?: Partial<Meta> }): StoredObject {
    const stored = { ...object, metadata: { ...this.meta(path), ...object.metadata } };
    this.objects.set(path, stored);
    this.control();
    return stored;
  }

  get(path: string): StoredObject | undefined {
    return this.objects.get(path);
  }

  /** What stands in a collection. */
  list(path: string): readonly StoredObject[] {
    return [...this.objects].filter(([key]) => key.startsWith(`${path}/`)).map(([, object]) => object);
  }

  /** A site as the platform file of the tests finds it. */
  graphSite(namespace = 'bank'): void {
    this.put(`/api/v1/namespaces/${namespace}`, { metadata: { labels: { 'drill.dev/chaos': 'allowed' } } });
    this.put('/api/v1/nodes/node1', {
      status: {
        conditions: [{ type: 'Ready', status: 'True' }],
        addresses: [{ type: 'InternalIP', address: '10.1.0.1' }],
      },
    });
    for (const [name, port, nodePort] of [['cassandra', 9042, 30942] as const, ['janusgraph', 8182, 30818] as const]) {
      this.put(`/apis/apps/v1/namespaces/${namespace}/statefulsets/${name}`, {
        metadata: { labels: { app: name } },
        spec: { replicas: 1, template: { spec: { containers: [{ name, image: `${name}:1` }] } } },
      });
      this.put(`/api/v1/namespaces/${namespace}/services/${name}`, {
        spec: { clusterIP: '10.2.0.1', ports: [{ port, nodePort }] },
      });
    }
  }

  private meta(path: string): Meta {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const [, namespace] = /\/namespaces\/([^/]+)\//.exec(path) ?? [];
    return {
      name,
      ...(namespace !== undefined && { namespace }),
      uid: `uid-${this.version}`,
      resourceVersion: String(this.version++),
    };
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = request;
    const { pathname, searchParams } = new URL(url, 'http://x');
    this.requests.push(`${method} ${pathname}`);
    let text = '';
    for await (const chunk of request) text += chunk;
    const other = this.answer(method, pathname);
    if (other === 'cut') {
      request.socket.destroy();
      return;
    }
    if (other !== null)
      return send(response, other.status, { kind: 'Status', message: other.message ?? '' }, other.headers);
    const [status, body] = this.handle(method, pathname, searchParams, text === '' ? {} : JSON.parse(text));
    send(response, status, body);
  }

  private handle(method: string, path: string, query: URLSearchParams, body: StoredObject): readonly [number, unknown] {
    if (path.startsWith('/version')) return [200, { gitVersion: 'v1.34.4', major: '1', minor: '34' }];
    if (path.endsWith('/selfsubjectaccessreviews')) {
      const { verb, resource, subresource } = body.spec.resourceAttributes;
      const what = `${verb} ${[resource, subresource].filter(Boolean).join('/')}`;
      return [201, { ...body, status: { allowed: !this.denied.has(what) } }];
    }
    if (method === 'POST') return this.create(`${path}/${body.metadata.name}`, body);
    const stored = this.objects.get(path);
    if (method === 'GET' && !stored && isCollection(path)) {
      const selector = query.get('labelSelector') ?? '';
      return [200, { items: this.list(path).filter((one) => matches(one, selector)) }];
    }
    if (!stored) return [404, { kind: 'Status', message: `${path} not found` }];
    if (method === 'PATCH') return this.patch(path, stored, body);
    if (method === 'DELETE') return this.remove(path, stored, body);
    return [200, stored];
  }

  private create(path: string, body: StoredObject): readonly [number, unknown] {
    if (this.objects.has(path)) return [409, { kind: 'Status', message: `${path} already exists` }];
    return [201, this.put(path, body)];
  }

  private patch(path: string, stored: StoredObject, body: StoredObject): readonly [number, unknown] {
    const wanted = body.metadata?.resourceVersion;
    if (wanted !== undefined && wanted !== stored.metadata.resourceVersion)
      return [409, { message: 'the object has been modified' }];
    const merged = merge(stored, body) as StoredObject;
    merged.metadata.resourceVersion = String(this.version++);
    this.objects.set(path, merged);
    this.control();
    return [200, merged];
  }

  private remove(path: string, stored: StoredObject, body: StoredObject): readonly [number, unknown] {
    const { uid, resourceVersion } = body.preconditions ?? {};
    const other =
      (uid !== undefined && uid !== stored.metadata.uid) ||
      (resourceVersion !== undefined && resourceVersion !== stored.metadata.resourceVersion);
    if (other) return [409, { message: 'the precondition does not hold' }];
    this.objects.delete(path);
    this.control();
    return [200, stored];
  }

  /** The controller of StatefulSets. */
  private control(): void {
    for (const [path, set] of this.objects) {
      if (!path.includes('/statefulsets/')) continue;
      const pods = path.replace('/apis/apps/v1', '/api/v1').replace(/statefulsets\/.*/, 'pods');
      const { name, labels } = set.metadata;
      for (let n = 0; n < 9; n += 1) {
        const pod = `${pods}/${name}-${n}`;
        if (n >= set.spec.replicas) this.objects.delete(pod);
        else if (!this.objects.has(pod)) this.objects.set(pod, this.podOf(pod, name, labels));
      }
    }
  }

  private podOf(path: string, set: string, labels: Record<string, string> = {}): StoredObject {
    return {
      metadata: { ...this.meta(path), labels, ownerReferences: [{ kind: 'StatefulSet', name: set }] },
      spec: { containers: [{ name: set }] },
      status: { conditions: [{ type: 'Ready', status: this.ready ? 'True' : 'False' }], containerStatuses: [] },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

function send(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

function isCollection(path: string): boolean {
  return /\/(pods|configmaps|services|statefulsets|leases|nodes|networkpolicies)$/.test(path);
}

function matches({ metadata: { labels = {} } }: StoredObject, selector: string): boolean {
  return selector.split(',').every((one) => {
    const [key = '', value] = one.split('=');
    return key === '' || labels[key] === value;
  });
}

/** RFC 7386. */
function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const merged: Record<string, unknown> = typeof target === 'object' && target !== null ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = merge(merged[key], value);
  }
  return merged;
}
