import { createConnection } from 'node:net';
import type { Endpoint } from '../platform.ts';
import type { Cluster } from './cluster.ts';
import { CommandError, execInPod } from './pod-exec.ts';

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
    // Not that it could not be run, or that its shell found no such command.
    if (!(error instanceof CommandError) || [126, 127].includes(error.exitCodeOfCommand ?? 0)) return 'unknown';
    return /refused/i.test(error.message) ? 'refused' : 'lost';
  }
}

/** OPTIONS (opcode 5) of Cassandra's native protocol, version 4. */
const OPTIONS = Buffer.from([4, 0, 0, 0, 5, 0, 0, 0, 0]);

/** A connection to Cassandra that is there before a cut, to find out what becomes of it; null: there is none to be had. */
export async function openBefore({
  host,
  port,
}: Endpoint): Promise<{ answers(): Promise<boolean>; close(): void } | null> {
  const socket = createConnection({ host, port });
  const answers = (): Promise<boolean> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), KNOCK_MS);
      const end = (yes: boolean) => (): void => {
        clearTimeout(timer);
        resolve(yes);
      };
      socket.once('data', end(true));
      for (const event of ['error', 'close'] as const) socket.once(event, end(false));
      socket.write(OPTIONS);
    });
  socket.on('error', () => {});
  if (await answers()) return { answers, close: () => socket.destroy() };
  socket.destroy();
  return null;
}
