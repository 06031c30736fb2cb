import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { PlatformError } from '../../src/errors.ts';
import { WIRE } from './layout.ts';
import { logDirectory, outerPid, readyFile, state } from './places.ts';
import { run } from './run.ts';

const MAIN = fileURLToPath(new URL('./outer-main.ts', import.meta.url));
const START_MS = 240_000;

/** Everything that the clusters have of the kernel ends with the first process in here. */
const UNSHARE: readonly string[] = ['unshare', '--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
/** A shell as the first one: it buries the processes that their parents left. */
const FIRST: readonly string[] = ['sh', '-c', '"$@" & wait $!', 'sh'];

export interface Orders {
  readonly nodes: number;
  /** What a NetworkPolicy does to connections that are there: networks of real clusters do either. */
  readonly established: 'cut' | 'keep';
  /** Where the programs of Kubernetes are, and the images as containerd keeps them. */
  readonly bin: string;
  readonly store: string;
}

/** Starts the clusters apart from this process, and returns when every node is ready. */
export async function startOuter(orders: Orders, signal: AbortSignal): Promise<void> {
  mkdirSync(logDirectory(), { recursive: true, mode: 0o700 });
  const logFile = join(logDirectory(), 'outer.log');
  const log = openSync(logFile, 'a', 0o600);
  const inside = [process.execPath, MAIN, JSON.stringify(orders)];
  const [file, ...args] = [...UNSHARE, ...FIRST, ...inside] as [string, ...string[]];
  const child = spawn(file, args, { cwd: state(), detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  const died = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`it ended with exit code ${code}`)));
  });
  died.catch(() => {});
  child.unref();
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(START_MS)]);
    await Promise.race([died, connect(limit)]);
    await Promise.race([died, untilReady(limit)]);
  } catch (error) {
    child.kill('SIGKILL');
    const said = readFileSync(logFile, 'utf8').trim().split('\n').slice(-12).join('\n');
    throw new PlatformError(`the clusters did not start: ${said}`, {
      cause: error,
      hint: `the logs are in ${logDirectory()}`,
    });
  }
}

/** Lays the wire from the host to the namespace inside, and the ways through it. They go with that namespace. */
async function connect(signal: AbortSignal): Promise<void> {
  let first = innerPid();
  while (first === null) {
    await sleep(20, undefined, { signal });
    first = innerPid();
  }
  await run(['ip', 'link', 'add', WIRE.host, 'type', 'veth', 'peer', 'name', WIRE.inside, 'netns', String(first)]);
  await run(['ip', 'addr', 'add', `${WIRE.hostAddress}/30`, 'dev', WIRE.host]);
  await run(['ip', 'link', 'set', WIRE.host, 'up']);
  for (const network of ['172.30.0.0/16', '10.40.0.0/13', '10.88.0.0/13']) {
    await run(['ip', 'route', 'add', network, 'via', WIRE.address, 'dev', WIRE.host]);
  }
}

/** The first process inside, as the host sees it: only it is in the new network for sure. */
function innerPid(): number | null {
  const pid = outerPid();
  const children = `/proc/${pid}/task/${pid}/children`;
  const child = pid !== null && existsSync(children) ? readFileSync(children, 'utf8').trim().split(' ')[0] : '';
  return child ? Number(child) : null;
}

async function untilReady(signal: AbortSignal): Promise<void> {
  while (!existsSync(readyFile())) await sleep(100, undefined, { signal });
}
