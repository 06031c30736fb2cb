import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { clustersOf } from './kubeconfig.ts';

const CONFIG = `apiVersion: v1
kind: Config
clusters:
  - { name: a, cluster: { server: "https://10.0.0.1:6443" } }
  - { name: b, cluster: { server: "https://10.0.0.2:6443" } }
users: [{ name: u, user: { token: secret-token } }]
contexts:
  - { name: paris-cluster, context: { cluster: a, user: u } }
  - { name: london-cluster, context: { cluster: b, user: u } }
current-context: paris-cluster
`;

function written(text: string): void {
  const directory = mkdtempSync(join(tmpdir(), 'drill-kubeconfig-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  onTestFinished(() => void vi.unstubAllEnvs());
  const file = join(directory, 'config');
  writeFileSync(file, text);
  vi.stubEnv('KUBECONFIG', file);
}

const wanted = (...contexts: string[]) => contexts.map((context) => ({ context, namespace: 'bank' }));

test('each site has the context that it names, whatever the current one is', () => {
  written(CONFIG);
  const clusters = clustersOf(wanted('london-cluster', 'paris-cluster'));
  expect(clusters.map(({ context, config }) => [context, config.getCurrentCluster()?.server])).toEqual([
    ['london-cluster', 'https://10.0.0.2:6443'],
    ['paris-cluster', 'https://10.0.0.1:6443'],
  ]);
});

test('a context that is not there is named with those that are', () => {
  written(CONFIG);
  expect(() => clustersOf(wanted('londn-cluster'))).toThrow(
    expect.objectContaining({
      exitCode: 4,
      message: expect.stringContaining('no context "londn-cluster"'),
      hint: expect.stringContaining('it has paris-cluster, london-cluster'),
    }),
  );
});

test('a kubeconfig that is none is said to be none, without what is in it', () => {
  written('users: [{ token: secret-token }\n  - broken');
  const error = (() => {
    try {
      clustersOf(wanted('paris-cluster'));
    } catch (thrown) {
      return thrown as Error;
    }
    return null;
  })();
  expect(error?.message).toContain('the kubeconfig cannot be read');
  expect(error?.message).not.toContain('secret-token');
});
