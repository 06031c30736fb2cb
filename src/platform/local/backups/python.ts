import { execFileSync } from 'node:child_process';

/** The versions that Medusa runs on (its own Requires-Python). */
export const PYTHONS = ['Python 3.12', 'Python 3.11'] as const;

const LOOK = 'import sys, venv, ensurepip; print("Python %d.%d" % sys.version_info[:2])';

/** A Python of one of these versions that can make environments; null when there is none. `ask`: another one in tests. */
export function findPython(ask: (program: string) => string = versionOf): string | null {
  const named = PYTHONS.map((version) => version.toLowerCase().replace(' ', ''));
  for (const program of ['python3', ...named]) {
    if ((PYTHONS as readonly string[]).includes(ask(program))) return program;
  }
  return null;
}

/** What it says it is; empty where it does not run, or lacks venv. */
function versionOf(program: string): string {
  try {
    const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];
    return execFileSync(program, ['-c', LOOK], { encoding: 'utf8', stdio, timeout: 20_000 }).trim();
  } catch {
    return '';
  }
}
