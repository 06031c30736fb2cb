/** `npm run k6:build`: k6 with our extensions, in k6/bin. Built only when a source, the flags or the Go version changed. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf, PlatformError } from '../src/errors.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const EXTENSIONS = join(HERE, 'ext');
const BIN = join(HERE, 'bin');
/** One set: others would compile everything again. GOFLAGS and GOPROXY are the caller's. */
export const FLAGS = ['-trimpath', '-ldflags', '-s -w'];
const GO_HINT =
  'install Go 1.26 or later (https://go.dev/dl), or an older one of 1.21 or later that may fetch it (GOTOOLCHAIN=auto)';

/** The path of the binary, built if need be. A PlatformError says why there is none. */
export function buildK6(say: (line: string) => void): string {
  const binary = join(BIN, 'k6');
  const stamp = join(BIN, 'k6.digest');
  const digest = digestOf();
  if (existsSync(binary) && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return binary;
  say('building k6 with its extensions: seconds, or some minutes for the first time');
  mkdirSync(BIN, { recursive: true });
  const made = join(BIN, `k6.${process.pid}`);
  const { status } = go(['build', ...FLAGS, '-o', made, './cmd/k6'], 'inherit');
  if (status !== 0)
    throw new PlatformError(`k6 was not built: go build ended with ${status}`, { hint: 'its reasons stand above' });
  renameSync(made, binary);
  writeFileSync(stamp, digest);
  return binary;
}

/** Of everything that makes the binary what it is. */
function digestOf(): string {
  const hash = createHash('sha256').update(JSON.stringify([FLAGS, process.env.GOFLAGS ?? '', goVersion()]));
  const sources = globSync(['**/*.go', 'go.mod', 'go.sum'], { cwd: EXTENSIONS, exclude: ['**/*_test.go'] });
  for (const file of sources.sort()) hash.update(`\0${file}\0`).update(readFileSync(join(EXTENSIONS, file)));
  return hash.digest('hex');
}

function goVersion(): string {
  const { status, stdout, stderr } = go(['version'], 'pipe');
  if (status !== 0) throw new PlatformError(`Go does not work: ${String(stderr).trim()}`, { hint: GO_HINT });
  return String(stdout).trim();
}

function go(args: readonly string[], output: 'inherit' | 'pipe'): SpawnSyncReturns<Buffer> {
  const env = { ...process.env, CGO_ENABLED: '0' };
  const ended = spawnSync('go', [...args], { cwd: EXTENSIONS, env, stdio: ['ignore', output, output] });
  if (ended.error)
    throw new PlatformError(`Go cannot be run: ${messageOf(ended.error)}`, { cause: ended.error, hint: GO_HINT });
  return ended;
}
