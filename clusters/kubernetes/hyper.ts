import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf, PlatformError } from '../../src/errors.ts';
import { cache } from './places.ts';

const SOURCES = fileURLToPath(new URL('./go/', import.meta.url));
export const KUBERNETES = '1.34.4';
const COMPONENTS = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-proxy',
  'kubelet',
  'kubectl',
];

/** Without these the API server says that it is of no version, and kubectl does not believe it. */
const VERSION = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((place) =>
  [
    `gitVersion=v${KUBERNETES}`,
    'gitMajor=1',
    'gitMinor=34',
    'gitTreeState=clean',
    'gitCommit=0000000000000000000000000000000000000000',
    'buildDate=2026-01-01T00:00:00Z',
  ].map((value) => `-X ${place}.${value}`),
);

/** The directory with every component of Kubernetes as a program; null: not built yet. */
export function builtHyper(): string | null {
  const directory = hyperDirectory();
  return existsSync(directory) ? directory : null;
}

/** The same, built if need be: about six minutes of two cores for the first time. */
export function buildHyper(say: (line: string) => void): string {
  const built = builtHyper();
  if (built) return built;
  say(`building Kubernetes ${KUBERNETES} from its modules: about ten minutes for the first time`);
  const part = mkdtempSync(join(cache(), 'hyper-part-'));
  try {
    goBuild(['-ldflags', ['-s', '-w', ...VERSION].join(' '), '-o', join(part, 'hyper'), '.']);
    goBuild(['-ldflags', '-s -w', '-o', join(part, 'pause'), './pause']);
    for (const name of COMPONENTS) symlinkSync('hyper', join(part, name));
    renameSync(part, hyperDirectory());
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
  return hyperDirectory();
}

function hyperDirectory(): string {
  const hash = createHash('sha256').update(`${KUBERNETES} ${goVersion()}`);
  for (const file of ['go.mod', 'go.sum', 'main.go', 'pause/main.go']) hash.update(readFileSync(join(SOURCES, file)));
  return join(cache(), `hyper-${hash.digest('hex').slice(0, 16)}`);
}

function goVersion(): string {
  return go(['env', 'GOVERSION'], 'pipe').trim();
}

/** It takes its turn behind everything else: a machine that builds is still to be worked on. */
function goBuild(args: readonly string[]): void {
  go(['build', '-trimpath', ...args], 'inherit', ['nice', '-n', '10']);
}

function go(args: readonly string[], output: 'inherit' | 'pipe', before: readonly string[] = []): string {
  const [file, ...rest] = [...before, 'go', ...args] as [string, ...string[]];
  const env = { ...process.env, CGO_ENABLED: '0' };
  const ended = spawnSync(file, rest, { cwd: SOURCES, env, stdio: ['ignore', output, output] });
  if (ended.error || ended.status !== 0) {
    const why = ended.error ? messageOf(ended.error) : String(ended.stderr ?? '').trim() || `exit code ${ended.status}`;
    throw new PlatformError(`go ${args[0]}: ${why}`, { hint: 'install Go 1.24 or later (https://go.dev/dl)' });
  }
  return String(ended.stdout ?? '');
}
