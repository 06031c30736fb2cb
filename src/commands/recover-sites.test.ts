import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { FakeApiServer } from '../platform/kubernetes/testing-api-server.ts';
import { recoverCommand } from './platform.ts';

const SET = '/apis/apps/v1/namespaces/bank/statefulsets/cassandra';
const FAULTS = '/api/v1/namespaces/bank/configmaps';

/** Sites with a cluster of their own, and the platform file that names them. */
async function platformOf(...names: string[]): Promise<{ file: string; servers: readonly FakeApiServer[] }> {
  const directory = mkdtempSync(join(tmpdir(), 'drill-recover-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const servers = await Promise.all(
    names.map(async () => {
      const server = await FakeApiServer.start();
      onTestFinished(() => server[Symbol.asyncDispose]());
      server.graphSite();
      return server;
    }),
  );
  const list = (of: (name: string, index: number) => object): object[] => names.map(of);
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: list((name, index) => ({
      name,
      cluster: { server: servers[index]?.url, 'insecure-skip-tls-verify': true },
    })),
    users: [{ name: 'u', user: { token: 't' } }],
    contexts: list((name) => ({ name, context: { cluster: name, user: 'u' } })),
  };
  writeFileSync(join(directory, 'kubeconfig'), JSON.stringify(kubeconfig));
  vi.stubEnv('KUBECONFIG', join(directory, 'kubeconfig'));
  onTestFinished(() => void vi.unstubAllEnvs());
  const component = (app: string, port: number): object => ({ selector: `app=${app}`, service: app, port });
  const file = join(directory, 'platform.yaml');
  writeFileSync(
    file,
    JSON.stringify({
      platform: 'kubernetes',
      environment: 'laboratory',
      replicationFactor: 1,
      components: { cassandra: component('cassandra', 9042), janusgraph: component('janusgraph', 8182) },
      sites: list((name) => ({ name, datacenter: `${name}-dc`, context: name, namespace: 'bank' })),
    }),
  );
  return { file, servers };
}

/** What a run left that died: a fault in force, and its StatefulSet at zero. */
function leave(server: FakeApiServer, site: string): void {
  const undo = { kind: 'processes', params: { site, components: ['cassandra'] } };
  const workloads = [{ name: 'cassandra', replicas: 1 }];
  const fault = { fault: 'loss', run: 'dead', ttlMs: 10_000, steps: [{ kind: 'processes', undo, workloads }] };
  server.put(`${FAULTS}/drill-fault-loss`, {
    metadata: { labels: { 'app.kubernetes.io/managed-by': 'drill', 'drill.dev/object': 'fault' } },
    data: { fault: JSON.stringify(fault), renewal: '' },
  });
  server.put(SET, { metadata: { labels: { app: 'cassandra' } }, spec: { replicas: 0 } });
}

async function recover(file: string): Promise<{ code: number; said: string }> {
  const lines: string[] = [];
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
  try {
    return { code: await recoverCommand({ force: false, platform: file }), said: lines.join('') };
  } finally {
    out.mockRestore();
  }
}

test('each site is healed whatever becomes of the others, also one that is not opted in any more', async () => {
  const { file, servers } = await platformOf('paris', 'london');
  const [paris, london] = servers as [FakeApiServer, FakeApiServer];
  leave(paris, 'paris');
  paris.put('/api/v1/namespaces/bank', { metadata: { labels: {} } });
  london.answer = () => ({ status: 401 });
  const { code, said } = await recover(file);
  expect(code).toBe(5);
  expect(said).toContain('paris: undoing loss of run dead');
  expect(said).toContain('london: not looked at: Lease drill-run (context london): the API server answers 401');
  expect(paris.get(SET)?.spec.replicas).toBe(1);
  expect(paris.list(FAULTS)).toEqual([]);
  london.answer = () => null;
  expect((await recover(file)).said).toContain('nothing is in force; every component is ready');
});

test('a site whose context this machine does not have keeps no other from being healed', async () => {
  const { file, servers } = await platformOf('paris', 'london');
  const [paris] = servers as [FakeApiServer, FakeApiServer];
  leave(paris, 'paris');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"context":"london"', '"context":"elsewhere"'));
  const { code, said } = await recover(file);
  expect(code).toBe(5);
  expect(said).toContain('london: not looked at: the kubeconfig has no context "elsewhere"');
  expect(paris.list(FAULTS)).toEqual([]);
});
