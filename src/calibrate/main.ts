/** `npm run calibrate`: the harness measured against known truth on the real platform. Writes `calibration.md`; exit code 1 when one trial is wrong. */
import { writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { print } from '../commands/context.ts';
import { fail } from '../commands/fail.ts';
import { optionsOf } from '../commands/options.ts';
import { localPlatform } from '../commands/platform-source.ts';
import { EXIT, InputError } from '../errors.ts';
import { loadLocalConfig } from '../platform/local/config.ts';
import { needsWord } from '../run/authorisation.ts';
import type { Finding } from './compare.ts';
import { disturbances, KINDS } from './disturbances.ts';
import { nothingRuns } from './nothing-runs.ts';
import { stoppedRuns } from './stopped-runs.ts';

const ALL = [...KINDS, 'stopped', 'runs'];

const { trials, only, out } = optionsOf<{ trials: number; only: readonly string[]; out: string }>(
  new Command('calibrate')
    .description('Measures known truth on the real platform, and writes how far off the harness was to calibration.md.')
    .option('--trials <n>', 'of each kind', parseTrials, 20)
    .addOption(new Option('--only <kinds...>', 'of these kinds only').choices(ALL).default(ALL))
    .option('--out <file>', 'where the table goes', 'calibration.md'),
);

const interrupt = new AbortController();
process.on('SIGINT', () => interrupt.abort(new Error('interrupted')));
process.on('SIGTERM', () => interrupt.abort(new Error('interrupted')));

const findings: Finding[] = [];
let stalls = 0;
try {
  await calibrate(interrupt.signal);
} catch (error) {
  if (findings.length > 0) print(`${out} holds the parts that were finished`);
  if (!interrupt.signal.aborted) process.exit(fail(error));
  print('interrupted, and healed');
  process.exit(EXIT.aborted);
}
const wrong = findings.filter(({ right }) => !right);
print(`${findings.length} trials, ${wrong.length} wrong; ${out} is written`);
process.exit(wrong.length === 0 ? EXIT.pass : EXIT.objectiveMissed);

async function calibrate(signal: AbortSignal): Promise<void> {
  const kinds = new Set(only);
  await using platform = await localPlatform(loadLocalConfig(), signal);
  if (needsWord(platform.facts().environment))
    throw new InputError('a calibration drops packets and deletes rows: never in production');
  if (KINDS.some((kind) => kinds.has(kind))) {
    const { findings: found, repeated } = await disturbances(platform, trials, kinds, signal);
    stalls = repeated;
    add(found);
  }
  if (kinds.has('stopped')) add(await stoppedRuns(platform, trials, signal));
  if (kinds.has('runs')) add(await nothingRuns(platform, trials, signal));
}

function parseTrials(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 1) throw new InvalidArgumentError('expected a whole number from 1 on');
  return n;
}

/** The table is written after each part, so that one that is broken off leaves what it found. */
function add(found: readonly Finding[]): void {
  findings.push(...found);
  for (const { trial, truth, measured, right } of found)
    if (!right) print(`wrong: ${trial}, truth ${truth}: ${measured}`);
  const table = render(findings);
  writeFileSync(out, table);
  print(table);
}

function render(all: readonly Finding[]): string {
  const kinds = [...new Set(all.map(({ trial }) => trial))];
  const lines = kinds.map((kind) => {
    const mine = all.filter(({ trial }) => trial === kind);
    const right = mine.filter((one) => one.right).length;
    const worst = mine.find((one) => !one.right) ?? mine.toSorted((a, b) => (b.off ?? 0) - (a.off ?? 0))[0];
    return `| ${kind} | ${mine.length} | ${right} | truth ${worst?.truth}: ${worst?.measured} |`;
  });
  return `| trial | n | right | the worst of them |\n|---|---|---|---|\n${lines.join('\n')}\n\nTrials repeated because the harness stalled in them, and said so: ${stalls}.\n`;
}
