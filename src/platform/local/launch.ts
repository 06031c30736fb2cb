import { spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { PlatformError } from '../../errors.ts';
import { outerPid } from './outer-process.ts';
import { lockFile, logFile, programPath, stateDirectory } from './paths.ts';
import { RpcClient } from './rpc.ts';
import type { SupervisorOrders } from './supervisor.ts';
import type { SupervisorMethods } from './supervisor-methods.ts';

const SUPERVISOR = fileURLToPath(new URL('./supervisor.ts', import.meta.url));
const START_MS = 240_000;

/** The namespaces of the platform: made as the user that calls, root inside, gone with their first process. */
export const UNSHARE = [
  'unshare',
  '--user',
  '--map-root-user',
  '--net',
  '--mount',
  '--pid',
  '--fork',
  '--kill-child',
  '--mount-proc',
] as const;

/** The exit code by which `flock` says that another holds the lock. */
const IN_USE = 75;

export function isUp(): PlatformError {
  return new PlatformError('a platform of this user is up already, or starting', {
    hint: 'npm run drill -- platform down',
  });
}

export const DOCTOR = { hint: 'npm run doctor -- --fix' } as const;

/** Starts the supervisor apart from this process and connects to it. */
export async function launch(
  orders: Omit<SupervisorOrders, 'outerPid'>,
  signal: AbortSignal,
): Promise<RpcClient<SupervisorMethods>> {
  const state = stateDirectory();
  const log = openSync(logFile(state), 'a', 0o600);
  const said = fstatSync(log).size;
  const lock = ['--wait', '5', '--conflict-exit-code', String(IN_USE), '--no-fork', lockFile(state)];
  const child = spawn('flock', [...lock, ...UNSHARE, '--', process.execPath, SUPERVISOR], {
    cwd: state,
    detached: true,
    stdio: ['pipe', log, log],
    env: { ...process.env, PATH: programPath(process.env) },
  });
  const died = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(code === IN_USE ? isUp() : new Error(`it ended with exit code ${code}`)));
  });
  died.catch(() => {});
  child.stdin?.on('error', () => {});
  child.stdin?.end(JSON.stringify({ ...orders, outerPid: child.pid }));
  child.unref();
  closeSync(log);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(START_MS)]);
  const connected = (async () => {
    for (;;) {
      limit.throwIfAborted();
      const rpc = await RpcClient.connect<SupervisorMethods>(orders.socket);
      // Another's, which was faster: ours waits for the lock, and will say so.
      if (rpc && outerPid() === child.pid) return rpc;
      rpc?.close();
      await sleep(30);
    }
  })();
  connected.catch(() => {});
  try {
    return await Promise.race([connected, died]);
  } catch (error) {
    if (error instanceof PlatformError) throw error;
    const text = readFileSync(logFile(state));
    const { why, hint } = whyNotStarted((text.length < said ? text : text.subarray(said)).toString());
    throw new PlatformError(`the platform's supervisor did not start: ${why || String(error)}`, { cause: error, hint });
  }
}

/** The line in which Node says what ended it: others come before it and after it. */
const ENDED_BY = /^(?:Uncaught )?\w*Error(?: \[\w+\])?: .*$/m;

/** What a supervisor that is gone said of it, and what helps; nothing where it said nothing. */
export function whyNotStarted(log: string): { readonly why: string; readonly hint: string } {
  const why = ENDED_BY.exec(log)?.[0] ?? log.trim().split('\n').slice(-3).join(' | ');
  return { why, hint: why.includes('Cannot find package') ? 'npm ci' : DOCTOR.hint };
}
