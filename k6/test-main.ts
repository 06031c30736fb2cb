/** `npm run test:k6`: the extensions' tests with the race detector. Exit code: go's. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { fail } from '../src/commands/fail.ts';
import { optionsOf } from '../src/commands/options.ts';
import { messageOf, PlatformError } from '../src/errors.ts';
import { placeOf } from './place.ts';

const EXTENSIONS = fileURLToPath(new URL('./ext', import.meta.url));
/** One set: others would compile everything again. */
const RACE = ['-race', '-trimpath'];

const options = optionsOf<{ real: boolean }>(
  new Command('test:k6')
    .description("Tests k6's extensions with the race detector.")
    .option('--real', 'against the local platform that is up', false),
);
try {
  process.exitCode = options.real ? await real() : unit();
} catch (error) {
  process.exitCode = fail(error);
}

/** Against small servers in the same process that do everything wrong. */
function unit(): number {
  const unformatted = run(['gofmt', '-l', '.'], {}, 'pipe').output;
  if (unformatted.trim())
    throw new PlatformError(`gofmt: ${unformatted.trim().split('\n').join(', ')}`, { hint: 'gofmt -w k6/ext' });
  return run(['go', 'test', ...RACE, '-vet=all', '-timeout', '170s', './...']).status;
}

/** Tests are compiled here, and run where the platform's clients are. */
async function real(): Promise<number> {
  const { enter, site } = await placeOf(undefined);
  const [cassandra, janusgraph] = [site.endpoints.cassandra[0], site.endpoints.janusgraph[0]];
  if (!cassandra || !janusgraph) throw new PlatformError(`${site.name} has no Cassandra or no JanusGraph`);
  const env = {
    DRILL_K6_CQL: `${cassandra.host}:${cassandra.port}/${site.datacenter}`,
    DRILL_K6_GREMLIN: `ws://${janusgraph.host}:${janusgraph.port}/gremlin`,
  };
  const directory = mkdtempSync(join(tmpdir(), 'drill-k6-'));
  try {
    const statuses = ['gremlin', 'cql'].map((name) => {
      const binary = join(directory, `${name}.test`);
      const built = run(['go', 'test', ...RACE, '-vet=off', '-c', '-o', binary, `./${name}`]).status;
      return built === 0 ? run([...enter, binary, '-test.run', '^TestReal', '-test.v'], env).status : built;
    });
    return Math.max(...statuses);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function run(
  [file = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>> = {},
  stdout: 'inherit' | 'pipe' = 'inherit',
): { status: number; output: string } {
  const ended = spawnSync(file, args, {
    cwd: EXTENSIONS,
    env: { ...process.env, ...env },
    stdio: ['ignore', stdout, 'inherit'],
  });
  if (ended.error)
    throw new PlatformError(`${file} cannot be run: ${messageOf(ended.error)}`, {
      cause: ended.error,
      hint: 'install Go 1.26 or later (https://go.dev/dl), and a C compiler for the race detector',
    });
  return { status: ended.status ?? 1, output: String(ended.stdout ?? '') };
}
