import { createConnection } from 'node:net';
import { messageOf } from '../../errors.ts';
import type { Endpoint } from '../platform.ts';
import type { Cluster } from './cluster.ts';
import { execInPod } from './pod-exec.ts';

/** How long an attempt to connect takes before it counts as lost. */
const KNOCK_MS = 1_000;

/** `connected`; `lost`: silence; `refused`; `unknown`: nobody could knock. */
export type Knocked = 'connected' | 'lost' | 'refused' | 'unknown';

/** Knocks from here. */
export function knockFromHere({ host, port }: Endpoint): Promise<Knocked> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port });
    const end = (how: Knocked): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(how);
    };
    const timer = setTimeout(() => end('lost'), KNOCK_MS);
    socket.once('connect', () => end('connected'));
    socket.once('error', ({ code }: NodeJS.ErrnoException) => end(code === 'ETIMEDOUT' ? 'lost' : 'refused'));
  });
}

/** Knocks from inside a pod, with a command of its container that succeeds when it connects: its host and port come after it. */
export async function knockFromPod(
  cluster: Cluster,
  from: { readonly pod: string; readonly container: string },
  command: readonly string[],
  { host, port }: Endpoint,
  signal: AbortSignal,
): Promise<Knocked> {
  try {
    await execInPod(cluster, from, [...command, host, String(port)], signal);
    return 'connected';
  } catch (error) {
    // Its own exit code, and not that the command could not be run.
    return /exit code|non-zero|timed out|refused/i.test(messageOf(error)) ? 'lost' : 'unknown';
  }
}
