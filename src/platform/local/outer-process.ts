import { existsSync, readFileSync } from 'node:fs';
import { pidFile, stateDirectory } from './paths.ts';

/** The process that holds the namespaces of a platform of this user, listening or not; null: there is none. */
export function outerPid(): number | null {
  const file = pidFile(stateDirectory());
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8').trim()) : 0;
  return pid > 0 && isOuter(pid) ? pid : null;
}

/** Numbers of processes are used again: it must also be what we started. */
export function isOuter(pid: number): boolean {
  try {
    const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return args.some((arg) => arg.endsWith('/src/platform/local/supervisor.ts'));
  } catch {
    return false;
  }
}

/** The supervisor as this process sees it: the only child of `unshare`. */
export function supervisorPid(): number {
  const parent = readFileSync(pidFile(stateDirectory()), 'utf8').trim();
  const children = `/proc/${parent}/task/${parent}/children`;
  const [child] = existsSync(children) ? readFileSync(children, 'utf8').trim().split(' ') : [''];
  return Number(child || 0);
}
