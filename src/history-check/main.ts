#!/usr/bin/env node
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { checkRun, renderReportJson } from '../check/check.ts';
import { exitOf } from '../check/exit-code.ts';
import { EXIT, type ExitCode, hintOf, InputError, isDrillError, messageOf } from '../errors.ts';
import { shown } from '../text.ts';
import { VERSION } from '../version.ts';
import { assembleRun } from './assemble.ts';
import { judgeByCommand, judgeCorpus, ownJudge } from './judge-corpus.ts';

const USAGE = `history-check RUN [--out FILE]     judges a run directory; its report goes to standard output, or to FILE
history-check assemble FROM TO     makes a run directory of what another tool recorded
history-check corpus               judges the corpus with this version, and compares with the right answers
history-check corpus -- COMMAND…   the same with another judge: COMMAND… DIRECTORY prints a report as JSON

Exit codes: 0 pass · 1 an objective was missed, or an answer is wrong · 2 unknown · 3 aborted · 4 bad input · 5 a fault is not gone · 70 a defect`;

/** In the package, beside `dist/`. */
const CORPUS = fileURLToPath(new URL('../../corpus', import.meta.url));

async function main(args: readonly string[]): Promise<ExitCode> {
  const { values, positionals, tokens } = parse(args);
  if (values.version) return say(VERSION);
  const [first, ...rest] = positionals;
  if (values.help || first === undefined) return say(USAGE, values.help ? EXIT.pass : EXIT.badInput);
  const cut = tokens.find(({ kind }) => kind === 'option-terminator');
  if (first === 'corpus') return corpus(cut ? args.slice(cut.index + 1) : null, cut ? [] : rest);
  if (first === 'assemble') return assemble(rest);
  if (rest.length > 0) throw new InputError(`expected one run directory, got ${positionals.length}`, { hint: USAGE });
  const report = await checkRun(first);
  if (values.out === undefined) process.stdout.write(renderReportJson(report));
  else writeFileSync(values.out, renderReportJson(report));
  return exitOf(report);
}

function parse(args: readonly string[]) {
  try {
    const options = { out: { type: 'string' }, help: { type: 'boolean' }, version: { type: 'boolean' } } as const;
    return parseArgs({ args: [...args], options, allowPositionals: true, tokens: true });
  } catch (error) {
    throw new InputError(messageOf(error), { hint: USAGE, cause: error });
  }
}

async function corpus(command: readonly string[] | null, rest: readonly string[]): Promise<ExitCode> {
  if (rest.length > 0) throw new InputError(`corpus: expected -- before the command, got ${rest[0]}`, { hint: USAGE });
  const results = await judgeCorpus(CORPUS, command ? judgeByCommand(command) : ownJudge);
  for (const { name, wrong } of results) {
    say(`${wrong.length === 0 ? 'right' : 'wrong'}  ${name}`);
    for (const line of wrong) say(`       ${line}`);
  }
  const wrong = results.filter((result) => result.wrong.length > 0).length;
  return say(`${results.length - wrong} of ${results.length} right`, wrong === 0 ? EXIT.pass : EXIT.objectiveMissed);
}

function assemble([from, to, ...more]: readonly string[]): ExitCode {
  if (from === undefined || to === undefined || more.length > 0)
    throw new InputError('assemble: expected FROM and TO', { hint: USAGE });
  assembleRun(from, to);
  return say(`${to} is written`);
}

function say(text: string, code: ExitCode = EXIT.pass): ExitCode {
  process.stdout.write(`${text}\n`);
  return code;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`error: ${shown(messageOf(error))}\n`);
  const hint = hintOf(error);
  if (hint !== undefined) process.stderr.write(`${shown(hint)}\n`);
  process.exitCode = isDrillError(error) ? error.exitCode : EXIT.defect;
}
