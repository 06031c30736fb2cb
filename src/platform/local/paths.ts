import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

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

export function socketPath(): string {
  return join(stateDirectory(), 'control.sock');
}

/** PATH with the directories in which systems keep `nft` and `ip`: an ordinary user's often lacks them. */
export function programPath(env: NodeJS.ProcessEnv): string {
  return [env.PATH, '/usr/sbin', '/sbin'].filter(Boolean).join(':');
}
