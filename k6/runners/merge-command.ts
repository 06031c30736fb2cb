import { realpathSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { EXIT, type ExitCode, InputError, messageOf } from '../../src/errors.ts';
import { EXACT_VALUES, type Merged, mergeRunners } from './merge.ts';

/** `npm run k6 -- merge FILE…`: what several runners measured, as one. Exit code 2 when a file ends in its middle and `--torn` allows it: what is missing is not known. */
export async function mergeCommand(args: readonly string[], print: (text: string) => void): Promise<ExitCode> {
  const { files, json, torn, exact } = readArguments(args);
  const merged = await mergeRunners(files, exact);
  const broken = merged.files.filter((one) => one.torn).map(({ file }) => file);
  if (broken.length > 0 && !torn)
    throw new InputError(`${broken.join(', ')}: ends in its middle: what its runner did after that is not known`, {
      hint: 'with --torn what is there is merged, and the result says so',
    });
  refuseStrangers(merged);
  print(json ? `${JSON.stringify(merged, null, 2)}\n` : render(merged));
  return broken.length > 0 ? EXIT.unknown : EXIT.pass;
}

function readArguments(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const options = { json: { type: 'boolean' }, torn: { type: 'boolean' }, exact: text, runners: text } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
    const { json = false, torn = false, exact = String(EXACT_VALUES) } = values;
    if (!/^\d{1,9}$/.test(exact)) throw new Error(`--exact: expected a count of values, got '${exact}'`);
    if (positionals.length === 0) throw new Error('expected FILE…, each of k6 run --out json=FILE.json.gz, got none');
    const real = positionals.map((file) => realpathSync(file));
    const twice = real.find((file, at) => real.indexOf(file) !== at);
    if (twice !== undefined) throw new Error(`${twice} is given twice`);
    const { runners = String(positionals.length) } = values;
    if (Number(runners) !== positionals.length)
      throw new Error(`--runners: expected a file of each of ${runners} runners, got ${positionals.length} files`);
    return { files: positionals, json, torn, exact: Number(exact) };
  } catch (error) {
    throw new InputError(messageOf(error), { cause: error });
  }
}

/** A copy of a file would count twice, and what two runs did is nobody's. */
function refuseStrangers({ files }: Merged): void {
  const runs = [...new Set(files.flatMap(({ run }) => run ?? []))];
  if (runs.length > 1) throw new InputError(`the files are of several runs: ${runs.join(', ')}`);
  const runners = files.flatMap(({ runner }) => runner ?? []);
  const twice = runners.find((runner, at) => runners.indexOf(runner) !== at);
  if (twice === undefined) return;
  const same = files.filter(({ runner }) => runner === twice).map(({ file }) => file);
  throw new InputError(`${same.join(' and ')} are both of runner ${twice}: of one test run there is one file for each`);
}

/** For people. */
export function render({ files, error, rows, dropped, wrongAnswers }: Merged): string {
  const ms = (value: number | null): string => (value === null ? '–' : `${value.toFixed(2)} ms`);
  const lines = rows.map(
    ({ phase, service, ok, fail, info, p50Ms, p95Ms, p99Ms, maxMs }) =>
      `${(phase || '(no step)').padEnd(12)} ${service.padEnd(8)} ok ${ok}, fail ${fail}, info ${info}; ` +
      `P50 ${ms(p50Ms)}, P95 ${ms(p95Ms)}, P99 ${ms(p99Ms)}, max ${ms(maxMs)}`,
  );
  const missed = Object.entries(dropped).map(([scenario, count]) => `${scenario}: ${count}`);
  const torn = files.filter((one) => one.torn).map(({ file }) => `INCOMPLETE: ${file} ends in its middle`);
  const how =
    error === 0
      ? 'percentiles are exact, by nearest rank'
      : `percentiles are from histograms: never too low, too high by at most ${error * 100} % and 1 µs`;
  return [
    ...lines,
    `dropped ${missed.join(', ') || 'none'}; wrong answers ${wrongAnswers}`,
    `${files.length} files; ${how}`,
    ...torn,
    '',
  ].join('\n');
}
