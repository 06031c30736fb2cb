import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PlatformError } from '../../src/errors.ts';
import { cacheDirectory, stateDirectory } from '../../src/platform/local/paths.ts';

/** What can be made again: the binaries, the images. */
export function cache(): string {
  const directory = join(cacheDirectory(), 'kubernetes');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return directory;
}

/** Of the clusters that are up: certificates, logs, data. It goes with them. */
export function state(): string {
  return join(stateDirectory(), 'kubernetes');
}

export function kubeconfigFile(): string {
  return join(state(), 'kubeconfig');
}

export function clusterDirectory(cluster: string): string {
  return join(state(), cluster);
}

/** A node's own disk: its /run, /var/lib and /var/log, its configuration, its volumes. */
export function nodeDirectory(node: string): string {
  return join(state(), 'nodes', node);
}

/** Where a volume of a node is, seen from it and from here. */
export function volumeDirectory(node: string, volume: string): string {
  return join(nodeDirectory(node), 'volumes', volume);
}

/** What the process inside says, and the daemons that it starts. */
export function logDirectory(): string {
  return join(state(), 'log');
}

/** Written when every node of every cluster is ready. */
export function readyFile(): string {
  return join(state(), 'ready.json');
}

/** In each hierarchy of the control groups, everything of ours is under this. */
export const GROUP = 'drill-kubernetes';

const PROCESSES = '/proc';

/** The process that keeps the clusters, as the host sees it; null: there is none. A machine can have one only: the addresses are the machine's. */
export function outerPid(): number | null {
  const found = readdirSync(PROCESSES).find((name) => /^\d+$/.test(name) && isOuter(name));
  return found === undefined ? null : Number(found);
}

function isOuter(pid: string): boolean {
  try {
    const [program, ...args] = readFileSync(join(PROCESSES, pid, 'cmdline'), 'utf8').split('\0');
    return program === 'unshare' && args.some((arg) => arg.endsWith('/clusters/kubernetes/outer-main.ts'));
  } catch {
    // It ended in the meantime.
    return false;
  }
}

/** What a node has of its own instead of this machine's: each is a directory of the node's disk. */
export const OWN_OF_NODE = { '/run': 'run', '/var/lib': 'var-lib', '/var/log': 'var-log' } as const;

/** A PlatformError where the clusters could not see what they need: inside, these places are others. */
export function requireVisible(): void {
  for (const place of [state(), cache()]) {
    const hidden = Object.keys(OWN_OF_NODE).find((own) => place.startsWith(`${own}/`));
    if (hidden === undefined) continue;
    throw new PlatformError(`${place} is under ${hidden}, which every node has of its own`, {
      hint: 'set DRILL_STATE and DRILL_CACHE to other directories, such as /var/tmp/drill',
    });
  }
}
