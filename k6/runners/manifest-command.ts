import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { EXIT, type ExitCode, InputError, messageOf } from '../../src/errors.ts';
import { buildK6 } from '../build.ts';
import { readSettings, requireScript } from '../scripts.ts';
import { type ManifestOrder, manifestsOf } from './manifest.ts';

const K6 = fileURLToPath(new URL('..', import.meta.url));

/** `npm run k6 -- manifest SCRIPT --image IMAGE … NAME=VALUE…`: the manifests of a distributed run, for `kubectl apply -f -`. */
export function manifestCommand(args: readonly string[], print: (text: string) => void): ExitCode {
  const { order, archiveFile } = readArguments(args);
  // Before anything is built: what is wrong with the order is wrong with any script.
  manifestsOf({ ...order, archive: new Uint8Array() });
  const archive = archiveOf(order);
  const documents = manifestsOf({ ...order, archive });
  if (archiveFile !== undefined) writeFileSync(archiveFile, archive);
  // YAML 1.1, as kubectl reads it: there an unquoted no is false.
  print(documents.map((one) => stringify(one, { lineWidth: 0, version: '1.1' })).join('---\n'));
  return EXIT.pass;
}

type Order = Omit<ManifestOrder, 'archive'>;

function readArguments(args: readonly string[]): { order: Order; archiveFile: string | undefined } {
  const { values, positionals } = parse(args);
  const [script, ...rest] = positionals;
  const { image, 'script-claim': scriptClaim = null, archive } = values;
  if (image === undefined)
    throw new InputError('--image: expected the image that k6/Dockerfile makes, with its version');
  if ((scriptClaim === null) !== (archive === undefined))
    throw new InputError(
      '--script-claim CLAIM and --archive FILE: expected both or none: FILE is what is to be copied onto the volume',
    );
  const runId = `k6-${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}`;
  const order = {
    ...{
      name: values.name ?? `drill-${script}`,
      namespace: values.namespace ?? null,
      script: requireScript(script),
      image,
    },
    ...{ parallelism: Number(values.parallelism ?? '1'), settings: readSettings(rest), runId, scriptClaim },
    ...{ secret: values.secret ?? null, results: values.results ?? null, separate: values.separate ?? false },
  };
  return { order, archiveFile: archive };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const options = {
    ...{ image: text, name: text, namespace: text, parallelism: text, secret: text, results: text },
    ...{ 'script-claim': text, archive: text, separate: { type: 'boolean' } as const },
  };
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    throw new InputError(messageOf(error), { cause: error });
  }
}

/** The script with what it imports. k6 reads its options now and not where it runs: rate, limits and steps are those of these settings. */
function archiveOf({ script, settings, runId, parallelism }: Order): Uint8Array {
  const directory = mkdtempSync(join(tmpdir(), 'drill-k6-'));
  const file = join(directory, 'archive.tar');
  // Nothing else of this machine's environment; logins are asked for where it runs.
  const own = Object.entries(settings).filter(([name]) => !/_USER$/.test(name));
  const env = {
    ...Object.fromEntries(own),
    ...{ RUN_ID: runId, RUNNERS: String(parallelism), HOME: directory, PATH: process.env.PATH },
    ...{ K6_AUTO_EXTENSION_RESOLUTION: 'false', K6_NO_USAGE_REPORT: 'true' },
  };
  try {
    const binary = buildK6((line) => process.stderr.write(`${line}\n`));
    const words = ['archive', '--quiet', '--include-system-env-vars', '--exclude-env-vars', '-O', file];
    const { status, stderr } = spawnSync(binary, [...words, join(K6, `${script}.ts`)], { env, encoding: 'utf8' });
    if (status !== 0) throw new InputError(`k6 does not take ${script} with these settings: ${stderr.trim()}`);
    return readFileSync(file);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
