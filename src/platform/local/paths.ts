import { mkdirSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { PlatformError } from '../../errors.ts';

/** Where a platform of this user lives: its socket, its register of faults, data and logs. Only the user may enter. */
export function stateDirectory(): string {
  const base = process.env.DRILL_STATE ?? join(process.env.XDG_STATE_HOME ?? join(homedir(), '.local/state'), 'drill');
  mkdirSync(base, { recursive: true, mode: 0o700 });
  return base;
}

/** What can be made again: class paths, archives of classes, a template of the data. */
export function cacheDirectory(): string {
  const base = process.env.DRILL_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'drill');
  mkdirSync(base, { recursive: true, mode: 0o700 });
  return base;
}

/** The longest path that the kernel takes for a socket, in bytes. */
const MAX_SOCKET = 107;

/** A PlatformError where the kernel would not take it, or the platform's own /run would hide it. */
export function socketPath(): string {
  const path = join(realpathSync(stateDirectory()), 'control.sock');
  const wrong =
    Buffer.byteLength(path) > MAX_SOCKET
      ? `is longer than ${MAX_SOCKET} bytes`
      : path.startsWith('/run/')
        ? 'is under /run, which the platform has of its own'
        : null;
  if (wrong === null) return path;
  throw new PlatformError(`the platform's socket ${path} ${wrong}`, {
    hint: 'set DRILL_STATE to another directory, such as /var/tmp/drill',
  });
}

/** The file that stops every run, wherever it is started from: that of DRILL_LEVER, which may be shared by many machines, or this user's own. */
export function leverFile(): string {
  return process.env.DRILL_LEVER ?? join(stateDirectory(), 'stop');
}

/** The register of faults of the platform in a state directory. */
export function registerFile(state: string): string {
  return join(state, 'faults.json');
}

/** Names the directories of the kernel's control groups that the platform of a state directory made; there is none where it made none. */
export function groupsFile(state: string): string {
  return join(state, 'process-groups');
}

/** What the supervisor says, and what goes wrong before it can say anything. */
export function logFile(state: string): string {
  return join(state, 'supervisor.log');
}

/** Holds the number of the process outside that keeps the namespaces. */
export function pidFile(state: string): string {
  return join(state, 'unshare.pid');
}

/** Locked while a platform of this state directory is up or starting; freed by the kernel. */
export function lockFile(state: string): string {
  return join(state, 'lock');
}

/** PATH with the directories in which systems keep `nft` and `ip`: an ordinary user's often lacks them. */
export function programPath(env: NodeJS.ProcessEnv): string {
  return [env.PATH, '/usr/sbin', '/sbin'].filter(Boolean).join(':');
}
