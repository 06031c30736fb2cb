/**
 * `npm run k6 -- load --site paris RATE=200`: k6 against the local platform that is up. Exit code: k6's own (99: a limit was missed). `manifest SCRIPT …` and
 * `merge FILE…` are for several runners elsewhere.
 */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fail } from '../src/commands/fail.ts';
import { EXIT, type ExitCode, InputError } from '../src/errors.ts';
import { buildK6 } from './build.ts';
import { type Place, placeOf } from './place.ts';
import { manifestCommand } from './runners/manifest-command.ts';
import { mergeCommand } from './runners/merge-command.ts';
import { readSettings, requireScript, SCRIPTS } from './scripts.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const write = (text: string): void => void process.stdout.write(text);

try {
  process.exitCode = await main();
} catch (error) {
  process.exitCode = fail(error);
}

async function main(): Promise<number> {
  const [word, ...words] = process.argv.slice(2);
  if (word === undefined || word === '--help' || word === '-h') return usage();
  if (word === 'manifest') return manifestCommand(words, write);
  if (word === 'merge') return mergeCommand(words, write);
  const { script, site, settings } = readArguments();
  const place = await placeOf(site);
  const binary = buildK6((line) => process.stderr.write(`${line}\n`));
  const results = join(HERE, 'results');
  mkdirSync(results, { recursive: true });
  const run = `k6-${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}`;
  const file = join(results, `${script}-${run}.json`);
  const env = { ...process.env, RUN_ID: run, ...addresses(place), ...settings, RESULT: file };
  const code = await k6([...place.enter, binary, 'run', '--quiet', join(HERE, `${script}.ts`)], env);
  process.stderr.write(`${file}\n`);
  return code;
}

function usage(): ExitCode {
  write(`Usage: npm run k6 -- SCRIPT [--site SITE] [NAME=VALUE ...]    k6 against the local platform that is up
       npm run k6 -- manifest SCRIPT --image IMAGE [...]      manifests for several runners elsewhere
       npm run k6 -- merge FILE...                            what they measured, as one
Scripts: ${SCRIPTS.join(', ')}. k6/README.md has their settings.
`);
  return EXIT.pass;
}

function readArguments(): { script: string; site: string | undefined; settings: Readonly<Record<string, string>> } {
  const { values, positionals } = parse();
  const [script, ...rest] = positionals;
  return { script: requireScript(script), site: values.site, settings: readSettings(rest) };
}

function parse() {
  try {
    return parseArgs({ allowPositionals: true, options: { site: { type: 'string' } } });
  } catch (error) {
    throw new InputError((error as Error).message, { cause: error });
  }
}

/** What the scripts need to know of the platform. */
function addresses({ site, sites }: Place): Record<string, string> {
  const cassandra = site.endpoints.cassandra.map(({ host, port }) => `${host}:${port}`);
  const graph = site.endpoints.janusgraph[0];
  const copies = sites.map((each) => `${each.datacenter}:${Math.min(each.endpoints.cassandra.length, 3)}`);
  return {
    SITE: site.name,
    CQL_HOSTS: cassandra.join(','),
    CQL_DATACENTER: site.datacenter,
    CQL_REPLICATION: copies.join(','),
    ...(graph && { GREMLIN_URL: `ws://${graph.host}:${graph.port}/gremlin` }),
  };
}

/** k6 downloads nothing and reports nothing to anybody. Settings go by the environment: the words of a command are for all to see. */
function k6([file = '', ...args]: readonly string[], settings: NodeJS.ProcessEnv): Promise<number> {
  const env = { ...settings, K6_AUTO_EXTENSION_RESOLUTION: 'false', K6_NO_USAGE_REPORT: 'true' };
  const child = spawn(file, args, { stdio: 'inherit', env });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)));
  });
}
