import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CACHE = fileURLToPath(new URL('../../../.cache/promtool', import.meta.url));
const UNPACKED = join(CACHE, 'usr/bin/promtool');

/** Whether this system can have promtool out of a package of Debian's kind; elsewhere only one that is there already is used. */
export const canHavePromtool = onPath() !== null || process.platform === 'linux';

/**
 * The command `promtool`: of the machine, or out of Debian's package `prometheus`, which is unpacked into the cache and not installed, so that nothing is
 * started. An Error that says what to do where neither can be had.
 */
export function promtool(): string {
  const found = onPath() ?? (existsSync(UNPACKED) ? UNPACKED : null);
  if (found !== null) return found;
  mkdirSync(CACHE, { recursive: true });
  try {
    run('apt-get', ['download', 'prometheus']);
  } catch (error) {
    // A machine that was never asked for a package does not know of any.
    if (process.getuid?.() !== 0) throw error;
    run('apt-get', ['update']);
    run('apt-get', ['download', 'prometheus']);
  }
  const archive = readdirSync(CACHE).find((name) => name.endsWith('.deb'));
  if (archive === undefined) throw new Error(`${CACHE}: expected the package that apt-get downloaded, there is none`);
  run('dpkg', ['--extract', archive, '.']);
  if (!existsSync(UNPACKED)) throw new Error(`${UNPACKED}: expected it in ${archive}, it is not`);
  return UNPACKED;
}

function onPath(): string | null {
  return spawnSync('promtool', ['--version']).status === 0 ? 'promtool' : null;
}

function run(command: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { cwd: CACHE, encoding: 'utf8' });
  if (status === 0) return;
  throw new Error(
    `${command} ${args.join(' ')}: ${error?.message ?? stderr.trim()}. What to do: put promtool on the PATH, or run apt-get update as root`,
  );
}
