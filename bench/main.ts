/**
 * `npm run bench`: what the harness costs and how fast it is, on this machine, now. Prints a Markdown table and writes it to bench.md. Figures of
 * a machine that does something else meanwhile are those of that machine.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Command, Option } from 'commander';
import { print } from '../src/commands/context.ts';
import { optionsOf } from '../src/commands/options.ts';
import { localPlatform } from '../src/commands/platform-source.ts';
import { loadLocalConfig } from '../src/platform/local/config.ts';
import { needsWord } from '../src/run/authorisation.ts';
import { pause } from '../src/run/wait.ts';
import { benchClient, benchNaive, type ClientFigures } from './client.ts';

const execute = promisify(execFile);
const SECONDS = 20;
const OPERATIONS = 10_000_000;
const interrupt = new AbortController();
process.on('SIGINT', () => interrupt.abort(new Error('interrupted')));
const { signal } = interrupt;

const rows: string[][] = [];
function found(what: string, figure: string, beside = ''): void {
  rows.push([what, figure, beside]);
  print(`${what}: ${figure}${beside && ` (${beside})`}`);
}

const PARTS = { check: benchCheck, clients: benchClients, start: benchStart, scenario: benchScenario } as const;
const { only } = optionsOf<{ only: readonly (keyof typeof PARTS)[] }>(
  new Command('bench')
    .description('Measures what the harness costs on this machine, and writes it to bench.md.')
    .addOption(
      new Option('--only <parts...>', 'these parts only').choices(Object.keys(PARTS)).default(Object.keys(PARTS)),
    ),
);
for (const part of only) await PARTS[part]();
const table = ['| what | measured | beside it |', '|---|---|---|', ...rows.map((row) => `| ${row.join(' | ')} |`)].join(
  '\n',
);
writeFileSync('bench.md', `${table}\n`);
print(`\n${table}\n\n${availableParallelism()} processors; bench.md is written`);

async function benchCheck(): Promise<void> {
  const script = fileURLToPath(new URL('./check.ts', import.meta.url));
  for (const [operations, writeEvery] of [
    [OPERATIONS / 10, 10],
    [OPERATIONS, 10],
    [OPERATIONS, 100],
  ] as const) {
    const { stdout } = await execute(process.execPath, [script, String(operations), String(writeEvery)], { signal });
    const said = JSON.parse(stdout) as Record<'operationsPerCpuSecond' | 'splitRowsPerCpuSecond' | 'peakMb', number>;
    const million = (n: number): string => (n / 1e6).toFixed(2);
    found(
      `check, ${operations / 1e6} million operations, one in ${writeEvery} a write`,
      `${million(said.operationsPerCpuSecond)} million a second and core; ${said.peakMb} MB at most`,
      `only splitting the lines of history.csv: ${million(said.splitRowsPerCpuSecond)} million, ratio ${(said.operationsPerCpuSecond / said.splitRowsPerCpuSecond).toFixed(2)}`,
    );
  }
}

async function benchClients(): Promise<void> {
  await using platform = await localPlatform(loadLocalConfig(), signal);
  if (needsWord(platform.facts().environment)) throw new Error('a bench is a load: never in production');
  for (const probe of ['cql', 'gremlin'] as const) {
    const { rate, figures } = await benchClient(probe, platform, () => pause(SECONDS * 1000, signal), signal);
    const naive = await benchNaive(probe, platform, rate, SECONDS);
    found(`${probe}, ${rate}/s, CPU an operation`, `${figures.cpuUsPerOperation} µs`, beside('cpuUsPerOperation'));
    found(`${probe}, ${rate}/s, lateness P99`, `${figures.latenessP99Us} µs`, beside('latenessP99Us'));
    found(`${probe}, ${rate}/s, response P95`, `${figures.responseP95Us} µs`, beside('responseP95Us'));
    found(`${probe}, ${rate}/s, not ok`, `${figures.failures} of ${figures.operations}`, `naive ${naive.failures}`);

    function beside(name: keyof ClientFigures): string {
      return `naive ${naive[name]} µs, ratio ${(figures[name] / naive[name]).toFixed(2)}`;
    }
  }
}

/** The platform cold (jars there, nothing else) and warm. */
async function benchStart(): Promise<void> {
  const cache = mkdtempSync(join(tmpdir(), 'drill-cache-'));
  try {
    for (const [name, env] of [
      ['cold', { DRILL_CACHE: cache }],
      ['warm', {}],
    ] as const) {
      found(`platform up, ${name}`, `${(await drill(['platform', 'up'], env)).toFixed(1)} s`, 'six JVMs');
      await drill(['platform', 'down'], env);
    }
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
}

/** The main job on a platform of its own. */
async function benchScenario(): Promise<void> {
  found('scenario site-failover, platform and all', `${(await drill(['run', 'site-failover'])).toFixed(0)} s`);
}

/** How many seconds a command of the command line takes. */
function drill(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<number> {
  const cli = fileURLToPath(new URL('../src/cli.ts', import.meta.url));
  return timed(() =>
    execute(process.execPath, [cli, ...args], { signal, env: { ...process.env, ...env }, maxBuffer: 1 << 26 }),
  );
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  // A verdict other than pass is an exit code, and no failure of the bench.
  await work().catch((error: { code?: unknown }) => {
    if (typeof error.code !== 'number' || error.code > 2) throw error;
  });
  return (performance.now() - began) / 1000;
}
