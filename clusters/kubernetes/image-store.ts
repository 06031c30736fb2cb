import { spawn } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PlatformError } from '../../src/errors.ts';
import { short } from './image.ts';
import { cache } from './places.ts';
import { pathOf } from './requirements.ts';
import { run } from './run.ts';

const START_MS = 20_000;
/** Of containerd, for the images that Kubernetes sees. */
const IMAGES = ['-n', 'k8s.io', 'images'];

/**
 * containerd's own directory with these images unpacked, as every node starts with it. Made once: a node gets a copy in which all that never changes is the
 * same file, so that three clusters read and cache each jar once. `base`: a store to which these are added.
 */
export async function imageStore(
  archives: readonly string[],
  say: (line: string) => void,
  base: string | null = null,
): Promise<string> {
  const store = join(cache(), `store-${short(JSON.stringify([base, archives]))}`);
  if (existsSync(store)) return store;
  say('unpacking the images');
  const part = mkdtempSync(join(cache(), 'store-part-'));
  try {
    if (base !== null) copyStore(base, join(part, 'root'));
    await withContainerd(part, async (socket) => {
      for (const archive of archives) await importImage(socket, archive);
    });
    rmSync(join(part, 'work'), { recursive: true, force: true });
    renameSync(join(part, 'root'), store);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
  return store;
}

/** Gives the containerd at a socket an image; pods that start from now on use it. */
export async function importImage(socket: string, archive: string): Promise<void> {
  await run(['ctr', '-a', socket, ...IMAGES, 'import', archive], { timeout: 300_000 });
}

/** Layers and blobs are never written to again, and are shared; databases of containerd are its own. */
export function copyStore(store: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(store, { withFileTypes: true })) {
    const [from, target] = [join(store, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyStore(from, target);
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(from), target);
    else if (entry.name.endsWith('.db')) copyFileSync(from, target);
    else linkSync(from, target);
  }
}

async function withContainerd(directory: string, work: (socket: string) => Promise<void>): Promise<void> {
  const socket = join(directory, 'work/containerd.sock');
  mkdirSync(join(directory, 'work'), { recursive: true });
  const config = join(directory, 'work/config.toml');
  writeFileSync(
    config,
    [
      'version = 2',
      `root = "${join(directory, 'root')}"`,
      `state = "${join(directory, 'work/state')}"`,
      'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
      '[grpc]',
      `  address = "${socket}"`,
      '[plugins."io.containerd.internal.v1.opt"]',
      `  path = "${join(directory, 'work/opt')}"`,
      '',
    ].join('\n'),
  );
  const log = openSync(join(directory, 'work/log'), 'w');
  const child = spawn(pathOf('containerd') ?? 'containerd', ['-c', config], { stdio: ['ignore', log, log] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.once('error', () => {});
  closeSync(log);
  try {
    await untilAnswering(socket);
    await work(socket);
  } finally {
    child.kill();
    await ended;
  }
}

/** Resolves when the containerd at a socket answers. */
export async function untilAnswering(socket: string): Promise<void> {
  const limit = Date.now() + START_MS;
  for (;;) {
    try {
      return void (await run(['ctr', '-a', socket, 'version'], { timeout: 5_000 }));
    } catch (error) {
      if (Date.now() > limit) throw new PlatformError(`containerd does not answer at ${socket}`, { cause: error });
    }
    await sleep(100);
  }
}
