/**
 * `npm run bench:load`: what load generators cost on this machine, now, side by side on the same server: ours and their peers, in rounds, each round in another
 * order. Starts a platform of one site and stops it. Prints a Markdown table and writes it to bench-load.md. Figures of a machine that does something else
 * meanwhile are those of that machine.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import { buildK6 } from '../../k6/build.ts';
import { print } from '../../src/commands/context.ts';
import { optionsOf } from '../../src/commands/options.ts';
import { resolveClassPath } from '../../src/platform/local/class-path.ts';
import { loadLocalConfig } from '../../src/platform/local/config.ts';
import { findJdk } from '../../src/platform/local/jdk.ts';
import { startLocalPlatform } from '../../src/platform/local/local-platform.ts';
import {
  type Around,
  GROUPS,
  type Group,
  type GroupName,
  groupsOf,
  k6Generator,
  type Load,
  SEED,
} from './generators.ts';
import { type Figures, measure } from './measure.ts';
import { rotated, tableOf } from './table.ts';

/** Until the servers' compilers are done with what they are asked. */
const WARM_SERVER_S = 30;
const interrupt = new AbortController();
process.on('SIGINT', () => interrupt.abort(new Error('interrupted')));
const { signal } = interrupt;

const options = optionsOf<{ only: readonly GroupName[]; rounds: number; seconds: number; warmUp: number }>(
  new Command('bench:load')
    .description('Measures load generators side by side, and writes bench-load.md.')
    .addOption(new Option('--only <groups...>', 'these groups only').choices(GROUPS).default(GROUPS))
    .option('--rounds <n>', 'of each generator', whole, 3)
    .option('--seconds <n>', 'that are measured in each round', whole, 20)
    .option('--warm-up <n>', 'seconds before them', whole, 10),
);

const jdk = findJdk();
if (!jdk) throw new Error('no JDK 17: npm run doctor');
const k6 = buildK6(print);
const classPath = await resolveClassPath('cassandra', jdk.home, signal, print);
const config = loadLocalConfig(fileURLToPath(new URL('./platform.yaml', import.meta.url)));
await using platform = await startLocalPlatform({ config, owned: true, signal, onProgress: print });
const [site] = platform.facts().sites;
if (!site) throw new Error('the platform has no site');
const around: Around = { platform, site, k6, java: join(jdk.home, 'bin/java'), classPath };
seed(around);
const tables: string[] = [];
for (const name of options.only) {
  const group = groupsOf(around)[name];
  tables.push(tableOf(group, await measureGroup(group)));
  print(`\n${tables.at(-1)}\n`);
}
const loads = loadavg().map((one) => one.toFixed(1));
const machine = `${availableParallelism()} processors, ${options.rounds} rounds of ${options.seconds} s; load average at the end ${loads.join(', ')}`;
writeFileSync('bench-load.md', `${[...tables, machine].join('\n\n')}\n`);
print(`${machine}; bench-load.md is written`);

/** Every generator once without being looked at, for the server's compilers; then the rounds. */
async function measureGroup({ title, rate, generators }: Group): Promise<ReadonlyMap<string, readonly Figures[]>> {
  const load: Load = { rate, warmUpS: options.warmUp, seconds: options.seconds };
  const [first] = generators;
  if (first) await measure(first, { ...load, warmUpS: WARM_SERVER_S }, signal);
  const found = new Map<string, Figures[]>(generators.map(({ name }) => [name, []]));
  for (let round = 0; round < options.rounds; round += 1) {
    for (const generator of rotated(generators, round)) {
      const figures = await measure(generator, load, signal);
      found.get(generator.name)?.push(figures);
      print(`${title}, ${generator.name}: ${JSON.stringify(figures)}`);
    }
  }
  return found;
}

/** What the reading statements find, and the probes' schema, through the scripts that everybody uses. */
function seed(around: Around): void {
  const env = { RUN_ID: SEED, CLEAN: 'no', RESULT: '/dev/null', DURATION: '2s', RATE: '10', P95_MS: '60000' };
  const generator = k6Generator(around, 'seed', 'smoke.ts', env);
  const load = { rate: 10, warmUpS: 0, seconds: 2 };
  const [file = '', ...args] = generator.command(load);
  const ended = spawnSync(file, args, { env: { ...process.env, ...generator.env(load) }, encoding: 'utf8' });
  const { status, stdout, stderr } = ended;
  // 99: a limit was missed, which is of no account here.
  if (status !== 0 && status !== 99) throw new Error(`the seed was not written: ${stdout}${stderr}`);
}

function whole(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('expected a whole number from 1 to 9999');
  return Number(text);
}
